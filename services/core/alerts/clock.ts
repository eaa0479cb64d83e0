// Alerter time: how far every source partition has been counted. Never falls.
import type { EventTime } from "#core/time.ts";
import type { TallyRecord } from "#schemas/generated/records.ts";

interface Heard {
  incarnation: number;
  stamp: number;
  watermark: EventTime;
}

/** Plain data. */
export interface ClockState {
  time: EventTime;
  tickedAt: EventTime;
  /** Newest watermark of any source partition. */
  newest: EventTime;
  /** Of the newest incarnation of the input topic. */
  incarnation: number;
  partitions: number;
  heard: Map<number, Heard>;
}

export const createClockState = (): ClockState => ({
  time: Number.NEGATIVE_INFINITY,
  tickedAt: Number.NEGATIVE_INFINITY,
  newest: Number.NEGATIVE_INFINITY,
  incarnation: Number.NEGATIVE_INFINITY,
  partitions: 1,
  heard: new Map(),
});

/** Incarnation in which tallies of a source partition are counted now. */
export const incarnationOf = (clock: ClockState, partition: number): number =>
  clock.heard.get(partition)?.incarnation ?? 0;

/** Lets time rise, never fall. */
export const raiseTime = (clock: ClockState, at: EventTime): void => {
  if (at > clock.time) clock.time = at;
};

/** Minimum over all source partitions; undefined until each has been heard in the newest incarnation. */
const leastWatermark = ({ heard, incarnation, partitions }: ClockState): EventTime | undefined => {
  let least = Number.POSITIVE_INFINITY;
  for (let partition = 0; partition < partitions; partition += 1) {
    const own = heard.get(partition);
    if (own === undefined || own.incarnation < incarnation) return undefined;
    least = Math.min(least, own.watermark);
  }
  return least;
};

export type Hearing = "new" | "repeat" | "malformed";

/**
 * Takes a `~progress`. A topic that was created anew (a higher incarnation) starts over: time stands still until each of its
 * partitions has been heard. `repeat`: no newer than what was heard, its volumes are counted already.
 */
export const hearProgress = (clock: ClockState, record: TallyRecord): Hearing => {
  const { watermark, stamp, source_partition: partition, source_partitions: partitions } = record;
  const incarnation = record.incarnation ?? 0;
  const isSound =
    watermark !== null && Number.isFinite(watermark) && partitions !== null && partitions > 0 && partition >= 0;
  if (!isSound || partition >= partitions) return "malformed";
  const known = clock.heard.get(partition);
  const order = known === undefined ? 1 : incarnation - known.incarnation || stamp - known.stamp;
  if (known !== undefined && incarnation < known.incarnation) return "repeat";
  if (incarnation > clock.incarnation) {
    clock.incarnation = incarnation;
    clock.partitions = partitions;
  } else if (incarnation === clock.incarnation) clock.partitions = Math.max(clock.partitions, partitions);
  const before = known?.incarnation === incarnation ? known : undefined;
  clock.heard.set(partition, {
    incarnation,
    stamp: Math.max(stamp, before?.stamp ?? stamp),
    watermark: Math.max(watermark, before?.watermark ?? watermark),
  });
  clock.newest = Math.max(clock.newest, watermark);
  const least = leastWatermark(clock);
  if (least !== undefined) raiseTime(clock, least);
  return order > 0 ? "new" : "repeat";
};
