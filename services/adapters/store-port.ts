// The store seam: what the services may ask of ClickHouse. clickhouse/ and memory/ both fit it and pass one contract suite.
import { AppError } from "#runtime/errors.ts";
import type { TableName } from "#schemas/clickhouse/tables.ts";
import { readingOf, type StoreErrorKind } from "./store-codes.ts";

export type { StoreErrorKind } from "./store-codes.ts";

/** Rows of one table as arrays in `columns` order; schemas/clickhouse/tables.ts says how values are given. */
export interface Rows {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/** Rows checked and put into the store's own form: a third of the memory, and not made again when an insert is repeated. */
export interface Pack {
  readonly table: string;
  readonly columns: readonly string[];
  readonly count: number;
  /** Only the store that packed it looks inside. */
  readonly content: unknown;
}

export interface Block extends Rows {
  /** Insert deduplication token: a repeat of it inserts nothing. */
  readonly token: string;
}

/** Packs of one table and the same columns, inserted as one block. */
export interface PackedBlock {
  readonly packs: readonly Pack[];
  readonly token: string;
}

/** A failed request: its kind says what the caller does, AppError's code and cure what the operator does. */
export class StoreError extends AppError {
  override readonly name = "StoreError";
  readonly kind: StoreErrorKind;
  /** ClickHouse's error code, where an answer came. */
  readonly serverCode: number | undefined;
  constructor(kind: StoreErrorKind, message: string, serverCode?: number, cause?: unknown) {
    const { code, cure } = readingOf(kind, serverCode);
    super(code, message, { cause, ...(cure === undefined ? {} : { cure }) });
    this.kind = kind;
    this.serverCode = serverCode;
  }
}

export interface Store extends AsyncDisposable {
  ping(): Promise<void>;
  /**
   * Before the first insert: the tables exist with the columns that are inserted, and nothing is set so that a repeated
   * token could insert twice. Throws AppError with the cure, or StoreError "retryable" while ClickHouse is away.
   */
  verify(tables: readonly TableName[]): Promise<void>;
  /** Throws StoreError "data" when a value does not fit its column. A few thousand rows at a time: it takes 2 µs a row. */
  pack(rows: Rows): Pack;
  /** Resolves when every row is in, now or by an earlier insert under this token. Tables are those of tables.ts. */
  insert(block: Block | PackedBlock): Promise<void>;
  /** Rows as objects; 64-bit integers as numbers. `params` are ClickHouse typed parameters `{name:Type}`. */
  query(sql: string, params?: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>[]>;
  /** A statement without result rows (DDL, SET). */
  command(sql: string): Promise<void>;
}
