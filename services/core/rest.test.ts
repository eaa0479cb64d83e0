import { describe, expect, it } from "vitest";
import { generateTraffic } from "#infra/dev/traffic.ts";
import { type InteractionRecord, interactionFields } from "#schemas/generated/records.ts";
import { createEngine } from "./engine.ts";
import { defaultEngineSettings } from "./settings.ts";
import { createTextAnalyser } from "./text/analyser.ts";
import { hour } from "./time.ts";

const from = Date.UTC(2026, 0, 2);
const { events } = generateTraffic({
  seed: 3,
  sessions: 150,
  dialogues: 40,
  from,
  to: from + 4 * hour,
  duplicates: 0.03,
  disorder: 0.2,
  disorderMs: 300_000,
});
const interactions = events.map(
  (event) =>
    Object.fromEntries(interactionFields.map((name) => [name, event[name] ?? null])) as unknown as InteractionRecord,
);

const fold = (mostAwake: number): string => {
  const engine = createEngine({
    settings: defaultEngineSettings,
    text: createTextAnalyser(),
    source: { topic: "interactions", partition: 0, partitions: 1, incarnation: 1 },
    hashKey: "test key",
    origin: "live",
    mostAwake,
  });
  let appendTs = 0;
  for (const [offset, interaction] of interactions.entries()) {
    appendTs = Math.max(appendTs, interaction.ts);
    engine.apply({ interaction, offset, appendTs, schemaId: 1 + (offset % 2) });
  }
  engine.flush();
  expect(engine.visits).toBe(0);
  return engine
    .drain()
    .map((output) => JSON.stringify(output))
    .join("\n");
};

describe("sessions at rest", () => {
  it("say byte for byte what they would have said awake", () => {
    expect(fold(0)).toBe(fold(Number.POSITIVE_INFINITY));
  });
});
