// What we ask a Confluent-compatible registry, each question with its own time-out and three outcomes never mixed.
import { toError } from "#runtime/errors.ts";

/** What a registry says about a schema id or text. */
export type Answer<T> =
  | { readonly kind: "found"; readonly value: T }
  /** A definite no of the registry itself (404 with its error code): records may be rejected for it. */
  | { readonly kind: "unknown" }
  /** Anything else: refused, silent, 500, a proxy's page. Nothing may be rejected for it. */
  | { readonly kind: "unavailable"; readonly cause: Error };

export interface RegistryAccess {
  /** Base URL, such as `http://127.0.0.1:8081/apis/ccompat/v7`. */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Per request, body included. The registry client library has none and hangs (measured). */
  readonly timeout?: number;
  /** Ends requests under way. */
  readonly signal?: AbortSignal;
}

export interface StoredSchema {
  readonly schema: string;
  /** AVRO where absent; JSON and PROTOBUF schemas share the id space. */
  readonly schemaType?: string;
}

export interface RegistryClient {
  byId(id: number): Promise<Answer<StoredSchema>>;
  /** The id under which exactly this text is registered for the subject. */
  lookUp(subject: string, schema: string): Promise<Answer<number>>;
  /** Every version of a subject, oldest first. */
  versions(subject: string): Promise<Answer<readonly StoredSchema[]>>;
  /** The compatibility level set for the subject itself. */
  level(subject: string): Promise<Answer<string>>;
  setLevel(subject: string, level: string): Promise<Answer<string>>;
}

/** Subject, version, schema or subject level not found: the codes that make a 404 the registry's own word, not some proxy's. */
const notFound = new Set([40_401, 40_402, 40_403, 40_408]);

const headersFor = ({ username, password }: RegistryAccess): Record<string, string> => ({
  accept: "application/vnd.schemaregistry.v1+json, application/json",
  "content-type": "application/vnd.schemaregistry.v1+json",
  ...(username === undefined
    ? {}
    : { authorization: `Basic ${Buffer.from(`${username}:${password ?? ""}`).toString("base64")}` }),
});

const field = (body: unknown, name: string): unknown =>
  typeof body === "object" && body !== null ? (body as Record<string, unknown>)[name] : undefined;

const textOf = (answer: unknown, name: string): string | undefined => {
  const value = field(answer, name);
  return typeof value === "string" ? value : undefined;
};

const readSchema = (answer: unknown): StoredSchema | undefined => {
  const schema = textOf(answer, "schema");
  const schemaType = textOf(answer, "schemaType");
  if (schema === undefined) return undefined;
  return schemaType === undefined ? { schema } : { schema, schemaType };
};

const subjectPath = (subject: string): string => `/subjects/${encodeURIComponent(subject)}`;
const configPath = (subject: string): string => `/config/${encodeURIComponent(subject)}`;

export const createRegistryClient = (access: RegistryAccess): RegistryClient => {
  const headers = headersFor(access);
  const limit = (): AbortSignal => {
    const timeout = AbortSignal.timeout(access.timeout ?? 3000);
    return access.signal === undefined ? timeout : AbortSignal.any([timeout, access.signal]);
  };

  const ask = async <T>(
    path: string,
    read: (answer: unknown) => T | undefined,
    { method = "GET", body }: { readonly method?: string; readonly body?: unknown } = {},
  ): Promise<Answer<T>> => {
    try {
      const response = await fetch(`${access.url}${path}`, {
        method,
        headers,
        signal: limit(),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const answer: unknown = JSON.parse(text);
      if (response.status === 404 && notFound.has(Number(field(answer, "error_code")))) return { kind: "unknown" };
      const value = response.ok ? read(answer) : undefined;
      if (value !== undefined) return { kind: "found", value };
      return { kind: "unavailable", cause: new Error(`${path} answered ${response.status}: ${text.slice(0, 200)}`) };
    } catch (thrown) {
      return { kind: "unavailable", cause: toError(thrown) };
    }
  };

  return {
    byId: (id) => ask(`/schemas/ids/${id}`, readSchema),
    lookUp: (subject, schema) =>
      ask(
        subjectPath(subject),
        (answer) => {
          const id = field(answer, "id");
          return typeof id === "number" ? id : undefined;
        },
        { method: "POST", body: { schema } },
      ),
    versions: async (subject) => {
      const numbers = await ask(`${subjectPath(subject)}/versions`, (answer) =>
        Array.isArray(answer) ? answer.map(Number) : undefined,
      );
      if (numbers.kind !== "found") return numbers;
      const schemas: StoredSchema[] = [];
      for (const number of numbers.value) {
        const schema = await ask(`${subjectPath(subject)}/versions/${number}`, readSchema);
        if (schema.kind === "unavailable") return schema;
        if (schema.kind === "found") schemas.push(schema.value);
      }
      return { kind: "found", value: schemas };
    },
    level: (subject) => ask(configPath(subject), (answer) => textOf(answer, "compatibilityLevel")),
    setLevel: (subject, level) =>
      ask(configPath(subject), (answer) => textOf(answer, "compatibility"), {
        method: "PUT",
        body: { compatibility: level },
      }),
  };
};
