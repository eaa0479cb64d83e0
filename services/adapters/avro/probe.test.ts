import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLocalCodecs } from "./codecs.ts";
import { createProbe } from "./probe.ts";

const settings = { registry: "memory://", cacheDir: "", prefix: "" };

/** Stands in for the decoder: dies of "die", never ends with "hang", and says "unavailable" to "away". */
const program = `
process.once("message", () => {
  process.on("message", ({ value }) => {
    const text = Buffer.from(value ?? "").toString();
    if (text === "die") process.abort();
    if (text === "hang") return;
    process.send(text === "away" ? "unavailable" : "done");
  });
  process.send("ready");
});
process.once("disconnect", () => process.exit(0));
`;

describe("a probe", () => {
  let folder = "";
  let entry: URL;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "earshot-probe-"));
    entry = pathToFileURL(join(folder, "child.mjs"));
    await writeFile(entry, program);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("survives good and bad records alike", async () => {
    await using probe = createProbe(settings);
    const record = createLocalCodecs().encode("rejects", {
      reject_id: "t:0:1",
      reason: "malformed",
      source_topic: "t",
      source_partition: 0,
      source_offset: 1,
      append_ts: 0,
      field: null,
      schema_id: null,
      key: null,
      value: Buffer.from("x"),
      bytes_total: 1,
      truncated: false,
      service: null,
      code_version: null,
    });
    expect(await probe.survives("rejects", record)).toBe(true);
    expect(await probe.survives("rejects", record.subarray(0, 9))).toBe(true);
    expect(await probe.survives("signals", null)).toBe(true);
  });

  it("dies of a deadly value and lives on with the next", async () => {
    await using probe = createProbe({ ...settings, entry });
    const verdicts = ["fine", "die", "fine"].map((text) => probe.survives("signals", Buffer.from(text)));
    expect(await Promise.all(verdicts)).toEqual([true, false, true]);
  });

  it("takes a value that never ends for a deadly one", async () => {
    await using probe = createProbe({ ...settings, entry, deadline: 100 });
    expect(await probe.survives("signals", Buffer.from("hang"))).toBe(false);
  });

  it("blames no value for a registry that is away", async () => {
    await using probe = createProbe({ ...settings, entry });
    await expect(probe.survives("signals", Buffer.from("away"))).rejects.toMatchObject({
      code: "registry_unavailable",
    });
    expect(await probe.survives("signals", Buffer.from("fine"))).toBe(true);
  });
});
