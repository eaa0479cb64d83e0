import { describe, expect, it } from "vitest";
import { minute } from "#core/time.ts";
import type { TallyRecord } from "#schemas/generated/records.ts";
import {
  closeAll,
  endOfBin,
  firstBin,
  inBin,
  playBin,
  progress,
  type Said,
  signal,
  sketchOf,
  tally,
  tenant,
} from "#test/helpers/alert-tallies.ts";
import { createBook } from "./book.ts";
import type { Bin, Book, Track } from "./book-port.ts";
import { defaultRule, defaultRules, type Rule } from "./rules.ts";

const wide = { slices: 5_000, cells: 20_000 };
const day = 288;

const bookOf = (fields: Partial<Rule> = {}, budgets = wide): Book =>
  createBook({ rules: { ...defaultRules, rules: [{ ...defaultRule, ...fields }] }, budgets });

/** Plays the same in every bin from … to, `at` says what. */
const playBins = (book: Book, from: Bin, to: Bin, at: (bin: Bin) => readonly TallyRecord[]): readonly Said[] => {
  const said: Said[] = [];
  for (let bin = from; bin <= to; bin += 1) said.push(...playBin(book, bin, at(bin)));
  return said;
};

const trackOf = (book: Book, slice = "*"): Track => {
  const track = book.findTrack(tenant, signal, slice);
  if (track === undefined) throw new Error(`${slice} is not tracked`);
  return track;
};

describe("identity of a tally", () => {
  it("counts users in two time zones of one cell both", () => {
    const book = bookOf();
    playBin(book, firstBin, [inBin(firstBin), inBin(firstBin, { utc_offset_min: 60 })]);
    expect(book.sums(trackOf(book).series, [], firstBin, firstBin)).toMatchObject({ n: 2_000, x: 40 });
  });

  it("takes the highest stamp, and of a higher incarnation any", () => {
    const book = bookOf();
    const sum = (): number => book.sums(trackOf(book).series, [], firstBin, firstBin).n;
    playBin(book, firstBin, [inBin(firstBin, { stamp: 9, trials: 90 }), inBin(firstBin, { stamp: 8, trials: 80 })]);
    expect(sum()).toBe(90);
    book.add(progress(endOfBin(firstBin), { incarnation: 2 }), 0, endOfBin(firstBin));
    playBin(book, firstBin + 1, [inBin(firstBin, { stamp: 1, trials: 70 })]);
    book.add(progress(endOfBin(firstBin + 1), { incarnation: 2 }), 0, endOfBin(firstBin + 1));
    closeAll(book);
    expect(sum()).toBe(70);
  });
});

describe("alerter time", () => {
  it("is unknown until each source partition was heard, then the least of them", () => {
    const book = bookOf();
    const hear = (partition: number, watermark: number) =>
      book.add(progress(watermark, { source_partition: partition, source_partitions: 2 }), 0, watermark);
    hear(0, endOfBin(firstBin + 5));
    expect(book.time).toBe(Number.NEGATIVE_INFINITY);
    hear(1, endOfBin(firstBin));
    expect(book.time).toBe(endOfBin(firstBin));
    hear(1, endOfBin(firstBin + 9));
    expect(book.time).toBe(endOfBin(firstBin + 5));
  });

  it("stands still when the input topic begins anew, until each partition of it was heard", () => {
    const book = bookOf();
    const hear = (partition: number, watermark: number, incarnation: number) =>
      book.add(progress(watermark, { source_partition: partition, source_partitions: 2, incarnation }), 0, watermark);
    hear(0, 1_000, 1);
    hear(1, 1_000, 1);
    hear(0, 9_000, 2);
    hear(1, 8_000, 1);
    expect(book.time).toBe(1_000);
    hear(1, 8_000, 2);
    expect(book.time).toBe(8_000);
  });

  it("does not listen to a detector on trial", () => {
    const book = bookOf();
    book.add(progress(endOfBin(firstBin), { shadow: true }), 0, endOfBin(firstBin));
    expect(book.time).toBe(Number.NEGATIVE_INFINITY);
  });

  it("leaps over years without a bin for each of them", () => {
    const book = bookOf();
    book.add(tally({ minute: 0 }), 0, endOfBin(firstBin));
    book.advance(endOfBin(firstBin));
    let closed = 0;
    while (book.close() !== undefined) closed += 1;
    expect(closed).toBeLessThanOrEqual(28 * day + 1);
  });
});

describe("tallies that do not count", () => {
  const now = endOfBin(firstBin);
  it.each([
    ["fired_above_trials", { trials: 1, fired: 2 }],
    ["negative", { trials: -1, fired: -1 }],
    ["negative", { fired: -1 }],
    ["malformed", { trials: Number.NaN }],
    ["malformed", { trials: 2 ** 53 }],
    ["malformed", { minute: now + 1 }],
    ["malformed", { tenant: "~" }],
    ["malformed", { source_partition: -1 }],
    ["future_minute", { minute: now + 15 * minute }],
    ["unknown_signal", { signal_type: "implicit:made-up" }],
    ["malformed_users", { users: new Uint8Array(9) }],
    ["malformed_users", { users: new Uint8Array(20) }],
  ] as const)("are counted by reason: %s for %o", (reason, fields) => {
    const book = bookOf();
    book.add(progress(now - 5 * minute), 0, now);
    book.add(tally({ minute: now - 5 * minute, ...fields }), 0, now);
    expect([...book.meters().rejected]).toEqual([[reason, 1]]);
    expect(book.tracks(tenant)).toEqual([]);
  });

  it("come more than ten minutes after the end of their bin", () => {
    const book = bookOf();
    playBin(book, firstBin, [inBin(firstBin)]);
    book.add(progress(endOfBin(firstBin) + 10 * minute), 0, 0);
    book.add(inBin(firstBin, { stamp: firstBin + 1 }), 0, endOfBin(firstBin));
    expect([...book.meters().rejected]).toEqual([["too_late", 1]]);
  });

  it("may lie far ahead of the last progress when their own append time does too: after a quiet night they come first", () => {
    const book = bookOf();
    book.add(progress(endOfBin(firstBin)), 0, endOfBin(firstBin));
    const morning = firstBin + 100;
    book.add(inBin(morning), 0, endOfBin(morning));
    expect([...book.meters().rejected]).toEqual([]);
  });

  it("come from a version that nobody announced, unless it is the first", () => {
    const book = bookOf();
    const second = { detector_version: "2" };
    playBin(book, firstBin, [inBin(firstBin), inBin(firstBin, second)]);
    expect([...book.meters().rejected]).toEqual([["unannounced_detector", 1]]);
    book.announce(["d@2:c"]);
    playBin(book, firstBin + 1, [inBin(firstBin + 1, second)]);
    expect(book.tracks(tenant).map(({ series }) => series.identity)).toEqual(["d@1:c", "d@2:c"]);
  });
});

describe("the budget", () => {
  it("bounds slices and cells however many values there are, and loses no trial", () => {
    const book = bookOf({}, { slices: 60, cells: 40 });
    let n = 0;
    for (let bin = firstBin; bin < firstBin + 6; bin += 1) {
      const hostile = Array.from({ length: 300 }, (_, index) =>
        inBin(bin, {
          feature: index % 2 === 0 ? "billing" : "search",
          release: `r${bin}-${index}`,
          trials: 1,
          fired: 0,
        }),
      );
      n += hostile.length;
      playBin(book, bin, hostile);
      expect(book.meters().slices).toBeLessThanOrEqual(60);
      expect(book.meters().cells).toBeLessThanOrEqual(40);
    }
    const { series } = trackOf(book);
    expect(book.sums(series, [], firstBin, firstBin + 5).n).toBe(n);
    expect(book.sums(series, [["feature", "billing"]], firstBin, firstBin + 5).n).toBe(n / 2);
    expect(book.meters().folded).toBeGreaterThan(0);
  });

  it("keeps what is active when names that come once pour in", () => {
    const book = bookOf({}, { slices: 20, cells: 40 });
    playBins(book, firstBin, firstBin + 10, (bin) => [
      inBin(bin, { feature: "billing", release: "v7" }),
      ...Array.from({ length: 50 }, (_, index) => inBin(bin, { release: `r${bin}-${index}`, trials: 1, fired: 0 })),
    ]);
    expect(trackOf(book, "feature=billing,release=v7").slice).toBe("feature=billing,release=v7");
  });

  it("also keeps corrections apart of tuples that share a place in `~other`", () => {
    const book = bookOf({}, { slices: 4, cells: 2 });
    const first = Array.from({ length: 9 }, (_, index) => inBin(firstBin, { release: `r${index}`, trials: 10 }));
    const corrected = first.map((record) => ({ ...record, stamp: record.stamp + 1, trials: 11, fired: 1 }));
    playBin(book, firstBin, [...first.map((record) => ({ ...record, fired: 1 })), ...corrected]);
    expect(book.sums(trackOf(book).series, [], firstBin, firstBin)).toMatchObject({ n: 99, x: 9 });
  });
});

describe("more tuples than can be kept apart before their bin closes", () => {
  it("count once each for their feature, however often they are told", () => {
    const book = bookOf({}, { slices: 10, cells: 2 });
    const many = Array.from({ length: 21_000 }, (_, index) =>
      inBin(firstBin, { feature: "billing", release: `r${index}`, trials: 1, fired: 0 }),
    );
    playBin(book, firstBin, [...many, ...many]);
    expect(book.sums(trackOf(book).series, [["feature", "billing"]], firstBin, firstBin).n).toBe(21_000);
    expect(book.meters().cells).toBeLessThanOrEqual(2);
  });
});

describe("slices of the same cells", () => {
  const full = { feature: "billing", tier: "pro", device: "phone", prompt_version: "p1", model: "m1" };

  it("are one hypothesis: a lone cell alarms at exactly T", () => {
    const book = bookOf();
    playBins(book, firstBin, firstBin + day + 12, (bin) => [inBin(bin, full)]);
    expect(book.tracks(tenant).map(({ slice }) => slice)).toEqual(["*"]);
    expect(book.standing(trackOf(book)).loneThreshold).toBe(28 * day);
  });

  it("part when another cell appears", () => {
    const book = bookOf();
    playBins(book, firstBin, firstBin + 2, (bin) => [inBin(bin, full), inBin(bin, { ...full, tier: "free" })]);
    expect(book.tracks(tenant).map(({ slice }) => slice)).toEqual(["*", "tier=free", "tier=pro"]);
  });
});

/** Two features whose rates differ; from `since` on billing also has another rate or version. */
const twoFeatures =
  (since: Bin, changed: Partial<TallyRecord>) =>
  (bin: Bin): readonly TallyRecord[] => [
    inBin(bin, { feature: "search", prompt_version: "s1", trials: 200, fired: 24 }),
    inBin(bin, { feature: "billing", prompt_version: "p1", trials: 200, fired: 10, ...(bin >= since ? changed : {}) }),
  ];

const trial = (bin: Bin, shadow: boolean) => inBin(bin, { detector_version: "2", shadow: shadow ? true : null });

/** 09:00 to 10:00 UTC twice as bad as the rest. */
const badAtNine = (bin: Bin) => [inBin(bin, { fired: Math.floor(bin / 12) % 24 === 9 ? 30 : 15 })];

const nine = (days: number): Bin => firstBin + days * day + 9 * 12;

describe("evidence", () => {
  const since = firstBin + 2 * day;

  it("finds a rate that triples within an hour, and says what it took", () => {
    const said = playBins(bookOf(), firstBin, since + 11, twoFeatures(since, { fired: 30 }));
    const alarm = said.find(({ slice }) => slice === "feature=billing");
    // Three hypotheses, of which a single one has .6 of the mean weight: alone it takes 5 T.
    expect(alarm).toMatchObject({ trigger: "e-sr", signal });
    expect(alarm?.threshold).toBeCloseTo(5 * 28 * day, 6);
    expect(alarm?.lnE).toBeGreaterThan(Math.log(alarm?.threshold ?? Number.POSITIVE_INFINITY));
    expect(said.every(({ bin }) => bin >= since)).toBe(true);
  });

  it("is silent about a healthy new version in a feature whose rate is unlike the others'", () => {
    const book = bookOf();
    const flow = (bin: Bin) => [
      inBin(bin, { feature: "billing", prompt_version: "p1", trials: 800, fired: 40 }),
      inBin(bin, { feature: "search", prompt_version: bin < since ? "s1" : "s2", trials: 200, fired: 24 }),
    ];
    expect(playBins(book, firstBin, since + 40, flow)).toEqual([]);
    const { baseline, warm } = book.standing(trackOf(book, "prompt_version=s2"));
    expect(warm).toBe(true);
    expect(baseline).toBeCloseTo(0.12, 2);
  });

  it("measures a new version by what its cells were before", () => {
    const book = bookOf();
    const flow = (bin: Bin) => [
      inBin(bin, { feature: "search", prompt_version: "s1", trials: 100, fired: 12 }),
      inBin(bin, {
        feature: "search",
        prompt_version: bin < since ? "s1" : "s2",
        minute: bin * 300_000 + minute,
        trials: 100,
        fired: bin < since ? 12 : 36,
      }),
      inBin(bin, { feature: "billing", prompt_version: "p1", trials: 800, fired: 40 }),
    ];
    const said = playBins(book, firstBin, since + 10, flow);
    expect(said.some(({ slice }) => slice.includes("prompt_version=s2"))).toBe(true);
    expect(book.standing(trackOf(book, "feature=search,prompt_version=s2")).baseline).toBeCloseTo(0.12, 2);
  });

  it("is silent about a healthy version that only some of a feature get, who are worse off anyway", () => {
    const flow = (bin: Bin) => [
      inBin(bin, { feature: "search", tier: "free", prompt_version: "s1", trials: 300, fired: 15 }),
      inBin(bin, { feature: "search", tier: "pro", prompt_version: bin < since ? "s1" : "s2", trials: 100, fired: 20 }),
    ];
    const book = bookOf();
    expect(playBins(book, firstBin, since + 40, flow)).toEqual([]);
    expect(book.standing(trackOf(book, "prompt_version=s2")).baseline).toBeCloseTo(0.2, 2);
  });

  it("asks a version on trial for nothing, and keeps what it learned when it goes live", () => {
    const book = bookOf();
    const said = playBins(book, firstBin, since, (bin) => [
      inBin(bin),
      { ...trial(bin, true), fired: bin > since - 20 ? 400 : 20 },
    ]);
    expect(said).toEqual([]);
    book.announce(["d@2:c"]);
    playBin(book, since + 1, [inBin(since + 1), trial(since + 1, false)]);
    const live = book.tracks(tenant).find(({ series }) => series.identity === "d@2:c");
    expect(live !== undefined && book.standing(live).warm).toBe(true);
  });

  it("begins anew after a restart, and a new level makes the last day normal", () => {
    const book = bookOf();
    playBins(book, firstBin, since + day + 100, twoFeatures(since, { fired: 30 }));
    const track = trackOf(book, "feature=billing");
    book.newLevel(track);
    expect(book.standing(track).e).toBe(0);
    playBin(book, since + day + 101, twoFeatures(since, { fired: 30 })(since + day + 101));
    expect(book.standing(track).baseline).toBeCloseTo(0.15, 2);
  });

  it("does not let a bad version become what the next one is measured by", () => {
    const book = bookOf({ sensitivity: 1e-20 });
    const flow = (bin: Bin) => [
      inBin(bin, { feature: "billing", prompt_version: "p1", trials: 100, fired: 5 }),
      inBin(bin, { feature: "billing", prompt_version: "p2", trials: 100, fired: bin < since ? 5 : 40 }),
    ];
    playBins(book, firstBin, since + 3, flow);
    const bad = trackOf(book, "prompt_version=p2");
    for (const track of [bad, trackOf(book)]) book.freeze(track, since);
    playBins(book, since + 4, since + 150, flow);
    expect(book.standing(bad).baseline).toBeCloseTo(0.05, 2);
  });

  it("does not let bins that alarm become normal, whether there is an incident or not", () => {
    const book = bookOf();
    const at = (bin: Bin) => [inBin(bin, { fired: bin < firstBin + 2 * day ? 20 : 60 })];
    playBins(book, firstBin, firstBin + 2 * day + 6 * 12, at);
    expect(book.standing(trackOf(book)).baseline).toBeCloseTo(0.02, 3);
  });

  it("expects of an hour what that hour of the week was like, once two weeks were seen", () => {
    const book = bookOf();
    const first = playBins(book, firstBin, nine(15) - 1, badAtNine);
    const expected = (): number => book.standing(trackOf(book)).baseline;
    const usual = expected();
    playBins(book, nine(15), nine(15), badAtNine);
    expect(expected() / usual).toBeGreaterThan(1.6);
    expect(first.filter(({ bin }) => bin >= nine(14))).toEqual([]);
  });

  it("does not let an incident become normal while it is frozen, and learns again when it thaws", () => {
    const book = bookOf({ sensitivity: 1e-20 });
    const flow = twoFeatures(since, { fired: 30 });
    playBins(book, firstBin, since + 3, flow);
    const track = trackOf(book, "feature=billing");
    book.freeze(track, since);
    playBins(book, since + 4, since + 60, flow);
    expect(book.standing(track).baseline).toBeCloseTo(0.05, 2);
    book.thaw(track);
    playBins(book, since + 61, since + 72, flow);
    // What was frozen stays out, though it is only now an hour old.
    expect(book.standing(track).baseline).toBeCloseTo(0.05, 2);
    playBins(book, since + 73, since + 200, flow);
    expect(book.standing(track).baseline).toBeGreaterThan(0.06);
  });
});

describe("a watch after a change", () => {
  const since = firstBin + 2 * day;
  const scope = [["feature", "billing"]] as const;
  const at = since * 300_000;
  const watched = (announced: Bin): readonly Said[] => {
    const book = bookOf();
    const said: Said[] = [];
    for (let bin = firstBin; bin <= since + 60; bin += 1) {
      if (bin === announced) book.watch(tenant, "c1", scope, at);
      said.push(...playBin(book, bin, twoFeatures(since, { fired: 20 })(bin)));
    }
    return said.filter(({ trigger }) => trigger === "deploy-watch");
  };

  it("takes 48 bins ÷ .05 in a lone signal, names the change and ends after four hours", () => {
    const said = watched(since);
    expect(said[0]).toMatchObject({ slice: "feature=billing", changeId: "c1", threshold: 960 });
    expect(Math.max(...said.map(({ bin }) => bin))).toBe(since + 47);
  });

  it("says the same when the change is announced late, from then on", () => {
    const late = since + 20;
    expect(watched(late)).toEqual(watched(since).filter(({ bin }) => bin >= late));
  });

  it("shares half a false page among all changes of 28 days", () => {
    const book = bookOf();
    playBins(book, firstBin, since, twoFeatures(since, {}));
    for (let index = 0; index < 20; index += 1) book.watch(tenant, `c${index}`, scope, at);
    book.watch(tenant, "c19", scope, at);
    const said = playBins(book, since + 1, since + 20, twoFeatures(since, { fired: 60 }));
    const thresholds = said.filter(({ trigger }) => trigger === "deploy-watch").map(({ threshold }) => threshold);
    expect(Math.max(...thresholds.map((threshold) => threshold ?? 0))).toBe((48 * 20) / 0.5);
  });
});

/** Tracks of a signal that is not watched by default. */
const sharesTracked = (signals: readonly string[]): number => {
  const book = bookOf({ signals });
  playBin(book, firstBin, [inBin(firstBin, { signal_type: "implicit:share" })]);
  return book.tracks(tenant).length;
};

describe("slow rises and what rules ask for", () => {
  it("finds a rise of a half on its third day", () => {
    const flow = (bin: Bin) => {
      const isLate = bin >= firstBin + 12 * day;
      return [
        inBin(bin, { segment: "a", trials: 60, fired: isLate ? 9 : 6 }),
        inBin(bin, { segment: "b", trials: 300, fired: 30 }),
      ];
    };
    const said = playBins(bookOf({ sensitivity: 1e-20 }), firstBin, firstBin + 15 * day + 20, flow);
    const slow = said.filter(({ trigger }) => trigger === "sustained");
    expect(slow.map(({ slice }) => slice)).toEqual(["segment=a"]);
    expect(slow[0]?.bin).toBe(firstBin + 15 * day - 1);
  });

  it("alarms by CUSUM and by burn rate only where a rule asks for it", () => {
    const since = firstBin + 2 * day;
    const triggers = (fields: Partial<Rule>): ReadonlySet<string> =>
      new Set(
        playBins(
          bookOf({ sensitivity: 1e-20, ...fields }),
          firstBin,
          since + 20,
          twoFeatures(since, { fired: 40 }),
        ).map(({ trigger }) => trigger),
      );
    expect(triggers({})).toEqual(new Set());
    expect(triggers({ cusumThreshold: 5 })).toEqual(new Set(["cusum"]));
    const windows = [{ factor: 2, longMinutes: 60, shortMinutes: 5 }];
    expect(triggers({ objective: { rate: 0.09, windows } })).toEqual(new Set(["burn-rate"]));
  });

  it("watches a signal that is not watched by default only where a rule names it", () => {
    expect(sharesTracked(["*"])).toBe(0);
    expect(sharesTracked(["implicit:share"])).toBe(1);
  });
});

describe("users", () => {
  it("are counted once over cells and bins, those unknown one by one, and over midnight the larger day", () => {
    const book = bookOf();
    const evening = firstBin + day - 1;
    playBin(book, evening, [inBin(evening, { users: sketchOf({ 1: 2, 2: 1 }), fired: 3 })]);
    playBin(book, evening + 1, [
      inBin(evening + 1, { tier: "a", users: sketchOf({ 3: 5, 4: 1, 5: 1 }), fired: 7 }),
      inBin(evening + 1, { tier: "b", users: sketchOf({ 3: 1 }), fired: 1 }),
      inBin(evening + 1, { tier: "c", users: null, fired: 2 }),
    ]);
    const { series } = trackOf(book);
    expect(book.users(series, [], evening, evening + 1)).toEqual({ count: 5, heaviest: 6 });
    expect(book.users(series, [["tier", "a"]], evening, evening + 1)).toEqual({ count: 3, heaviest: 5 });
  });

  it("leave little evidence when one of them made it all", () => {
    const since = firstBin + 2 * day;
    const play = (users: (bin: Bin) => Record<number, number>): number => {
      const book = bookOf();
      playBins(book, firstBin, since + 12, (bin) => [
        inBin(bin, bin < since ? { trials: 200, fired: 10 } : { trials: 220, fired: 30, users: sketchOf(users(bin)) }),
      ]);
      return book.evidenceWithoutHeaviest(trackOf(book), [], since, since + 12);
    };
    expect(play(() => ({ 7: 20, 8: 5, 9: 5 }))).toBeLessThan(10);
    expect(play((bin) => ({ [bin]: 15, [bin + 5_000]: 15 }))).toBeGreaterThan(28 * day);
  });
});

const hourly = (bin: Bin): string => JSON.stringify({ [tenant]: { billing: bin % day < 144 ? 10 : 30, "": 5 } });

describe("volumes", () => {
  it("are expected as on earlier days at that hour, and not before one was seen", () => {
    const book = bookOf();
    const early: (number | undefined)[] = [];
    for (let bin = firstBin; bin < firstBin + 3 * day; bin += 1) {
      book.add(progress(endOfBin(bin), { volumes: hourly(bin) }), 0, endOfBin(bin));
      if (bin === firstBin + day - 1) early.push(book.expectedVolume(tenant, "billing", bin - 2, bin));
    }
    expect(early).toEqual([undefined]);
    const noon = firstBin + 2 * day + 120;
    expect(book.expectedVolume(tenant, "billing", noon, noon + 2)).toBe(30);
    expect(book.expectedVolume(tenant, "*", noon + 60, noon + 62)).toBe(105);
    expect(book.features(tenant)).toEqual(["", "billing"]);
  });

  it("are counted once when a progress record is told twice", () => {
    const book = bookOf();
    const told = progress(endOfBin(firstBin), { volumes: JSON.stringify({ [tenant]: { billing: 10 } }) });
    book.add(told, 0, 0);
    book.add(told, 1, 0);
    expect(book.volume(tenant, "billing", firstBin, firstBin)).toBe(10);
  });
});

describe("the mix of a slice", () => {
  it("is told by value, before and now", () => {
    const book = bookOf();
    const since = firstBin + 2 * day;
    playBins(book, firstBin, since + 11, (bin) => [
      inBin(bin, { feature: "billing", tier: "free", trials: bin < since ? 60 : 50, fired: 3 }),
      inBin(bin, { feature: "billing", tier: "pro", trials: bin < since ? 40 : 50, fired: 4 }),
    ]);
    const [free, pro] = book.mix(trackOf(book).series, [["feature", "billing"]], "tier", since, since + 11);
    expect(free).toMatchObject({ value: "free", weightNow: 600, rateNow: 0.06 });
    expect((free?.weightBefore ?? 0) / (pro?.weightBefore ?? 1)).toBeCloseTo(1.5, 3);
    expect(pro?.rateBefore).toBeCloseTo(0.1, 3);
  });
});
