// The offline twin's clock and log: what it hands to the fold besides the lines of the file, and when.
import { assert, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import type { AlertFold, Control } from "#core/alerts/alert-port.ts";
import { defaultRules } from "#core/alerts/rules.ts";
import type { ChangeRecord, TallyRecord } from "#schemas/generated/records.ts";
import { createTallyParser } from "#schemas/tally-json.ts";
import { createTwin } from "./twin.ts";

const start = Date.UTC(2026, 2, 1, 10);
const minute = 60_000;
const at = (minutes: number): number => start + minutes * minute;

/** Minutes since the start, for expectations that can be read. */
const since = (ms: number): number => (ms - start) / minute;

const change = (id: string, minutes: number): ChangeRecord => ({
  change_id: id,
  ts: at(minutes),
  tenant: "acme",
  kind: "prompt",
  scope: "feature=billing",
  from: null,
  to: null,
  reverts: null,
  rollback_ref: null,
  owner: null,
  url: null,
});

const wordsOf = (record: TallyRecord, appendTs: number): string => {
  if (record.signal_type !== "~control") return `${record.signal_type} ${since(record.minute)} came ${since(appendTs)}`;
  const control = JSON.parse(record.control ?? "") as Control;
  return control.kind === "detector" ? `announce ${control.identities.join()}` : `${control.kind} ${control.id}`;
};

/** Plays lines through a twin whose folds only listen; gives what each of them heard, as words. */
const hear = (lines: readonly Readonly<Record<string, unknown>>[], changes: readonly ChangeRecord[] = []) => {
  const heard: string[] = [];
  const openFold = ({ partition }: { readonly partition: number }): AlertFold => ({
    time: Number.NEGATIVE_INFINITY,
    add: (record, _offset, appendTs) => void heard.push(`${partition}: ${wordsOf(record, appendTs)}`),
    advance: (to) => void heard.push(`${partition}: time ${since(to)}`),
    drain: () => [],
    adopt: () => undefined,
    snapshot: () => ({ offset: 0, parts: new Map() }),
    meters: () => ({ rejected: new Map([["negative", 1]]), slices: 0, cells: 0, folded: 0, warming: 0, tracks: 0 }),
  });
  const twin = createTwin({ rules: defaultRules, changes, take: () => undefined, openFold });
  const parse = createTallyParser(new Set());
  for (const [index, line] of lines.entries()) {
    const read = parse(line, index + 1);
    if ("why" in read) throw new Error(`${read.field}: ${read.why}`);
    twin.add(read);
  }
  twin.finish();
  return { heard, rejected: twin.rejected() };
};

const tally = (minutes: number, more: Readonly<Record<string, unknown>> = {}) => ({
  minute: at(minutes),
  tenant: "acme",
  signal_type: "copy",
  detector_id: "d",
  detector_version: "1",
  config_hash: "h",
  trials: 10,
  fired: 1,
  ...more,
});

/** The latest alerter time that a log of these minutes reaches. */
const clockOf = (...minutes: readonly number[]): number =>
  Math.max(...hear(minutes.map((one) => tally(one))).heard.map((word) => Number(/time (.*)/.exec(word)?.[1] ?? -10)));

describe("a log without progress records", () => {
  it("is ten minutes behind its newest tally, and decided up to that tally's end when it is over", () => {
    expect(hear([tally(0), tally(5), tally(3), tally(5)]).heard).toEqual([
      "0: time -10",
      "0: copy 0 came 1",
      "0: time -5",
      "0: copy 5 came 6",
      "0: copy 3 came 4",
      "0: copy 5 came 6",
      "0: time 6",
    ]);
  });

  it("gets each change before the first tally of its minute or later, whatever their order in the file", () => {
    const { heard } = hear(
      [tally(0), tally(4), tally(5)],
      [change("late", 60), change("second", 5), change("first", 1)],
    );
    expect(heard.filter((word) => !word.includes("time"))).toEqual([
      "0: copy 0 came 1",
      "0: change first",
      "0: copy 4 came 5",
      "0: change second",
      "0: copy 5 came 6",
    ]);
  });

  it("is not aged by wrong lines, few or many: a leap is believed when time goes on from there", () => {
    const century = 100 * 365 * 24 * 60;
    expect(clockOf(0, century, 1, 2, century, 3)).toBe(4);
    expect(clockOf(0, 120, 120, 120, 1, century, century, 2, century)).toBe(3);
    expect(clockOf(0, 1, 20_000, 20_001)).toBe(20_002);
    expect(clockOf(0, 1, century, 20_000, 20_010, 20_011)).toBe(20_012);
  });

  it("goes on after every gap of sparse traffic", () => {
    expect(clockOf(0, 100, 200, 300)).toBe(301);
  });

  it("hands on what it held in order, and tells the fold which lines came before their minute", () => {
    const { heard } = hear([tally(0), tally(500), tally(1), tally(600), tally(605), tally(610)]);
    expect(heard.filter((word) => word.includes("came"))).toEqual([
      "0: copy 0 came 1",
      "0: copy 500 came 1",
      "0: copy 1 came 2",
      "0: copy 600 came 601",
      "0: copy 605 came 606",
      "0: copy 610 came 611",
    ]);
  });

  it("leaves a tally of the future to the fold, and its clock where it was", () => {
    const { heard } = hear([tally(0), tally(500, { appended_at: at(1) }), tally(1)]);
    expect(heard).toContain("0: copy 500 came 1");
    expect(heard.at(-1)).toBe("0: time 2");
  });

  it("never lets time go back, whatever comes", () => {
    assert(
      property(integer({ min: 0, max: 1 << 30 }), (seed) => {
        const minutes = Array.from({ length: 40 }, (_, n) => ((seed >> (n % 16)) * (n + 7)) % 30_000);
        const times = hear(minutes.map((one) => tally(one))).heard.flatMap((word) => {
          const [, to] = /time (.*)/.exec(word) ?? [];
          return to === undefined ? [] : [Number(to)];
        });
        expect(times).toEqual(times.toSorted((a, b) => a - b));
      }),
      { numRuns: 50 },
    );
  });
});

const progress = (minutes: number) => ({
  signal_type: "~progress",
  source_partition: 0,
  source_partitions: 1,
  watermark: at(minutes),
  appended_at: at(minutes),
});

describe("a log of the topic itself", () => {
  it("moves by its progress records alone from the first of them on, also at the end", () => {
    const { heard } = hear([progress(0), tally(1), tally(30), progress(25)], [change("c", 20)]);
    expect(heard.filter((word) => word.includes("time"))).toEqual([]);
    expect(heard.filter((word) => word.includes("change"))).toHaveLength(1);
  });

  it("announces later versions of a detector by a change that names one", () => {
    const { heard } = hear([tally(0), tally(9)], [{ ...change("v2", 5), kind: "detector", to: "d@2:h" }]);
    expect(heard.filter((word) => /announce|change/.test(word))).toEqual(["0: announce d@2:h", "0: change v2"]);
  });

  it("is one fold for each of its partitions, each with all changes", () => {
    const { heard, rejected } = hear([tally(0, { partition: 3 }), tally(0, { partition: 1 })], [change("c", 0)]);
    expect(heard.filter((word) => word.includes("change"))).toEqual(["3: change c", "1: change c"]);
    expect(heard.slice(-2)).toEqual(["1: time 1", "3: time 1"]);
    expect(rejected).toEqual(new Map([["negative", 2]]));
  });
});
