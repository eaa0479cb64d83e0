// What Earshot asks of a schema registry, real or in memory: ids that stay, definite noes, refusals of breaking changes.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openCodecs } from "#adapters/avro/codecs.ts";
import { checkRegistry, registerSchemas } from "#adapters/avro/registration.ts";
import { createRegistryClient, type RegistryClient } from "#adapters/avro/registry-client.ts";
import { silentLogger } from "#runtime/logger.ts";
import { bundledSchema } from "#schemas/bundled.ts";
import { type HistoryEntry, readHistory } from "#schemas/history.ts";
import type { AvroObject } from "#schemas/schema-json.ts";
import { topicSpecs } from "#schemas/topics.ts";

export interface RegistryUnderTest extends AsyncDisposable {
  readonly url: string;
  /** Begins the names of this run's subjects. */
  readonly prefix: string;
}

const tally = JSON.parse(bundledSchema("tally")) as AvroObject;

/** A version of `tallies` with another field at its end. */
const tallyWith = (field: object): HistoryEntry => ({
  file: "",
  name: "tally",
  text: JSON.stringify({ ...tally, fields: [...(tally.fields ?? []), field] }),
});

export const registryContract = (name: string, open: () => Promise<RegistryUnderTest>): void => {
  describe(`the registry contract on ${name}`, () => {
    let registry: RegistryUnderTest;
    let client: RegistryClient;
    let folder = "";
    beforeAll(async () => {
      registry = await open();
      client = createRegistryClient(registry);
      folder = mkdtempSync(join(tmpdir(), "earshot-registry-"));
    });
    afterAll(async () => {
      rmSync(folder, { recursive: true });
      await registry[Symbol.asyncDispose]();
    });

    const subject = (topic: string): string => `${registry.prefix}${topic}-value`;
    const register = (more: readonly HistoryEntry[] = []) =>
      registerSchemas({ access: registry, prefix: registry.prefix, history: [...readHistory(), ...more] });

    const tallyVersions = async (): Promise<number | undefined> => {
      const answer = await client.versions(subject("tallies"));
      return answer.kind === "found" ? answer.value.length : undefined;
    };

    test("registers every schema once; what was registered is found by text and by id", async () => {
      const rows = await register();
      expect(rows.map(({ state }) => state)).toEqual(topicSpecs.map(() => "registered"));
      for (const { subject: registered, id } of rows) {
        const schema = registered === subject("late") ? bundledSchema("late") : undefined;
        if (schema === undefined) continue;
        expect(await client.lookUp(registered, schema)).toEqual({ kind: "found", value: id });
        const byId = await client.byId(id ?? 0);
        expect(byId).toMatchObject({ kind: "found", value: { schema } });
      }
      expect(await register()).toEqual(
        rows.map(({ subject: same, id }) => ({ subject: same, id, state: "unchanged" })),
      );
    });

    test("says a definite no for what it does not have", async () => {
      expect(await client.byId(2_000_000_000)).toEqual({ kind: "unknown" });
      expect(await client.lookUp(subject("nothing"), bundledSchema("late"))).toEqual({ kind: "unknown" });
      expect(await client.lookUp(subject("late"), bundledSchema("tally"))).toEqual({ kind: "unknown" });
      expect(await client.versions(subject("nothing"))).toEqual({ kind: "unknown" });
    });

    test("keeps each subject's compatibility level", async () => {
      await register();
      for (const { name: topic } of topicSpecs)
        expect(await client.level(subject(topic))).toEqual({ kind: "found", value: "BACKWARD_TRANSITIVE" });
    });

    test("refuses a breaking change and takes a compatible one", async () => {
      await register();
      await expect(register([tallyWith({ name: "must", type: "string" })])).rejects.toMatchObject({
        code: "schema_incompatible",
      });
      const more = tallyWith({ name: "may", type: ["null", "string"], default: null });
      const released = readHistory().filter((entry) => entry.name === "tally").length;
      expect(await tallyVersions()).toBe(released);
      await register([more]);
      expect(await tallyVersions()).toBe(released + 1);
      expect(await checkRegistry(registry, registry.prefix)).toEqual([]);
    });

    test("serves codecs: our own ids, and those of others' schemas", async () => {
      await register();
      const foreign = tallyWith({ name: "also", type: ["null", "long"], default: null });
      await register([foreign]);
      const id = await client.lookUp(subject("tallies"), foreign.text);
      await using codecs = await openCodecs({
        registry: registry.url,
        prefix: registry.prefix,
        cacheDir: folder,
        log: silentLogger,
      });
      expect(await client.byId(codecs.schemaIds.tallies)).toMatchObject({ value: { schema: bundledSchema("tally") } });
      expect(id.kind === "found" && (await codecs.resolve(id.value))).toBe("resolved");
      expect(await codecs.resolve(2_000_000_001)).toBe("unknown");
    });
  });
};
