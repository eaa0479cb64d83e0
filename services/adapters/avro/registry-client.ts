// The three questions we ask a Confluent-compatible registry, each with its own time-out and three outcomes never mixed.
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
}

/** Subject, version or schema not found: the codes that make a 404 the registry's own word, not some proxy's. */
const notFound = new Set([40_401, 40_402, 40_403]);

const headersFor = ({ username, password }: RegistryAccess): Record<string, string> => ({
  accept: "application/vnd.schemaregistry.v1+json, application/json",
  "content-type": "application/vnd.schemaregistry.v1+json",
  ...(username === undefined
    ? {}
    : { authorization: `Basic ${Buffer.from(`${username}:${password ?? ""}`).toString("base64")}` }),
});

const field = (body: unknown, name: string): unknown =>
  typeof body === "object" && body !== null ? (body as Record<string, unknown>)[name] : undefined;

export const createRegistryClient = (access: RegistryAccess): RegistryClient => {
  const headers = headersFor(access);
  const limit = (): AbortSignal => {
    const timeout = AbortSignal.timeout(access.timeout ?? 3000);
    return access.signal === undefined ? timeout : AbortSignal.any([timeout, access.signal]);
  };

  const ask = async <T>(path: string, body: unknown, read: (answer: unknown) => T | undefined): Promise<Answer<T>> => {
    try {
      const response = await fetch(`${access.url}${path}`, {
        headers,
        signal: limit(),
        ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
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
    byId: (id) =>
      ask(`/schemas/ids/${id}`, undefined, (answer) => {
        const schema = field(answer, "schema");
        const schemaType = field(answer, "schemaType");
        if (typeof schema !== "string") return undefined;
        return typeof schemaType === "string" ? { schema, schemaType } : { schema };
      }),
    lookUp: (subject, schema) =>
      ask(`/subjects/${encodeURIComponent(subject)}`, { schema }, (answer) => {
        const id = field(answer, "id");
        return typeof id === "number" ? id : undefined;
      }),
  };
};
