// Reads a request of ClickHouse's HTTP interface: SQL, settings, typed parameters, and a body that may be compressed.
import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import type { Statement } from "./engine.ts";
import { ServerException } from "./errors.ts";
import { formatOf } from "./statements.ts";

/** Unpacked; the largest block that a lander sends is 16 MB. */
const maxBodyBytes = 1 << 30;

/** Parameters of the interface itself; every other one is a setting. A user and a password are accepted, whatever they are. */
const reserved = new Set([
  "query",
  "database",
  "default_format",
  "user",
  "password",
  "quota_key",
  "role",
  "query_id",
  "session_id",
  "session_timeout",
  "session_check",
  "close_session",
  "client_protocol_version",
  "wait_end_of_query",
  "buffer_size",
  "compress",
  "decompress",
  "stacktrace",
]);

const decoders = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
} as const;

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  const collect = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of source) {
      size += chunk.length;
      if (size > maxBodyBytes) throw new ServerException(307, "TOO_MANY_BYTES", "Request body is too large");
      chunks.push(chunk);
    }
  };
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding === "identity") {
    await collect(request);
    return Buffer.concat(chunks, size);
  }
  if (!(encoding in decoders)) {
    throw new ServerException(48, "NOT_IMPLEMENTED", `Unknown compression method '${encoding}'`);
  }
  try {
    await pipeline(request, decoders[encoding as keyof typeof decoders](), collect);
  } catch (error) {
    if (error instanceof ServerException) throw error;
    throw new ServerException(354, "ZLIB_INFLATE_FAILED", `Cannot decompress the request body: ${String(error)}`);
  }
  return Buffer.concat(chunks, size);
};

const header = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

/** What the request asks for; the body is read whole, so a block is inserted whole or not at all. */
export const readStatement = async (request: IncomingMessage, query: URLSearchParams): Promise<Statement> => {
  const settings: Record<string, string> = {};
  const params: Record<string, string> = {};
  for (const [name, value] of query) {
    if (name.startsWith("param_")) params[name.slice("param_".length)] = value;
    else if (!reserved.has(name)) settings[name] = value;
  }
  const sql = query.get("query") ?? "";
  const data = await readBody(request);
  return {
    sql,
    data,
    settings,
    params,
    database: query.get("database") ?? header(request, "x-clickhouse-database") ?? "default",
    format:
      formatOf(sql === "" ? data.toString("utf8", Math.max(0, data.length - 4096)) : sql) ??
      query.get("default_format") ??
      header(request, "x-clickhouse-format") ??
      "TabSeparated",
    readonly: request.method === "GET",
  };
};
