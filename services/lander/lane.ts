// One assigned partition: fills ranges from its batches and lands them, one in flight while the next one fills.
import { Fenced, type LogRecord, type RecordBatch } from "#adapters/broker-port.ts";
import type { Filling } from "./block.ts";
import type { Budget } from "./budget.ts";
import type { Landing } from "./landing.ts";
import type { Read } from "./read.ts";
import type { Timers } from "./timers.ts";

export interface LanePorts {
  readonly inc: number;
  readonly open: (first: number) => Filling;
  /** How long nothing new may come before the last range is acknowledged by a commit of its own, ms. */
  readonly idle: number;
  readonly budget: Budget;
  readonly timers: Timers;
  readonly read: Read;
  readonly landing: Landing;
  pause(): void;
  resume(): void;
  /** Anything but Fenced that ends the work: the process cannot go on. */
  readonly fail: (error: unknown) => void;
}

export interface LaneStart {
  readonly at: number;
  /** Assignments since the last progress; kept in the intents until everything below `suspectUntil` is landed (poison.ts). */
  readonly tries: number;
  readonly suspectUntil: number;
}

export interface Lane {
  /** Takes what there is room for and returns at once; the rest waits, the partition paused. */
  take(batch: RecordBatch): void;
  /** Records known to be there and not landed. */
  readonly lag: number;
  /** The partition is gone: drops everything, commits nothing. */
  lose(): void;
  /** Orderly end: the range in flight lands and is acknowledged, the filling one is dropped; its records are read again. */
  close(): Promise<void>;
}

/** The part of a batch that waits for room, or for its next record to become readable. */
interface Rest {
  readonly batch: RecordBatch;
  readonly from: number;
}

export const createLane = (start: LaneStart, ports: LanePorts): Lane => {
  const { inc, budget, timers } = ports;
  let filling: Filling = ports.open(start.at);
  let rest: Rest | undefined;
  let unreadable = false;
  let work: Promise<void> | undefined;
  let landed = start.at;
  let highWatermark = start.at;
  let { tries } = start;
  let unacknowledgedSince: number | undefined = tries > 0 ? timers.now() : undefined;
  let cancelTimer: (() => void) | undefined;
  let wakesAt: number | undefined;
  let gone = false;

  const stop = (): void => {
    if (!gone) budget.add(-filling.bytes);
    gone = true;
    cancelTimer?.();
    rest = undefined;
  };

  const failed = (error: unknown): void => {
    const known = gone || error instanceof Fenced;
    stop();
    // The intent stands: acknowledging what lies before it would erase it.
    unacknowledgedSince = undefined;
    if (!known) ports.fail(error);
  };

  const wakeAt = (at: number): void => {
    if (wakesAt !== undefined && wakesAt <= at) return;
    cancelTimer?.();
    wakesAt = at;
    cancelTimer = timers.after(Math.max(0, at - timers.now()), () => {
      wakesAt = undefined;
      next();
    });
  };

  /** One thing that commits at a time: a late acknowledgement must not overwrite a newer intent. */
  const begin = (task: () => Promise<void>): void => {
    work = task()
      .catch(failed)
      .finally(() => {
        work = undefined;
        goOn();
      });
  };

  const settle = (): void => {
    if (landed >= start.suspectUntil) tries = 0;
  };

  const land = (): void => {
    const range = filling.close();
    filling = ports.open(range.bounds[1] + 1);
    begin(async () => {
      await ports.landing.land(range, inc, tries).finally(() => budget.add(-range.bytes));
      landed = range.bounds[1] + 1;
      settle();
      unacknowledgedSince = timers.now();
    });
  };

  const acknowledge = (): void =>
    begin(async () => {
      settle();
      await ports.landing.acknowledge(landed, inc, tries);
      unacknowledgedSince = undefined;
    });

  /** Does what is due, or looks again when something will be. */
  const next = (): void => {
    if (gone || work !== undefined) return;
    const now = timers.now();
    const dueAt = filling.dueAt(highWatermark - filling.next);
    if (dueAt !== undefined) {
      if (filling.full || dueAt <= now) land();
      else wakeAt(dueAt);
    } else if (unacknowledgedSince !== undefined) {
      const idleAt = unacknowledgedSince + ports.idle;
      if (idleAt <= now) acknowledge();
      else wakeAt(idleAt);
    }
  };

  const wait = (ready: () => Promise<void>): void => {
    unreadable = true;
    ready()
      .then(() => {
        unreadable = false;
        goOn();
      })
      .catch(failed);
  };

  const noRoom = (): boolean => filling.full || budget.full;

  /** False when the record has to wait. */
  const takeOne = (record: LogRecord, now: number): boolean => {
    if (noRoom()) next();
    if (noRoom()) {
      if (budget.full) budget.whenRoom(goOn);
      return false;
    }
    const reading = ports.read(record);
    if (reading.kind === "wait") {
      wait(reading.ready);
      return false;
    }
    const before = filling.bytes;
    filling.take(record, reading, now);
    budget.add(filling.bytes - before);
    return true;
  };

  /** True when the batch was taken whole; else the rest waits. */
  const fill = ({ batch, from }: Rest): boolean => {
    const now = timers.now();
    for (let index = from; index < batch.records.length; index += 1) {
      const record = batch.records[index];
      if (record === undefined || takeOne(record, now)) continue;
      rest = { batch, from: index };
      return false;
    }
    rest = undefined;
    filling.passTo(batch.nextPosition, now);
    return true;
  };

  const goOn = (): void => {
    if (gone) return;
    if (rest !== undefined && !unreadable && fill(rest)) ports.resume();
    next();
  };

  next();
  return {
    take(batch) {
      if (gone) return;
      highWatermark = batch.highWatermark;
      if (!fill({ batch, from: 0 })) ports.pause();
      next();
    },
    get lag() {
      return Math.max(0, highWatermark - landed);
    },
    lose: stop,
    async close() {
      stop();
      await work;
      settle();
      if (unacknowledgedSince !== undefined) await ports.landing.acknowledge(landed, inc, tries);
    },
  };
};
