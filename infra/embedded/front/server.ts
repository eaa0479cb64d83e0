// The HTTP front of chDB: enough of ClickHouse's HTTP interface for @clickhouse/client to notice no difference.
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip, zstdCompress } from "node:zlib";
import type { Answer, Engine } from "./engine.ts";
import { describeError, ServerException, statusOf } from "./errors.ts";
import { readStatement } from "./request.ts";

const encoders = {
  gzip: (body: Uint8Array) => promisify(gzip)(body, { level: 3 }),
  zstd: (body: Uint8Array) => promisify(zstdCompress)(body),
  br: (body: Uint8Array) => promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } }),
} as const;

const encodingFor = (request: IncomingMessage, query: URLSearchParams): keyof typeof encoders | undefined => {
  if (query.get("enable_http_compression") !== "1") return undefined;
  const accepted = request.headers["accept-encoding"] ?? "";
  return (["zstd", "br", "gzip"] as const).find((name) => new RegExp(String.raw`\b${name}\b`).test(accepted));
};

const contentTypeOf = (format: string): string => {
  if (/^JSON\w*EachRow/.test(format)) return "application/x-ndjson; charset=UTF-8";
  if (format.startsWith("JSON")) return "application/json; charset=UTF-8";
  if (/^(TSV|TabSeparated)/.test(format)) return "text/tab-separated-values; charset=UTF-8";
  if (format.startsWith("CSV")) return "text/csv; charset=UTF-8; header=absent";
  if (/^(Pretty|Vertical|Values|XML|Markdown)/.test(format)) return "text/plain; charset=UTF-8";
  return "application/octet-stream";
};

const summaryOf = (answer: Answer): string =>
  JSON.stringify({
    read_rows: String(answer.readRows),
    read_bytes: String(answer.readBytes),
    written_rows: String(answer.writtenRows),
    written_bytes: String(answer.writtenBytes),
    total_rows_to_read: "0",
    result_rows: String(answer.readRows),
    result_bytes: String(answer.body.length),
    elapsed_ns: String(Math.round(answer.elapsed * 1e9)),
  });

const answerQuery = async (
  engine: Engine,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<void> => {
  const statement = await readStatement(request, query);
  if (request.method === "GET" && statement.sql === "") return void response.end("Ok.\n");
  const answer = await engine.run(statement, () => response.destroyed);
  response.setHeader("Content-Type", contentTypeOf(statement.format));
  response.setHeader("X-ClickHouse-Format", statement.format);
  response.setHeader("X-ClickHouse-Summary", summaryOf(answer));
  const encoding = encodingFor(request, query);
  if (encoding === undefined || answer.body.length === 0) return void response.end(answer.body);
  response.setHeader("Content-Encoding", encoding);
  response.end(await encoders[encoding](answer.body));
};

const refuse = (response: ServerResponse, error: unknown, version: string): void => {
  if (response.headersSent) return void response.destroy();
  const { code, text } = describeError(error);
  response.statusCode = statusOf(code);
  response.removeHeader("Content-Encoding");
  response.setHeader("Content-Type", "text/plain; charset=UTF-8");
  response.setHeader("X-ClickHouse-Exception-Code", String(code));
  response.end(`${text} (version ${version})\n`);
};

export const createFront = (engine: Engine): Server => {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://front");
    response.setHeader("X-ClickHouse-Query-Id", searchParams.get("query_id") ?? randomUUID());
    response.setHeader("X-ClickHouse-Server-Display-Name", "earshot-embedded");
    response.setHeader("X-ClickHouse-Timezone", "UTC");
    if (pathname === "/ping" || pathname === "/replicas_status") return void response.end("Ok.\n");
    if (pathname !== "/") {
      response.statusCode = 404;
      return void response.end(`There is no handle ${pathname}\n`);
    }
    try {
      if (request.method !== "POST" && request.method !== "GET") {
        throw new ServerException(48, "NOT_IMPLEMENTED", `Method ${String(request.method)} is not supported`);
      }
      await answerQuery(engine, request, response, searchParams);
    } catch (error) {
      refuse(response, error, engine.version);
    }
  };
  const server = createServer((request, response) => void answer(request, response));
  // As the server's default: clients must close idle connections before it does.
  server.keepAliveTimeout = 10_000;
  server.requestTimeout = 0;
  return server;
};
