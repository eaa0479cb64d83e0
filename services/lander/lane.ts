// One assigned partition: fills ranges from its batches and lands them, one in flight while the next one fills.
import { Fenced, type LogRecord, type RecordBatch } from "#adapters/broker-port.ts";
import { type Filling, type Limits, openFilling, type Range } from "./block.ts";
import type { Reading } from "./read.ts";

/** Wall time and one-shot timers; a test moves them by hand. */
export interface Timers {
  now(): number;
  /** Returns how to cancel it. */
  after(ms: number, run: () => void): () => void;
}

export interface LanePorts {
  readonly inc: number;
  readonly tableCount: number;
  readonly limits: Limits;
  readonly timers: Timers;
  read(record: LogRecord): Reading;
  /** Resolves when the schema is known or definitely unknown; rejects with Fenced when the partition is gone. */
  resolve(schemaId: number): Promise<void>;
  land(range: Range, inc: number, tries: number): Promise<void>;
  acknowledge(position: number, inc: number): Promise<void>;
  pause(): void;
  resume(): void;
  /** Anything but Fenced that ends the work: the process cannot go on. */
  fail(error: unknown): void;
}

export interface Lane {
  /** Takes what there is room for and returns at once; the rest waits, the partition paused. */
  take(batch: RecordBatch): void;
  /** Everything below is landed. */
  readonly landed: number;
  /** The partition is gone: drops everything, commits nothing. */
  lose(): void;
  /** Orderly stop: the range in flight ends and is acknowledged, the filling one is dropped; its records are read again. */
  close(): Promise<void>;
}

/** The part of a batch that waits for room or for a schema. */
interface Rest {
  readonly batch: RecordBatch;
  readonly from: number;
}

export interface LaneStart {
  readonly at: number;
  /** Assignments since the last progress. */
  readonly tries: number;
}

export const createLane = (start: LaneStart, ports: LanePorts): Lane => {
  const { limits, timers } = ports;
  let filling: Filling = openFilling(start.at, ports.tableCount, limits);
  let rest: Rest | undefined;
  let resolving = false;
  let work: Promise<void> | undefined;
  let landed = start.at;
  let { tries } = start;
  let unacknowledgedSince: number | undefined = tries > 0 ? timers.now() : undefined;
  let cancelTimer: (() => void) | undefined;
  let wakesAt: number | undefined;
  let gone = false;

  const wakeAt = (at: number): void => {
    if (wakesAt !== undefined && wakesAt <= at) return;
    cancelTimer?.();
    wakesAt = at;
    cancelTimer = timers.after(Math.max(0, at - timers.now()), () => {
      wakesAt = undefined;
      next();
    });
  };

  const stop = (): void => {
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

  /** One commit-bearing thing at a time: a late acknowledgement must not overwrite a newer intent. */
  const begin = (task: () => Promise<void>): void => {
    work = task()
      .catch(failed)
      .finally(() => {
        work = undefined;
        goOn();
      });
  };

  const land = (): void => {
    const range = filling.close();
    filling = openFilling(range.bounds[1] + 1, ports.tableCount, limits);
    begin(async () => {
      await ports.land(range, ports.inc, tries);
      landed = range.bounds[1] + 1;
      tries = 0;
      unacknowledgedSince = timers.now();
    });
  };

  const acknowledge = (): void =>
    begin(async () => {
      await ports.acknowledge(landed, ports.inc);
      unacknowledgedSince = undefined;
      tries = 0;
    });

  /** What is due now, else when to look again. */
  const next = (): void => {
    if (gone || work !== undefined) return;
    const now = timers.now();
    if (filling.dueAt !== undefined) {
      if (filling.full || filling.dueAt <= now) land();
      else wakeAt(filling.dueAt);
    } else if (unacknowledgedSince !== undefined) {
      const idleAt = unacknowledgedSince + limits.idle;
      if (idleAt <= now) acknowledge();
      else wakeAt(idleAt);
    }
  };

  /** Waits for the schema while the partition is paused; the record is read again afterwards. */
  const resolve = (schemaId: number): void => {
    resolving = true;
    ports
      .resolve(schemaId)
      .then(() => {
        resolving = false;
        goOn();
      })
      .catch(failed);
  };

  /** True when the record was taken; false when it has to wait. */
  const takeOne = (record: LogRecord): boolean => {
    if (filling.full) next();
    if (filling.full) return false;
    const reading = ports.read(record);
    const now = timers.now();
    switch (reading.kind) {
      case "unresolved":
        resolve(reading.schemaId);
        return false;
      case "rows":
        filling.addRows(record.offset, reading.rows, record.value?.length ?? 0, now);
        break;
      case "reject":
        filling.addReject(reading.reject, record.value?.length ?? 0, now);
        break;
      case "skip":
        break;
    }
    filling.passTo(record.offset + 1, now);
    return true;
  };

  /** True when the batch was taken whole; else the rest waits. */
  const fill = ({ batch, from }: Rest): boolean => {
    for (let index = from; index < batch.records.length; index += 1) {
      const record = batch.records[index];
      if (record === undefined || takeOne(record)) continue;
      rest = { batch, from: index };
      return false;
    }
    rest = undefined;
    filling.passTo(batch.nextPosition, timers.now());
    return true;
  };

  const goOn = (): void => {
    if (gone || resolving) return;
    if (rest !== undefined && fill(rest)) ports.resume();
    next();
  };

  next();
  return {
    take(batch) {
      if (gone) return;
      if (!fill({ batch, from: 0 })) ports.pause();
      next();
    },
    get landed() {
      return landed;
    },
    lose: stop,
    async close() {
      stop();
      await work;
      if (unacknowledgedSince !== undefined) await ports.acknowledge(landed, ports.inc);
    },
  };
};
