// The store seam: what the services may ask of ClickHouse. clickhouse/ and memory/ both fit it and pass one contract suite.

/** Rows of one table as arrays in `columns` order. */
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
    super(message, { cause });
    this.kind = kind;
    this.code = code;
  }
}

export interface Store extends AsyncDisposable {
  ping(): Promise<void>;
  insert(block: Block): Promise<void>;
  /** Rows as objects; 64-bit integers as numbers. `params` are ClickHouse typed parameters `{name:Type}`. */
  query(sql: string, params?: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>[]>;
  /** A statement without result rows (DDL, SET). */
  command(sql: string): Promise<void>;
}
