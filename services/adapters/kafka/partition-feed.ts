// One assigned partition in one epoch: a short queue between kafkajs's fetch loop and the handler, so that the two overlap.
//
// kafkajs waits for all handlers of a fetch before it fetches again, so one slow partition would hold up the others (K30). Here the
// fetch loop only drops a batch into the queue; when a queue stays full, its partition alone is paused.
import { type Ctx, Fenced, type Partition, type RecordBatch, Retryable } from "#adapters/broker-port.ts";
import { toError } from "#runtime/errors.ts";
import { backOff, pause } from "./deadline.ts";
import type { FetchedBatch } from "./fetched-batch.ts";

/** One batch is handled, one waits, one may be on its way: memory stays at about 1.5 MB a partition. */
const queueLimit = 2;
/** Small batches that wait become one of up to this many records: a busy handler then pays its commit and its sends once. */
const mergeLimit = 1000;
/** How long the fetch loop waits for room before it pauses the partition; well below the heartbeat interval. */
const roomLimit = 200;
/** A handler that neither returns nor calls `heartbeat` for this long counts as stalled. */
const silenceLimit = 5 * 60_000;
/** Records are there and none arrive for this long: stalled (K21). */
const starvedLimit = 60_000;

/** A position that stays below the last stable offset for this long is stepped over (K13). */
const stuckLimit = 5000;
/** Batches from another position are left-overs of an earlier fetch; more than this in a row are a gap. */
const strayLimit = 20;

/** `stray`: from before a seek. `stuck`: nothing comes although something should. `nothing`: not yet. */
export type Judgement = "next" | "nothing" | "stray" | "gap" | "stuck";

type Hold = "assigning" | "user" | "full" | "ended";

export interface FeedPorts {
  readonly partition: Partition;
  readonly ctx: Ctx;
  onBatch(batch: RecordBatch, ctx: Ctx): Promise<void>;
  /** Stops and starts fetching of this partition. */
  setPaused(paused: boolean): void;
  fail(error: Error): void;
}

export interface PartitionFeed {
  readonly partition: Partition;
  readonly ctx: Ctx;
  /** Next offset that the fetch loop must bring; NaN until started. */
  readonly position: number;
  start(position: number): void;
  /** Takes a fetched batch; resolves when there is room for another, or soon after. */
  push(batch: RecordBatch): Promise<void>;
  hold(reason: Hold): void;
  release(reason: Hold): void;
  /** No new batch begins; resolves when the running one has ended. */
  drain(): Promise<void>;
  /** The handler showed a sign of life. */
  beat(): void;
  isStalled(now: number): boolean;
  /** Whether a fetched batch is what comes next here. */
  judge(fetched: Pick<FetchedBatch, "fetchedOffset" | "nextPosition">): Judgement;
}

const merge = (first: RecordBatch, second: RecordBatch): RecordBatch => ({
  ...second,
  records: first.records.concat(second.records),
  firstOffset: first.firstOffset,
});

export const createPartitionFeed = (ports: FeedPorts): PartitionFeed => {
  const { partition, ctx } = ports;
  const queue: RecordBatch[] = [];
  const holds = new Set<Hold>(["assigning"]);
  let position = Number.NaN;
  let highWatermark = 0;
  /** No further batch begins: the group is about to be left, or the handler gave up, and nothing may be skipped. */
  let ended = false;
  let busy = false;
  let running: Promise<void> = Promise.resolve();
  let lastSign = Date.now();
  let lastBatch = Date.now();
  let strays = 0;
  let stuckSince: number | undefined;
  let onRoom: (() => void) | undefined;

  const hold = (reason: Hold): void => {
    if (holds.size === 0) ports.setPaused(true);
    holds.add(reason);
  };

  const release = (reason: Hold): void => {
    if (!holds.delete(reason) || holds.size > 0 || !ctx.live) return;
    lastBatch = Date.now();
    ports.setPaused(false);
    pump();
  };

  const end = (): void => {
    ended = true;
    queue.length = 0;
    onRoom?.();
    // Else kafkajs would fetch the same stretch again and again, as its position does not move.
    hold("ended");
  };

  const mayHandle = (): boolean => ctx.live && !ended;

  /** The same batch again for as long as it asks for that: what waits behind it must not overtake. */
  const handle = async (batch: RecordBatch): Promise<void> => {
    for (let attempt = 0; mayHandle(); attempt++) {
      lastSign = Date.now();
      try {
        return await ports.onBatch(batch, ctx);
      } catch (error) {
        if (error instanceof Retryable) {
          await pause(backOff(attempt));
          continue;
        }
        end();
        if (!(error instanceof Fenced)) ports.fail(toError(error));
      }
    }
  };

  const mayRun = (): boolean => mayHandle() && !holds.has("user");

  const pumpAll = async (): Promise<void> => {
    busy = true;
    for (let batch = queue.shift(); batch !== undefined; batch = mayRun() ? queue.shift() : undefined) {
      onRoom?.();
      release("full");
      await handle(batch);
    }
    busy = false;
  };

  function pump(): void {
    if (!busy && queue.length > 0 && mayRun()) running = pumpAll();
  }

  const room = (): Promise<void> =>
    new Promise((done) => {
      const timer = setTimeout(() => {
        hold("full");
        settle();
      }, roomLimit);
      const settle = (): void => {
        clearTimeout(timer);
        onRoom = undefined;
        done();
      };
      onRoom = settle;
    });

  return {
    partition,
    ctx,
    get position() {
      return position;
    },
    start(from) {
      position = from;
      release("assigning");
    },
    async push(batch) {
      position = batch.nextPosition;
      highWatermark = batch.highWatermark;
      lastBatch = Date.now();
      if (ended) return;
      const waiting = queue.at(-1);
      if (waiting !== undefined && waiting.records.length + batch.records.length <= mergeLimit)
        queue[queue.length - 1] = merge(waiting, batch);
      else queue.push(batch);
      pump();
      if (queue.length >= queueLimit && ctx.live && !ended) await room();
    },
    judge({ fetchedOffset, nextPosition }) {
      if (!mayHandle() || Number.isNaN(position)) return "nothing";
      strays = fetchedOffset === position ? 0 : strays + 1;
      if (strays > 0) return strays > strayLimit ? "gap" : "stray";
      if (nextPosition > fetchedOffset) {
        stuckSince = undefined;
        return "next";
      }
      stuckSince ??= Date.now();
      return Date.now() - stuckSince > stuckLimit ? "stuck" : "nothing";
    },
    hold,
    release(reason) {
      release(reason);
      pump();
    },
    drain() {
      end();
      return running;
    },
    beat: () => {
      lastSign = Date.now();
    },
    isStalled: (now) =>
      busy || holds.has("assigning")
        ? now - lastSign > silenceLimit
        : holds.size === 0 && position < highWatermark && now - lastBatch > starvedLimit,
  };
};
