import { expect, it } from "vitest";
import { createLocalCodecs } from "#adapters/avro/codecs.ts";
import { topicsFor } from "#schemas/topics.ts";
import { ticksFor } from "./ticks.ts";

it("writes one record to every partition of interactions and of tallies", () => {
  const codecs = createLocalCodecs();
  const topics = topicsFor("x.", 3);
  const ticks = ticksFor(topics, codecs, { id: "tick-1", now: 61_000 });
  expect(ticks.map(({ topic, partition }) => `${topic}:${partition}`)).toEqual([
    "x.interactions:0",
    "x.interactions:1",
    "x.interactions:2",
    "x.tallies:0",
    "x.tallies:1",
    "x.tallies:2",
    "x.tallies:3",
  ]);
  expect(codecs.decode("interactions", ticks[0]?.value ?? null)).toMatchObject({
    record: { event_id: "tick-1", type: "tick" },
  });
  expect(codecs.decode("tallies", ticks[3]?.value ?? null)).toMatchObject({
    record: { signal_type: "~tick", minute: 60_000 },
  });
});
