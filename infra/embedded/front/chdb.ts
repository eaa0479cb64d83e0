// chDB's native calls. The package's own wrapper knows a few text formats for inserts; below it any format works and rows are counted.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Opaque: one connection has its own settings and current database. */
export type Connection = { readonly connection: unique symbol };

export interface QueryOutcome {
  readonly bytes: Uint8Array;
  readonly elapsed: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
}

export interface InsertOutcome {
  readonly elapsed: number;
  readonly rowsWritten: number;
  readonly bytesWritten: number;
}

/** Errors are plain `Error`s whose message begins `Code: N. DB::Exception:`. */
export interface Native {
  CreateConnection(folder: string): Connection;
  CloseConnection(connection: Connection): void;
  QueryAsyncConnection(
    connection: Connection,
    sql: string,
    format: string,
    params?: Readonly<Record<string, string>>,
  ): Promise<QueryOutcome>;
  /** `data` follows `sql` as it would in a request's body. */
  InsertRawAsyncConnection(
    connection: Connection,
    sql: string,
    data: Uint8Array,
    countLines: boolean,
  ): Promise<InsertOutcome>;
}

/** The path is absolute, which the package's `exports` map does not restrict; the version is pinned exactly. */
export const loadNative = (): Native => {
  const require = createRequire(import.meta.url);
  const loader = require(join(dirname(require.resolve("chdb/package.json")), "dist/loader.js")) as {
    loadNative(): Native;
  };
  return loader.loadNative();
};
