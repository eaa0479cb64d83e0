// Whatever dies, moves or comes twice: what the detectors said is what one plain fold of the log says.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { minute, second } from "#core/time.ts";
import type { InteractionRecord } from "#schemas/generated/records.ts";
import { act, event, prompt, response, thumbs } from "#test/helpers/timeline.ts";
import { createWorld, placeOf, topics, type World } from "./detector-world.ts";

const sessions = ["s0", "s1", "s2", "s3", "s4"];
const questions = [
  "how do I freeze my card",
  "how can I freeze my card",
  "what is the fee",
  "no that is wrong",
  "thanks",
];

/** One event of a random session, a little out of order, its responses named by session and count. */
const draw = ({ scheduler, oneIn, now }: World, count: number): InteractionRecord => {
  const session = sessions[scheduler.integer(0, sessions.length - 1)] ?? "";
  const disorder = oneIn(4) ? scheduler.integer(0, 90) * second : 0;
  const reference = `${session}-r${scheduler.integer(Math.max(0, count - 30), count)}`;
  const more = { session_id: session, ts: now - disorder, event_id: `e${count}`, user_id_hash: `u-${session}` };
  switch (scheduler.integer(0, 6)) {
    case 0:
    case 1:
      return prompt("0s", questions[scheduler.integer(0, questions.length - 1)] ?? "", more);
    case 2:
    case 3:
      return response("0s", `${session}-r${count}`, more);
    case 4:
      return act("0s", "copy", reference, more);
    case 5:
      return thumbs("0s", reference, oneIn(2) ? 1 : -1, more);
    default:
      return oneIn(3)
        ? event("0s", "session_end", { ...more, label: "user" })
        : act("0s", "regenerate", reference, more);
  }
};

const tick: InteractionRecord = { ...prompt("0s", null), event_id: "tick", type: "tick", session_id: "", tenant: "" };

/** Events, duplicates, misplaced and broken ones, late ones, silences, ticks. */
const publish = async (world: World, from: number, to: number): Promise<void> => {
  const { scheduler, oneIn, codecs } = world;
  let before: InteractionRecord | undefined;
  for (let index = from; index < to; index += 1) {
    world.pass(oneIn(25) ? scheduler.integer(1, 6) * minute : scheduler.integer(0, 20) * second);
    if (oneIn(4)) {
      await world.append(scheduler.integer(0, 1), codecs.encode("interactions", { ...tick, ts: world.now }));
      continue;
    }
    const fresh = draw(world, index);
    const late = { ...fresh, ts: fresh.ts - 10 * minute };
    const chosen = oneIn(10) && before !== undefined ? before : oneIn(30) ? late : fresh;
    before = fresh;
    const value = codecs.encode("interactions", oneIn(30) ? { ...chosen, tenant: "" } : chosen);
    await world.append(oneIn(8) ? scheduler.integer(0, 1) : placeOf(chosen), oneIn(30) ? value.subarray(0, 12) : value);
  }
};

/** Detectors come, go and die while the log grows, until everything is committed. */
const run = async (world: World, count: number): Promise<void> => {
  const { scheduler, oneIn, twin } = world;
  let detectors = [await world.startDetector()];
  const disturb = async (): Promise<void> => {
    if (oneIn(6))
      twin.faults.order("send", ...(["part", "drop", "repeat", "fail"] as const).slice(scheduler.integer(0, 3)));
    if (oneIn(6)) twin.faults.order("commit", oneIn(2) ? "drop" : "fail");
    if (oneIn(10)) twin.faults.expireMember("detector");
    if (oneIn(10)) twin.faults.rejoin("detector");
    if (oneIn(8) && detectors.length > 1) await detectors.pop()?.stop();
    detectors = detectors.filter(({ dead }) => !dead);
    if (detectors.length === 0 || (oneIn(8) && detectors.length < 3)) detectors.push(await world.startDetector());
  };
  for (let done = 0; done < count; done += 15) {
    await publish(world, done, done + 15);
    await disturb();
    await scheduler.turns(scheduler.integer(1, 60));
  }
  for (let rounds = 0; !(await world.caughtUp()); rounds += 1) {
    if (rounds > 400) throw new Error(`no progress: ${world.failures.map(String).join("; ")}`);
    await scheduler.turns(50);
    detectors = detectors.filter(({ dead }) => !dead);
    if (detectors.length === 0) detectors.push(await world.startDetector());
  }
  for (const one of detectors) await one.stop();
};

describe("detectors over one log", () => {
  it("say exactly what one plain fold of it says", { timeout: 30_000 }, async () => {
    const property = fc.asyncProperty(fc.integer(), async (seed) => {
      const world = createWorld(seed, { crash: 12 });
      await using broker = world.twin.connect();
      await (await broker.admin()).createTopics(Object.values(topics), 1);
      await run(world, 300);
      expect(world.failures).toEqual([]);
      await world.check();
      for (const positions of world.commits.values()) expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    });
    await fc.assert(property, { numRuns: 10 });
  });
});
