// The disk copy of a registry's schemas. Entries are immutable per registry *store*: a registry that lost its data hands the
// same ids to other schemas, so the folder is named by the registry's URL and by the ids it gave to our own schemas.
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StoredSchema } from "./registry-client.ts";

export interface DiskCache {
  read(id: number): StoredSchema | undefined;
  write(id: number, schema: StoredSchema): void;
}

/** Ids of our own schemas, by subject and text. */
export type OwnIds = Readonly<Record<string, number>>;

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 24);

const readJson = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // Absent, unreadable or torn: all the same to a cache.
    return undefined;
  }
};

/** Whole or not at all, also when several processes write at once. */
const writeJson = (file: string, value: unknown): void => {
  const temporary = `${file}.${randomUUID()}`;
  writeFileSync(temporary, JSON.stringify(value));
  renameSync(temporary, file);
};

const registryFolder = (folder: string, url: string): string => join(folder, digest(url));

/** The ids last seen for our schemas at this registry, for a start while it is away; undefined where one is missing. */
export const readOwnIds = (folder: string, url: string, wanted: readonly string[]): OwnIds | undefined => {
  const known = readJson(join(registryFolder(folder, url), "own-ids.json"));
  if (typeof known !== "object" || known === null) return undefined;
  const ids = wanted.map((schema) => [schema, (known as Record<string, unknown>)[digest(schema)]] as const);
  return ids.every(([, id]) => typeof id === "number") ? (Object.fromEntries(ids) as OwnIds) : undefined;
};

export const writeOwnIds = (folder: string, url: string, ids: OwnIds): void => {
  const at = registryFolder(folder, url);
  mkdirSync(at, { recursive: true });
  const known = readJson(join(at, "own-ids.json"));
  const digested = Object.fromEntries(Object.entries(ids).map(([schema, id]) => [digest(schema), id]));
  writeJson(join(at, "own-ids.json"), { ...(typeof known === "object" ? known : {}), ...digested });
};

export const openDiskCache = (folder: string, url: string, ids: OwnIds): DiskCache => {
  const store = join(registryFolder(folder, url), digest(JSON.stringify(ids)));
  mkdirSync(store, { recursive: true });
  const fileOf = (id: number): string => join(store, `${id}.json`);
  return {
    read: (id) => {
      const entry = readJson(fileOf(id));
      const valid =
        typeof entry === "object" && entry !== null && "schema" in entry && typeof entry.schema === "string";
      return valid ? (entry as StoredSchema) : undefined;
    },
    write: (id, schema) => writeJson(fileOf(id), schema),
  };
};
