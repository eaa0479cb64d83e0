// What is counted, as timelines: trials and fired by minute and slice, when they are written, and how users stay countable once.
import { describe, expect, it } from "vitest";
import type { TallyRecord } from "#schemas/generated/records.ts";
import { minutesOf, tell } from "#test/helpers/story.ts";
import {
  act,
  at,
  createDriver,
  type Driver,
  event,
  prompt,
  response,
  sessionEnd,
  thumbs,
} from "#test/helpers/timeline.ts";

const repeatAsk = "implicit:repeat-ask";
const copy = "implicit:copy";
const of = (driver: Driver, type: string): readonly TallyRecord[] =>
  driver.tallies.filter(({ signal_type }) => signal_type === type);

/** Hashes and harmful trials of the users in a tally. */
const usersIn = ({ users }: Pick<TallyRecord, "users">): readonly (readonly [string, number])[] => {
  const bytes = Buffer.from(users ?? []);
  return Array.from({ length: bytes.length / 10 }, (_, index) => [
    bytes.toString("hex", 10 * index, 10 * index + 8),
    bytes.readUInt16BE(10 * index + 8),
  ]);
};

describe("the minutes", () => {
  const opening = [prompt("0s", "hello"), response("5s", "r1"), prompt("20s", "weather")];

  it("are written when a record lifts the watermark into the next one", () => {
    const driver = createDriver();
    driver.log(...opening, prompt("30s", "trains"));
    expect(of(driver, repeatAsk)).toEqual([]);
    driver.log(prompt("30.001s", "boats"));
    expect(of(driver, repeatAsk)).toMatchObject([{ minute: at("0s"), trials: 3, fired: 0, stamp: 4 }]);
  });

  it("hold zeros: a trial that did not fire is what a rate needs", () => {
    expect(minutesOf(tell([...opening, sessionEnd("30s")]), "implicit:stop")).toEqual(["0: 0/1"]);
  });

  it("are written again, whole, with a higher stamp, when something arrives late", () => {
    const driver = createDriver();
    driver.log(...opening, event("2m", "resolved", { session_id: "s2" }));
    driver.append(act("10s", "copy", "r1"), at("2m"));
    expect(of(driver, copy)).toMatchObject([{ minute: at("0s"), trials: 1, fired: 0, stamp: 3 }]);
    driver.log(event("3m", "resolved", { session_id: "s2" }));
    expect(of(driver, copy)).toMatchObject([{ stamp: 3 }, { minute: at("0s"), trials: 1, fired: 1, stamp: 5 }]);
  });

  it("are written as nothing when all was taken back", () => {
    const driver = createDriver();
    driver.log(...opening, event("2m", "resolved", { session_id: "s2" }));
    // The prompt turns out to be the first of a visit.
    driver.append(sessionEnd("10s"), at("2m"));
    driver.log(event("3m", "resolved", { session_id: "s2" }));
    expect(of(driver, repeatAsk).at(-1)).toMatchObject({ minute: at("0s"), trials: 0, fired: 0, users: null });
  });

  it("that did not change are not written again", () => {
    const driver = createDriver();
    driver.log(...opening);
    for (let minute = 2; minute < 9; minute += 1) driver.log(event(`${minute}m`, "resolved", { session_id: "s2" }));
    expect(of(driver, repeatAsk)).toHaveLength(1);
  });

  it("come in order of time, then the note of progress, which says how far", () => {
    const driver = createDriver();
    driver.log(...opening, prompt("1m", "trains"), prompt("5m", "boats", { feature: "search" }));
    const written = driver.outputs
      .filter(({ kind }) => kind === "tally" || kind === "progress")
      .map(({ kind }) => kind);
    expect(written.at(-1)).toBe("progress");
    const minutes = driver.tallies.map(({ minute }) => minute);
    expect(minutes).toEqual(minutes.toSorted((a, b) => a - b));
    expect(driver.progress.at(-1)).toMatchObject({
      signal_type: "~progress",
      source_partition: 0,
      source_partitions: 1,
      incarnation: 1,
      watermark: at("5m") - 30_001,
      stamp: 4,
    });
    const volumes = driver.progress.map((progress) => JSON.parse(progress.volumes ?? "{}") as unknown);
    expect(volumes).toEqual([{ acme: { "": 1 } }, { acme: { "": 3 } }, { acme: { search: 1 } }]);
  });
});

const slices = (driver: Driver, type: string) =>
  of(driver, type)
    .filter(({ trials }) => trials > 0)
    .map(({ feature, prompt_version, model, trials }) => [feature, prompt_version, model, trials]);

describe("what a shadow detector counts", () => {
  it("says so", () => {
    const entries = [prompt("0s", "hi"), response("5s", "r1")];
    const marks = (origin: "live" | "shadow") =>
      new Set(
        [...tell(entries, { origin }).tallies, ...tell(entries, { origin }).progress].map(({ shadow }) => shadow),
      );
    expect([marks("live"), marks("shadow")]).toEqual([new Set([null]), new Set([true])]);
  });
});

describe("the slice of a trial", () => {
  it("is where the response was shown and what made it", () => {
    const driver = tell([
      prompt("0s", "hello", { feature: "search" }),
      response("5s", "r1", { prompt_version: "p7", model: "m7" }),
      response("6s", "r2", { prompt_version: "p8", model: "m7" }),
      response("7s", "r3", { prompt_version: "p8", model: "m7" }),
      sessionEnd("9s"),
    ]);
    expect(slices(driver, copy)).toEqual([
      ["search", "p7", "m7", 1],
      ["search", "p8", "m7", 2],
    ]);
  });

  it("is unknown where no response was seen", () => {
    const driver = tell([prompt("0s", "hello", { feature: "search" }), prompt("5s", "weather")]);
    expect(slices(driver, repeatAsk)).toEqual([["search", "unknown", "unknown", 1]]);
  });

  it("holds no id of a user, a session or a response", () => {
    const driver = tell([
      prompt("0s", "hi", { user_id_hash: "user-1" }),
      response("5s", "response-1", { audit_id: "audit-1" }),
    ]);
    const rows = JSON.stringify(of(driver, "implicit:stop"));
    for (const id of ["user-1", "response-1", "audit-1", '"s1"']) expect(rows).not.toContain(id);
  });

  it("is one tenant's", () => {
    const other = { tenant: "other" };
    const driver = tell([
      prompt("0s", "hi"),
      response("5s", "r1"),
      prompt("0s", "hi", other),
      response("5s", "r1", other),
    ]);
    const rows = of(driver, copy).filter(({ trials }) => trials > 0);
    expect(rows.map(({ tenant, trials }) => [tenant, trials])).toEqual([
      ["acme", 1],
      ["other", 1],
    ]);
  });
});

const down = (session: string, user: string | null, when = "9s") => [
  prompt("0s", "hi", { session_id: session, user_id_hash: user }),
  response("1s", `r-${session}`, { session_id: session }),
  thumbs(when, `r-${session}`, -1, { session_id: session }),
];

const negative = (driver: Driver) => of(driver, "explicit:negative").filter(({ trials }) => trials > 0);

describe("the users of a tally", () => {
  it("are those with a harmful trial, each once, with how many they had", () => {
    const driver = tell([
      ...down("s1", "u1"),
      ...down("s2", "u1"),
      ...down("s3", "u2"),
      thumbs("10s", "r-s1", 1, { session_id: "s1" }),
    ]);
    const [tally] = negative(driver);
    expect(tally).toMatchObject({ trials: 4, fired: 3 });
    expect(
      usersIn(tally ?? { users: null })
        .map(([, harmful]) => harmful)
        .toSorted((a, b) => a - b),
    ).toEqual([1, 2]);
  });

  it("lose one when its trial is taken back", () => {
    const driver = createDriver();
    const more = { session_id: "s2", user_id_hash: "u2" };
    driver.log(
      prompt("0s", "hi", { user_id_hash: "u1" }),
      response("1s", "r1"),
      act("2s", "stop", "r1"),
      prompt("9s", "weather"),
      prompt("0s", "hi", more),
      response("1s", "r2", more),
      act("8s", "stop", "r2", more),
      prompt("9s", "weather", more),
      event("2m", "resolved", { session_id: "s3" }),
    );
    const users = () => of(driver, "implicit:stop").map((tally) => usersIn(tally).length);
    expect(users()).toEqual([2]);
    // So the second user had gone on before stopping.
    driver.append(prompt("5s", "trains", more), at("2m"));
    driver.log(event("3m", "resolved", { session_id: "s3" }));
    expect(users()).toEqual([2, 1]);
  });

  it("are at most sixteen, the smallest hashes in order", () => {
    const sessions = Array.from({ length: 40 }, (_, index) => `user ${index}`);
    const all = sessions.flatMap((name) => usersIn(negative(tell(down(name, name)))[0] ?? { users: null }));
    const [tally] = negative(tell(sessions.flatMap((name) => down(name, name))));
    expect(tally?.trials).toBe(40);
    expect(usersIn(tally ?? { users: null })).toEqual(all.toSorted(([a], [b]) => (a < b ? -1 : 1)).slice(0, 16));
  });

  it("hash differently each day, so that days cannot be joined", () => {
    const next = [
      prompt("15h", "hi", { session_id: "s3", user_id_hash: "u1" }),
      thumbs("15h", "other", -1, { session_id: "s3" }),
    ];
    const tallies = negative(tell([...down("s1", "u1"), ...down("s2", "u1", "2m"), ...next]));
    const hashes = tallies.map((tally) => usersIn(tally)[0]?.[0]);
    expect(tallies.map(({ minute }) => minute)).toEqual([at("0s"), at("2m"), at("15h")]);
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).toMatch(/^[0-9a-f]{16}$/);
    expect(hashes[2]).not.toBe(hashes[0]);
  });

  it("are none where no outcome is harmful", () => {
    const driver = tell([prompt("0s", "hi", { user_id_hash: "u1" }), response("5s", "r1")]);
    for (const type of ["implicit:silent-end", "implicit:engagement-length"]) {
      expect(of(driver, type).filter(({ fired }) => fired > 0)).toMatchObject([{ users: null, examples: null }]);
    }
  });

  it("come with at most two responses as examples", () => {
    const driver = tell(["s1", "s2", "s3", "s4"].flatMap((session) => down(session, "u1")));
    const [tally] = negative(driver);
    const examples = JSON.parse(tally?.examples ?? "[]") as string[];
    expect([tally?.fired, examples.length]).toEqual([4, 2]);
    for (const example of examples) expect(example).toMatch(/^r-s[1-4]$/);
  });
});

const visit = (session: string, ...acts: readonly (readonly [string, string])[]) => [
  prompt("0s", "hello", { session_id: session }),
  response("1s", "r1", { session_id: session }),
  prompt("10s", "weather", { session_id: session }),
  response("11s", "r2", { session_id: session }),
  ...acts.map(([when, type]) => act(when, type, "r2", { session_id: session })),
];

describe("the four end states share their trials", () => {
  it("so used is what the three others leave", () => {
    const driver = tell([
      ...visit("s1"),
      ...visit("s2", ["20s", "stop"]),
      ...visit("s3", ["20s", "copy"]),
      ...visit("s4", ["20s", "escalation"]),
      ...visit("s5", ["20s", "stop"], ["21s", "share"]),
    ]);
    const rates = ["abandonment", "silent-end", "escalation"].map((name) => driver.rate(`implicit:${name}`));
    expect(rates).toEqual(["1/5", "1/5", "1/5"]);
  });
});
