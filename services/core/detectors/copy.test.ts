// A response that was copied, as timelines: what was taken, whether in time, and who did not.
import { describe, expect, it } from "vitest";
import { minutesOf, only, tell } from "#test/helpers/story.ts";
import { act, at, createDriver, type Entry, prompt, response, sessionEnd } from "#test/helpers/timeline.ts";

const type = "implicit:copy";
const answer = (when: string, id: string, chars: number): Entry =>
  response(when, id, { text: null, extra: `{"output_chars":${chars}}` });
const copy = (when: string, id: string, chars: number | null, label: string | null = null): Entry =>
  act(when, "copy", id, { value: chars, label });

/** One answer of 300 characters, and what was copied of it. */
const copying = (...acts: readonly Entry[]) => tell([prompt("0s", "hi"), answer("5s", "r1", 300), ...acts]);

describe("a copy", () => {
  it("is about the response it names, at the time that was shown", () => {
    expect(only(copying(copy("12s", "r1", 120)), type)).toMatchObject({
      anchor: "r1",
      response_id: "r1",
      ts: at("5s"),
      prompt_version: "p1",
      provenance_status: "resolved",
      window_start: at("5s"),
      evidence: ["response-5s", "copy-12s"],
      grade: null,
      value: { acts: 1, in_trial: true, since_shown_ms: 7_000 },
    });
  });

  it("may have been taken elsewhere to complain", () => {
    expect(only(copying(copy("12s", "r1", 120)), type).ambiguity).toBe("copied_elsewhere");
  });

  it.each([
    [120, 0.4],
    [100, 0.3333],
    [300, 1],
    [900, 1],
    [null, 0],
  ])("of %s of 300 characters took %d of the output", (chars, share) => {
    expect(only(copying(copy("12s", "r1", chars)), type).value).toMatchObject({
      chars: chars ?? 0,
      share_of_output: share,
    });
  });

  it("takes an unknown part of an output of unknown length", () => {
    const driver = tell([prompt("0s", "hi"), response("5s", "r1", { text: null }), copy("9s", "r1", 50)]);
    expect(only(driver, type).value).toMatchObject({ chars: 50, share_of_output: null });
  });

  it("measures the output by its text where the producer names no length", () => {
    const driver = tell([prompt("0s", "hi"), response("5s", "r1", { text: "x".repeat(80) }), copy("9s", "r1", 20)]);
    expect(only(driver, type).value["share_of_output"]).toBe(0.25);
  });

  it("fires however little is taken", () => {
    expect(copying(copy("12s", "r1", 1)).rate(type)).toBe("1/1");
  });
});

describe("several copies of one response", () => {
  it("are one signal, said at the first and revised at each later one", () => {
    const driver = createDriver();
    driver.log(prompt("0s", "hi"), answer("5s", "r1", 300), copy("12s", "r1", 30, "part"));
    expect(driver.of(type)).toMatchObject([{ revision: 1 }]);
    driver.log(copy("20s", "r1", 60, "code"), copy("30s", "r1", 60, "part"));
    expect(only(driver, type)).toMatchObject({
      revision: 3,
      evidence: ["response-5s", "copy-12s", "copy-20s", "copy-30s"],
      value: { acts: 3, chars: 150, share_of_output: 0.5, kinds: "part,code", since_shown_ms: 7_000 },
    });
    expect(new Set(driver.signals.map(({ event_id }) => event_id)).size).toBe(1);
  });

  it("fire one trial", () => {
    expect(copying(copy("12s", "r1", 30), copy("20s", "r1", 60)).rate(type)).toBe("1/1");
  });

  it("name at most twenty events", () => {
    const acts = Array.from({ length: 30 }, (_, index) => copy(`${10 + index}s`, "r1", 1));
    const signal = only(copying(...acts), type);
    expect([signal.evidence.length, signal.value["acts"]]).toEqual([20, 30]);
  });
});

/** The harmful trials of each user in a tally. */
const harms = (users: Uint8Array | null): readonly number[] => {
  const view = Buffer.from(users ?? []);
  return Array.from({ length: view.length / 10 }, (_, index) => view.readUInt16BE(10 * index + 8));
};

describe("the harm is in what nobody copies", () => {
  it("so a tally names the users who did not, once each", () => {
    const driver = tell([
      prompt("0s", "hi", { user_id_hash: "u1" }),
      answer("1s", "r1", 10),
      answer("2s", "r2", 10),
      answer("3s", "r3", 10),
      copy("4s", "r3", 10),
      sessionEnd("9s"),
    ]);
    const tally = driver.tallies.find(({ signal_type, trials }) => signal_type === type && trials > 0);
    expect([tally?.fired, tally?.trials, harms(tally?.users ?? null)]).toEqual([1, 3, [2]]);
    expect(JSON.parse(tally?.examples ?? "").toSorted()).toEqual(["r1", "r2"]);
    expect(minutesOf(driver, type)).toEqual(["0: 1/3"]);
  });
});
