// The numbered SQL files of this folder: what a database must have gone through, in order, and the access step after it.
import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { statementsOf } from "./sql.ts";

export interface Migration {
  readonly number: number;
  /** `0001_signals.sql` */
  readonly file: string;
  /** Of the whole file: one that has run is never edited, the next one changes what it did. */
  readonly checksum: string;
  /** Each may be repeated without harm. */
  readonly statements: readonly string[];
}

const read = (folder: URL): readonly Migration[] =>
  readdirSync(folder)
    .filter((file) => /^\d{4}_\w+\.sql$/.test(file))
    .toSorted()
    .map((file) => {
      const sql = readFileSync(new URL(file, folder), "utf8");
      return {
        number: Number.parseInt(file, 10),
        file,
        checksum: hash("sha256", sql, "hex").slice(0, 16),
        statements: statementsOf(sql),
      };
    });

export const readMigrations = (): readonly Migration[] => read(new URL("./", import.meta.url));

/** Roles and grants: run after each migration, skipped where the engine knows no users. */
export const readAccessSteps = (): readonly Migration[] => read(new URL("./access/", import.meta.url));
