// Schemas by id in layers: memory, our own bundled ones, disk, network. An outage of the registry stops only ids never seen here.
import { type Clock, systemClock } from "#runtime/clock.ts";
import type { Logger } from "#runtime/logger.ts";
import type { DiskCache } from "./disk-cache.ts";
import type { Answer, RegistryClient, StoredSchema } from "./registry-client.ts";

export type Resolution = "resolved" | "unknown" | "unavailable";

export interface SchemaStore {
  /** What is known now: a schema, a definite "unknown" not older than 30 s, or undefined: ask `resolve`. */
  known(id: number): StoredSchema | "unknown" | undefined;
  /** Asks once per id, however many wait for it. */
  resolve(id: number): Promise<Resolution>;
}

interface SchemaStoreOptions {
  readonly client: Pick<RegistryClient, "byId">;
  /** Our own schemas by id: they need no network. */
  readonly bundled: ReadonlyMap<number, StoredSchema>;
  readonly disk?: DiskCache | undefined;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly onAnswer?: (outcome: Resolution) => void;
}

/** How long a definite "no such schema" is believed. */
const negativeFor = 30_000;
/** Ids read from garbage could fill the memory. */
const maxNegative = 10_000;

export const createSchemaStore = (options: SchemaStoreOptions): SchemaStore => {
  const { client, bundled, disk, log, clock = systemClock, onAnswer } = options;
  const schemas = new Map<number, StoredSchema>(bundled);
  const unknownUntil = new Map<number, number>();
  const underWay = new Map<number, Promise<Resolution>>();

  const keep = (id: number, schema: StoredSchema): void => {
    schemas.set(id, schema);
    try {
      disk?.write(id, schema);
    } catch (error) {
      log.warn({ error, schemaId: id }, "schema not kept on disk");
    }
  };

  const remember = (id: number, answer: Answer<StoredSchema>): Resolution => {
    if (answer.kind === "found") {
      keep(id, answer.value);
      return "resolved";
    }
    if (answer.kind === "unknown") {
      if (unknownUntil.size >= maxNegative) unknownUntil.clear();
      unknownUntil.set(id, clock() + negativeFor);
      return "unknown";
    }
    log.debug({ error: answer.cause, schemaId: id }, "registry does not answer");
    return "unavailable";
  };

  const ask = async (id: number): Promise<Resolution> => {
    const onDisk = disk?.read(id);
    if (onDisk !== undefined) {
      schemas.set(id, onDisk);
      return "resolved";
    }
    const outcome = remember(id, await client.byId(id));
    onAnswer?.(outcome);
    return outcome;
  };

  const known: SchemaStore["known"] = (id) => {
    const schema = schemas.get(id);
    if (schema !== undefined) return schema;
    const until = unknownUntil.get(id);
    if (until === undefined) return undefined;
    if (clock() < until) return "unknown";
    unknownUntil.delete(id);
    return undefined;
  };

  return {
    known,
    resolve: (id) => {
      const already = known(id);
      if (already !== undefined) return Promise.resolve(already === "unknown" ? "unknown" : "resolved");
      const waiting = underWay.get(id) ?? ask(id).finally(() => underWay.delete(id));
      underWay.set(id, waiting);
      return waiting;
    },
  };
};
