// A registry small enough for unit tests: the Confluent routes we use, in memory, with outages to order.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as bodyOf } from "node:stream/consumers";
import { unreadable } from "#schemas/compatibility.ts";
import type { AvroObject } from "#schemas/schema-json.ts";

/** `silent` takes the connection and never answers; `proxy` answers 404 with a page of its own, as a wrong path does. */
export type Mode = "up" | "silent" | "error" | "proxy";

export interface FakeRegistry extends AsyncDisposable {
  readonly url: string;
  mode: Mode;
  /** `GET /schemas/ids/7` and so on, in order of arrival. */
  readonly requests: string[];
  /** Adds a version to a subject under the next free id, as a registration does. */
  add(subject: string, schema: string): number;
  /** Compatibility levels by subject. */
  readonly levels: Map<string, string>;
}

interface Version {
  readonly schema: string;
  readonly id: number;
}

type Answer = { readonly status: number; readonly body: unknown };

const ok = (body: unknown): Answer => ({ status: 200, body });
const missing = (code: number): Answer => ({ status: 404, body: { error_code: code, message: "not found" } });

export const startFakeRegistry = async (): Promise<FakeRegistry> => {
  const subjects = new Map<string, Version[]>();
  const byId = new Map<number, string>();

  const accepts = (subject: string, schema: string): boolean =>
    registry.levels.get(subject) !== "BACKWARD_TRANSITIVE" ||
    (subjects.get(subject) ?? []).every(
      (version) => unreadable(JSON.parse(schema) as AvroObject, JSON.parse(version.schema) as AvroObject).length === 0,
    );

  const routes = (method: string, path: readonly string[], body: Readonly<Record<string, string>>): Answer => {
    const [kind, name = "", versions, number] = path;
    const subject = subjects.get(name);
    if (kind === "schemas") {
      const schema = byId.get(Number(versions));
      return schema === undefined ? missing(40_403) : ok({ schema });
    }
    if (kind === "config") {
      if (method === "PUT") registry.levels.set(name, body["compatibility"] ?? "");
      const level = registry.levels.get(name);
      if (method === "PUT") return ok({ compatibility: level });
      return level === undefined ? missing(40_408) : ok({ compatibilityLevel: level });
    }
    if (method === "POST" && versions === "versions") {
      const schema = body["schema"] ?? "";
      if (!accepts(name, schema)) return { status: 409, body: { error_code: 409, message: "incompatible" } };
      return ok({ id: registry.add(name, schema) });
    }
    if (subject === undefined) return missing(40_401);
    if (method === "POST") {
      const found = subject.find(({ schema }) => schema === body["schema"]);
      return found === undefined ? missing(40_403) : ok({ subject: name, id: found.id, schema: found.schema });
    }
    if (number === undefined) return ok(subject.map((_, index) => index + 1));
    return ok({ subject: name, version: Number(number), ...subject[Number(number) - 1] });
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    registry.requests.push(`${request.method} ${request.url}`);
    if (registry.mode === "silent") return;
    const path = (request.url ?? "").split("/").slice(1).map(decodeURIComponent);
    const raw = await bodyOf(request);
    const body = raw === "" ? {} : (JSON.parse(raw) as Record<string, string>);
    const answers: Readonly<Record<Exclude<Mode, "silent">, () => Answer>> = {
      up: () => routes(request.method ?? "", path, body),
      error: () => ({ status: 500, body: { error_code: 50_001, message: "backend" } }),
      proxy: () => ({ status: 404, body: "<html>" }),
    };
    const answer = answers[registry.mode]();
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
  };

  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const registry: FakeRegistry = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mode: "up",
    requests: [],
    levels: new Map(),
    add: (subject, schema) => {
      const versions = subjects.get(subject) ?? [];
      const id = versions.find((version) => version.schema === schema)?.id ?? byId.size + 1;
      byId.set(id, schema);
      subjects.set(subject, [...versions, { schema, id }]);
      return id;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
  return registry;
};
