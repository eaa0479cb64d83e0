// Alerter time: the least watermark over all partitions that feed the tallies, undefined until each has been heard.
import type { TallyRecord } from "#schemas/generated/records.ts";
import type { SharedState } from "./book-state.ts";

/** Takes a `~progress` record; one of an older incarnation of the input says nothing any more. */
export const hearProgress = (shared: SharedState, record: TallyRecord): void => {
  const { watermark, source_partition: source } = record;
  const incarnation = record.incarnation ?? 0;
  if (watermark === null || !Number.isSafeInteger(watermark) || incarnation < shared.incarnation) return;
  if (incarnation > shared.incarnation) {
    shared.incarnation = incarnation;
    shared.watermarks.clear();
    shared.sources = 0;
  }
  shared.sources = Math.max(shared.sources, record.source_partitions ?? 1);
  const known = shared.watermarks.get(source) ?? Number.NEGATIVE_INFINITY;
  shared.watermarks.set(source, Math.max(known, watermark));
  if (shared.watermarks.size < shared.sources) return;
  shared.time = Math.max(shared.time, Math.min(...shared.watermarks.values()));
};

export const hearTick = (shared: SharedState, appendTs: number): void => {
  if (Number.isFinite(appendTs)) shared.tickedAt = Math.max(shared.tickedAt, appendTs);
};
