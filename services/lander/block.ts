// Block formation: rows of one partition gather into a range of offsets until rows, bytes or age say that it is time to land.
import type { RejectRecord } from "#schemas/generated/records.ts";
import type { Bounds } from "./intent.ts";
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
}

export interface Filling {
  readonly first: number;
  /** Position after the last record taken, hidden offsets included. */
  readonly next: number;
  readonly full: boolean;
  /** When it has to land, epoch ms; undefined while nothing was taken. */
  readonly dueAt: number | undefined;
  /** One record's rows, one per table. */
  addRows(offset: number, rows: readonly Row[], bytes: number, now: number): void;
  addReject(reject: RejectRecord, bytes: number, now: number): void;
  /** Everything below `next` is taken, whatever became of it. */
  passTo(next: number, now: number): void;
  close(): Range;
}

export const openFilling = (first: number, tableCount: number, limits: Limits): Filling => {
  const offsets: number[] = [];
  const tables: Row[][] = Array.from({ length: tableCount }, () => []);
  const rejects: RejectRecord[] = [];
  let next = first;
  let bytes = 0;
  let dueAt: number | undefined;

  const hasten = (at: number): void => {
    dueAt = dueAt === undefined ? at : Math.min(dueAt, at);
  };

  return {
    first,
    get next() {
      return next;
    },
    get full() {
      return offsets.length >= limits.rows || bytes >= limits.bytes;
    },
    get dueAt() {
      return dueAt;
    },
    addRows(offset, rows, size, now) {
      if (offsets.length === 0) hasten(now + limits.age);
      offsets.push(offset);
      for (let table = 0; table < tableCount; table += 1) tables[table]?.push(rows[table] ?? []);
      bytes += size;
    },
    addReject(reject, size, now) {
      if (rejects.length === 0) hasten(now + limits.age);
      rejects.push(reject);
      bytes += size;
    },
    passTo(position, now) {
      if (position <= next) return;
      next = position;
      if (dueAt === undefined) dueAt = now + limits.rowlessAge;
    },
    close: () => ({ bounds: [first, next - 1], offsets, tables, rejects }),
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
    rejects: range.rejects.filter((reject) => reject.source_offset >= bounds[0] && reject.source_offset <= bounds[1]),
  });
  return [part([first, cut - 1], 0, middle), part([cut, last], middle, range.offsets.length)];
};

/** The same offsets without the one row that its table refuses; `reject` says so. */
export const withoutRows = (range: Range, reject: RejectRecord | null): Range => ({
  bounds: range.bounds,
  offsets: [],
  tables: range.tables.map(() => []),
  rejects: reject ? [...range.rejects, reject] : range.rejects,
});
