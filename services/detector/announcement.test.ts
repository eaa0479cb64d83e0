// What detectors say of themselves: in every partition of tallies, the versions under which they then count.
import { expect, it } from "vitest";
import { readControl } from "#core/alerts/control.ts";
import { createEngine } from "#core/engine.ts";
import { defaultEngineSettings } from "#core/settings.ts";
import { createTextAnalyser } from "#core/text/analyser.ts";
import { topicsFor } from "#schemas/topics.ts";
import { prompt, response } from "#test/helpers/timeline.ts";
import { announcement } from "./announcement.ts";
import { codecs } from "./test-log.ts";

const { tallies } = topicsFor("x.", 1);
const text = createTextAnalyser({ key: "k", unicode: process.versions["unicode"] });

/** The control in each partition. */
const announced = (rules = defaultEngineSettings, now = 0) =>
  announcement({ rules, text, tallies, codecs, now }).map(({ partition, value }) => {
    const decoded = codecs.decode("tallies", value);
    if (decoded.kind !== "record") throw new Error(decoded.kind);
    const { tenant, signal_type, control } = decoded.record;
    expect({ tenant, signal_type }).toEqual({ tenant: "*", signal_type: "~control" });
    return { partition, control: readControl(control) };
  });

it("goes to every partition, the same each time", () => {
  const said = announced();
  expect(said.map(({ partition }) => partition)).toEqual([0, 1, 2, 3]);
  expect(new Set(said.map(({ control }) => JSON.stringify(control))).size).toBe(1);
  expect(announced(defaultEngineSettings, 86_400_000)).toEqual(said);
});

it("has another id under other settings", () => {
  const [before] = announced();
  const [after] = announced({ ...defaultEngineSettings, gap: defaultEngineSettings.gap + 60_000 });
  expect(after?.control?.id).not.toBe(before?.control?.id);
});

it("names every version that tallies then carry", () => {
  const source = { topic: "x.interactions", partition: 0, partitions: 1, incarnation: 1 };
  const engine = createEngine({ settings: defaultEngineSettings, text, hashKey: "k", origin: "live", source });
  const events = [
    prompt("0s", "how do I freeze my card"),
    response("1s", "r1"),
    prompt("20s", "how do I freeze my card"),
    response("21s", "r2"),
  ];
  for (const [offset, interaction] of events.entries())
    engine.apply({ interaction, offset, appendTs: interaction.ts, schemaId: 1 });
  engine.flush();
  const counted = engine
    .drain()
    .flatMap((output) => (output.kind === "tally" ? [output.record] : []))
    .map((tally) => `${tally.detector_id}@${tally.detector_version}:${tally.config_hash}`);
  expect(counted.length).toBeGreaterThan(5);
  const [first] = announced();
  expect(first?.control).toMatchObject({ kind: "detector", identities: expect.arrayContaining(counted) });
});
