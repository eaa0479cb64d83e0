// Block formation: rows of one partition gather into a range of offsets until rows, bytes or age say that it is time to land.
import type { LogRecord } from "#adapters/broker-port.ts";
import type { RejectRecord } from "#schemas/generated/records.ts";
import type { Bounds } from "./intent.ts";
import type { Taken } from "./read.ts";
import type { Row } from "./rows.ts";

export interface Limits {
  readonly rows: number;
  /** Of the records on the wire: cheaper to count than JSON, and of the same order. */
  readonly bytes: number;
  /** How long the first row may wait. */
  readonly age: number;
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
  /** Per table of the topic: its rows, aligned with `offsets`. */
  readonly tables: readonly (readonly Row[])[];
  /** Records of the range that go to `rejects`. */
  readonly rejects: readonly RejectRecord[];
  /** Append time of the record that has waited longest; null: nothing that anybody waits for. */
  readonly oldest: number | null;
}

export interface Filling {
  /** Position after the last record taken, hidden offsets included. */
  readonly next: number;
  readonly full: boolean;
  /** When it has to land, epoch ms; undefined while nothing was taken. */
  readonly dueAt: number | undefined;
  take(record: LogRecord, reading: Taken, now: number): void;
  /** Everything below `position` is taken, whatever became of it. */
  passTo(position: number, now: number): void;
  close(): Range;
}

export const openFilling = (first: number, tableCount: number, limits: Limits): Filling => {
  const offsets: number[] = [];
  const tables: Row[][] = Array.from({ length: tableCount }, () => []);
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
    get dueAt() {
      return dueAt;
    },
    take(record, reading, now) {
      if (reading.kind === "rows") {
        hasten(record, now);
        offsets.push(record.offset);
        for (let table = 0; table < tableCount; table += 1) tables[table]?.push(reading.rows[table] ?? []);
      }
      if (reading.kind === "reject") {
        hasten(record, now);
        rejects.push(reading.reject);
      }
      passTo(record.offset + 1, now);
    },
    passTo,
    close: () => ({ bounds: [first, next - 1], offsets, tables, rejects, oldest }),
  };
};

/** Two ranges that together are the range; the cut lies before the middle row. Needs two rows. */
export const halve = (range: Range): readonly [Range, Range] => {
  const middle = range.offsets.length >> 1;
  const cut = range.offsets[middle] ?? range.bounds[1];
  const [first, last] = range.bounds;
  const part = (bounds: Bounds, from: number, to: number): Range => ({
    bounds,
    offsets: range.offsets.slice(from, to),
    tables: range.tables.map((rows) => rows.slice(from, to)),
    rejects: range.rejects.filter(({ source_offset: offset }) => offset >= bounds[0] && offset <= bounds[1]),
    oldest: range.oldest,
  });
  return [part([first, cut - 1], 0, middle), part([cut, last], middle, range.offsets.length)];
};

/** The same offsets without the one row that its table refuses; `reject` says so. */
export const withoutRow = (range: Range, reject: RejectRecord | null): Range => ({
  ...range,
  offsets: [],
  tables: range.tables.map(() => []),
  rejects: reject ? [...range.rejects, reject] : range.rejects,
});
