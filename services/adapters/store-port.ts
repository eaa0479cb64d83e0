// The store seam: what the services may ask of ClickHouse. clickhouse/ and memory/ both fit it and pass one contract suite.
import type { TableName } from "#schemas/clickhouse/tables.ts";

/** Rows of one table as arrays in `columns` order; schemas/clickhouse/tables.ts says how values are given. */
export interface Block {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  /** Insert deduplication token: a repeat of it inserts nothing. */
  readonly token: string;
}

export type StoreErrorKind =
  /** Away, busy or unknown outcome: the same block under the same token, for ever. */
  | "retryable"
  /** A row does not fit its table: halve the block. */
  | "data"
  /** Missing table, rights, wrong credentials: stop, say so, reject nothing. */
  | "configuration";

export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly kind: StoreErrorKind;
  /** ClickHouse error code, where an answer came. */
  readonly code: number | undefined;
  constructor(kind: StoreErrorKind, message: string, code?: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.code = code;
  }
}

export interface Store extends AsyncDisposable {
  ping(): Promise<void>;
  /**
   * Before the first insert: the tables exist with the columns that are inserted, and nothing is set so that a repeated
   * token could insert twice. Throws AppError with the cure, or StoreError "retryable" while ClickHouse is away.
   */
  verify(tables: readonly TableName[]): Promise<void>;
  /** Resolves when every row is in, now or by an earlier insert under this token. Tables are those of tables.ts. */
  insert(block: Block): Promise<void>;
  /** Rows as objects; 64-bit integers as numbers. `params` are ClickHouse typed parameters `{name:Type}`. */
  query(sql: string, params?: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>[]>;
  /** A statement without result rows (DDL, SET). */
  command(sql: string): Promise<void>;
}
