// Records to Kafka values and back: framing, schema by id, checks before decoding, cached resolvers. Never throws for bytes.
import type { Type } from "avsc";
import { AppError } from "#runtime/errors.ts";
import type { Logger } from "#runtime/logger.ts";
import type { Metrics } from "#runtime/metrics.ts";
import { forever } from "#runtime/retry.ts";
import { bundledSchema } from "#schemas/bundled.ts";
import { type RecordOf, type TopicKind, topicSpecs } from "#schemas/topics.ts";
import { type DiskCache, openDiskCache, readOwnIds, writeOwnIds } from "./disk-cache.ts";
import { headerBytes, readSchemaId, writeHeader } from "./framing.ts";
import { createReader, parseSchema, type Read } from "./reader.ts";
import { createRegistryClient, type RegistryClient, type StoredSchema } from "./registry-client.ts";
import { createSchemaStore, type Resolution, type SchemaStore } from "./schema-store.ts";

export type UndecodableReason =
  | "tombstone"
  | "not_avro"
  | "unknown_schema"
  | "malformed"
  | "oversized"
  | "incompatible_schema";

export type Decoded<K extends TopicKind> =
  | { readonly kind: "record"; readonly record: RecordOf<K>; readonly schemaId: number }
  | { readonly kind: "reject"; readonly reason: UndecodableReason; readonly schemaId: number | null }
  /** A schema never seen here: `resolve` it, then decode again. */
  | { readonly kind: "unresolved"; readonly schemaId: number };

export interface Codecs extends AsyncDisposable {
  decode<K extends TopicKind>(kind: K, value: Buffer | null): Decoded<K>;
  /** `unknown`: the registry itself said so. `unavailable`: it did not answer; wait and ask again, reject nothing. */
  resolve(schemaId: number): Promise<Resolution>;
  /** Throws for a record that breaks its own schema: that is a bug of the caller. */
  encode<K extends TopicKind>(kind: K, record: RecordOf<K>): Buffer;
  /** Ids under which our own schemas are registered. */
  readonly schemaIds: Readonly<Record<TopicKind, number>>;
}

/** As large as the largest topic's messages may be (`late`, `rejects`). */
const maxValueBytes = 2 * 1024 * 1024;

const kinds = topicSpecs.map((spec) => spec.kind);

/** Parsed once per process. */
const ourSchemas = (): Readonly<Record<TopicKind, { readonly text: string; readonly type: Type }>> =>
  Object.fromEntries(
    topicSpecs.map(({ kind, schema }) => {
      const text = bundledSchema(schema);
      return [kind, { text, type: parseSchema(text) }];
    }),
  ) as Record<TopicKind, { text: string; type: Type }>;

interface Parts {
  readonly store: SchemaStore;
  readonly schemas: ReturnType<typeof ourSchemas>;
  readonly schemaIds: Readonly<Record<TopicKind, number>>;
  readonly close?: () => void;
}

const createCodecs = ({ store, schemas, schemaIds, close }: Parts): Codecs => {
  const readers = Object.fromEntries(kinds.map((kind) => [kind, new Map()])) as Record<
    TopicKind,
    Map<number, Read | "incompatible">
  >;
  let scratch = Buffer.allocUnsafe(64 * 1024);

  const readerFor = (kind: TopicKind, id: number, stored: StoredSchema): Read | "incompatible" => {
    const avro = (stored.schemaType ?? "AVRO") === "AVRO";
    const reader = (avro ? createReader(stored.schema, schemas[kind].type) : undefined) ?? "incompatible";
    readers[kind].set(id, reader);
    return reader;
  };

  return {
    schemaIds,
    resolve: (schemaId) => store.resolve(schemaId),

    decode: <K extends TopicKind>(kind: K, value: Buffer | null): Decoded<K> => {
      if (value === null) return { kind: "reject", reason: "tombstone", schemaId: null };
      const schemaId = readSchemaId(value);
      if (schemaId === undefined) return { kind: "reject", reason: "not_avro", schemaId: null };
      if (value.length > maxValueBytes) return { kind: "reject", reason: "oversized", schemaId };
      let read = readers[kind].get(schemaId);
      if (read === undefined) {
        const stored = store.known(schemaId);
        if (stored === undefined) return { kind: "unresolved", schemaId };
        if (stored === "unknown") return { kind: "reject", reason: "unknown_schema", schemaId };
        read = readerFor(kind, schemaId, stored);
      }
      if (read === "incompatible") return { kind: "reject", reason: "incompatible_schema", schemaId };
      const record = read(value) as RecordOf<K> | undefined;
      if (record === undefined) return { kind: "reject", reason: "malformed", schemaId };
      return { kind: "record", record, schemaId };
    },

    encode: (kind, record) => {
      const { type } = schemas[kind];
      let end = type.encode(record, scratch, headerBytes);
      if (end < 0) {
        // The negative of what is missing, in bytes.
        scratch = Buffer.allocUnsafe(2 * (scratch.length - end));
        end = type.encode(record, scratch, headerBytes);
      }
      writeHeader(scratch, schemaIds[kind]);
      return Buffer.from(scratch.subarray(0, end));
    },

    [Symbol.asyncDispose]: async () => close?.(),
  };
};

const bundledById = (
  schemas: ReturnType<typeof ourSchemas>,
  ids: Readonly<Record<TopicKind, number>>,
): Map<number, StoredSchema> => new Map(kinds.map((kind) => [ids[kind], { schema: schemas[kind].text }]));

export interface CodecsOptions {
  /** Base URL; `memory://…` needs no registry and knows only the compiled-in schemas. */
  readonly registry: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly cacheDir: string;
  /** Topic prefix: subjects are `<prefix><topic>-value`. */
  readonly prefix: string;
  readonly log: Logger;
  /** Ends the waiting for a registry that is away. */
  readonly signal?: AbortSignal;
  readonly metrics?: Metrics;
}

/** Key of a schema of ours among the ids kept on disk. */
const ownKey = (subject: string, text: string): string => `${subject}\n${text}`;

const lookUp = async (client: RegistryClient, subject: string, text: string): Promise<number> => {
  const answer = await client.lookUp(subject, text);
  if (answer.kind === "found") return answer.value;
  if (answer.kind === "unavailable")
    throw new AppError("registry_unavailable", "The schema registry does not answer", { cause: answer.cause });
  throw new AppError("schema_missing", `The registry has no subject ${subject} with this version's schema`, {
    cure: "Register the schemas first: npm run schemas",
  });
};

/** Asks the registry for the ids of our schemas; while it is away those last seen, and where there are none, waits. */
const findOwnIds = async (
  client: RegistryClient,
  wanted: Readonly<Record<TopicKind, { readonly subject: string; readonly text: string }>>,
  { registry, cacheDir, log, signal }: CodecsOptions,
): Promise<Record<TopicKind, number>> => {
  const keys = kinds.map((kind) => ownKey(wanted[kind].subject, wanted[kind].text));
  const ask = async (): Promise<Record<TopicKind, number>> => {
    const ids = await Promise.all(kinds.map((kind) => lookUp(client, wanted[kind].subject, wanted[kind].text)));
    return Object.fromEntries(kinds.map((kind, index) => [kind, ids[index]])) as Record<TopicKind, number>;
  };
  return forever(
    async () => {
      try {
        return await ask();
      } catch (error) {
        const kept = readOwnIds(cacheDir, registry, keys);
        if (!(error instanceof AppError && error.retryable) || kept === undefined) throw error;
        log.warn({ error }, "registry is away: starting with the schema ids last seen");
        return Object.fromEntries(kinds.map((kind, index) => [kind, kept[keys[index] ?? ""]])) as Record<
          TopicKind,
          number
        >;
      }
    },
    { what: "schema registry", log, ...(signal === undefined ? {} : { signal }) },
  );
};

/** The disk layer; without a writable folder the store works from memory and network. */
const openDisk = (
  { cacheDir, registry, log }: CodecsOptions,
  ids: Readonly<Record<string, number>>,
): DiskCache | undefined => {
  try {
    writeOwnIds(cacheDir, registry, ids);
    return openDiskCache(cacheDir, registry, ids);
  } catch (error) {
    log.warn({ error, folder: cacheDir }, "no disk copy of schemas: the folder cannot be written");
    return undefined;
  }
};

export const openCodecs = async (options: CodecsOptions): Promise<Codecs> => {
  if (options.registry.startsWith("memory:")) return createLocalCodecs();
  const schemas = ourSchemas();
  const wanted = Object.fromEntries(
    topicSpecs.map(({ kind, name }) => [kind, { subject: `${options.prefix}${name}-value`, text: schemas[kind].text }]),
  ) as Record<TopicKind, { subject: string; text: string }>;
  const closed = new AbortController();
  const client = createRegistryClient({
    url: options.registry,
    username: options.username,
    password: options.password,
    signal: closed.signal,
  });
  const schemaIds = await findOwnIds(client, wanted, options);
  const own = Object.fromEntries(
    kinds.map((kind) => [ownKey(wanted[kind].subject, wanted[kind].text), schemaIds[kind]]),
  );
  const lookups = options.metrics?.counter("earshot_registry_lookups_total", "Schema ids asked of the registry", [
    "outcome",
  ]);
  const store = createSchemaStore({
    client,
    bundled: bundledById(schemas, schemaIds),
    disk: openDisk(options, own),
    log: options.log,
    onAnswer: (outcome) => lookups?.inc({ outcome }),
  });
  return createCodecs({ store, schemas, schemaIds, close: () => closed.abort() });
};

/** Without a registry: our schemas under the ids 1, 2, 3 … in the order of the topic table, and those given. For tests and offline work. */
export const createLocalCodecs = (others: ReadonlyMap<number, string> = new Map()): Codecs => {
  const schemas = ourSchemas();
  const schemaIds = Object.fromEntries(kinds.map((kind, index) => [kind, index + 1])) as Record<TopicKind, number>;
  const known = bundledById(schemas, schemaIds);
  for (const [id, schema] of others) known.set(id, { schema });
  const store: SchemaStore = {
    known: (id) => known.get(id) ?? "unknown",
    resolve: (id) => Promise.resolve(known.has(id) ? "resolved" : "unknown"),
  };
  return createCodecs({ store, schemas, schemaIds });
};
