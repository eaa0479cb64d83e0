// Block formation: rows of one partition gather into a range of offsets until rows, bytes or age say that it is time to land.
import type { LogRecord } from "#adapters/broker-port.ts";
import { type Pack, type Rows, StoreError } from "#adapters/store-port.ts";
import type { RejectRecord } from "#schemas/generated/records.ts";
import type { Bounds } from "./intent.ts";
import type { Taken } from "./read.ts";
import type { Row, Target } from "./rows.ts";

export interface Limits {
  readonly rows: number;
  /** Of the records on the wire: cheaper to count than JSON, and of the same order. */
  readonly bytes: number;
  /** How long the first row may wait. */
  readonly age: number;
  /** How much longer while a whole block lies behind it in the log: nobody sees the difference, and large blocks cost ClickHouse a quarter less. */
  readonly backlogAge: number;
  /** How long a range without rows may grow: nobody waits for it, and each range costs a row in `landings`. */
  readonly rowlessAge: number;
  /** How long nothing new may come before the last range is acknowledged by a commit of its own. */
  readonly idle: number;
}

/** A closed stretch of one partition's log and the rows that follow from it. */
export interface Range {
  readonly bounds: Bounds;
  /** Of the records that became rows, ascending. */
  readonly offsets: readonly number[];
  /** Per table of the topic: its rows in their order. */
  readonly packs: readonly (readonly Pack[])[];
  /** Why some row of it does not fit its table; then the packs are not whole. */
  readonly refused: StoreError | null;
  /** Records of the range that go to `rejects`. */
  readonly rejects: readonly RejectRecord[];
  /** Append time of the record that has waited longest; null: nothing that anybody waits for. */
  readonly oldest: number | null;
  /** Of its records on the wire. */
  readonly bytes: number;
}

/** The tables that a topic's records become rows of, and how rows are made ready for them. */
export interface Packing {
  readonly targets: readonly Target[];
  readonly pack: (rows: Rows) => Pack;
}

export interface Filling {
  /** Position after the last record taken, hidden offsets included. */
  readonly next: number;
  readonly full: boolean;
  readonly bytes: number;
  /** When it has to land, epoch ms; undefined while nothing was taken. `behind`: records of the log after it. */
  dueAt(behind: number): number | undefined;
  take(record: LogRecord, reading: Taken, now: number): void;
  /** Everything below `position` is taken, whatever became of it. */
  passTo(position: number, now: number): void;
  close(): Range;
}

/** Rows are packed in portions, so that they live shortly: kept until they land they cost the collector a fifth of the time. */
const rowsPerPack = 1_000;

const openPacks = ({ targets: into, pack }: Packing) => {
  const targets = into.map((target) => ({ ...target, rows: [] as Row[], packs: [] as Pack[] }));
  let refused: StoreError | null = null;

  /** A row that does not fit is looked for when the range lands: halves say which one it is. */
  const packFresh = (): void => {
    try {
      for (const { table, columns, rows, packs } of targets)
        if (rows.length > 0) packs.push(pack({ table, columns, rows }));
    } catch (error) {
      if (!(error instanceof StoreError && error.kind === "data")) throw error;
      refused ??= error;
    }
    for (const target of targets) target.rows = [];
  };

  return {
    /** One row per table. */
    add(rows: readonly Row[]): void {
      for (const [index, target] of targets.entries()) target.rows.push(rows[index] ?? []);
      if (targets[0]?.rows.length === rowsPerPack) packFresh();
    },
    close() {
      packFresh();
      return { packs: targets.map(({ packs }) => packs), refused };
    },
  };
};

export const openFilling = (first: number, packing: Packing, limits: Limits): Filling => {
  const offsets: number[] = [];
  const packs = openPacks(packing);
  const rejects: RejectRecord[] = [];
  let next = first;
  let bytes = 0;
  let oldest: number | null = null;
  let dueAt: number | undefined;

  const passTo = (position: number, now: number): void => {
    if (position <= next) return;
    next = position;
    dueAt ??= now + limits.rowlessAge;
  };

  /** From now on somebody waits for the range. */
  const hasten = (record: LogRecord, now: number): void => {
    bytes += record.value?.length ?? 0;
    if (oldest !== null) return;
    oldest = record.appendTs;
    dueAt = Math.min(dueAt ?? Number.POSITIVE_INFINITY, now + limits.age);
  };

  return {
    get next() {
      return next;
    },
    get full() {
      return offsets.length >= limits.rows || bytes >= limits.bytes;
    },
    get bytes() {
      return bytes;
    },
    dueAt: (behind) => (dueAt !== undefined && behind >= limits.rows ? dueAt + limits.backlogAge : dueAt),
    take(record, reading, now) {
      if (reading.kind === "rows") {
        hasten(record, now);
        offsets.push(record.offset);
        packs.add(reading.rows);
      }
      if (reading.kind === "reject") {
        hasten(record, now);
        rejects.push(reading.reject);
      }
      passTo(record.offset + 1, now);
    },
    passTo,
    close: () => ({ bounds: [first, next - 1], offsets, ...packs.close(), rejects, oldest, bytes }),
  };
};

/** Bounds of two ranges that together are the range; the cut lies before the middle row. Needs two rows. */
export const halve = ({ bounds: [first, last], offsets }: Range): readonly [Bounds, Bounds] => {
  const cut = offsets[offsets.length >> 1] ?? last;
  return [
    [first, cut - 1],
    [cut, last],
  ];
};

/** The same offsets without the one row that its table refuses; `reject` says so. */
export const withoutRow = (range: Range, reject: RejectRecord | null): Range => ({
  ...range,
  offsets: [],
  packs: [],
  refused: null,
  rejects: reject ? [...range.rejects, reject] : range.rejects,
});
