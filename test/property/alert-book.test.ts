// What a book of tallies says does not depend on order, repetition, or where it was saved; and no content breaks it.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBook, resumeBook } from "#core/alerts/book.ts";
import type { Bin, Book } from "#core/alerts/book-port.ts";
import { defaultRules } from "#core/alerts/rules.ts";
import { minute } from "#core/time.ts";
import type { TallyRecord } from "#schemas/generated/records.ts";
import {
  closeAll,
  endOfBin,
  firstBin,
  inBin,
  playBin,
  progress,
  signal,
  sketchOf,
  tally,
  tenant,
} from "#test/helpers/alert-tallies.ts";

const wide = { slices: 5_000, cells: 20_000 };
const narrow = { slices: 7, cells: 5 };

const bookOf = (budgets = wide): Book => createBook({ rules: defaultRules, budgets });

/** All that can be asked about a tenant, as text. */
const allOf = (book: Book, to: Bin): string => {
  const tracks = book.tracks(tenant).map((track) => {
    const { series, pairs } = track;
    return {
      slice: track.slice,
      standing: book.standing(track),
      sums: book.sums(series, pairs, to - 10, to),
      users: book.users(series, pairs, to - 10, to),
      examples: book.examples(series, pairs, to - 10, to),
    };
  });
  const root = book.findTrack(tenant, signal, "*");
  const cells = root === undefined ? [] : book.cells(root.series, [], to - 10, to);
  const { rejected, ...meters } = book.meters();
  return JSON.stringify({ tracks, cells, rejected: [...rejected].toSorted(([a], [b]) => (a < b ? -1 : 1)), meters });
};

const someOf = <T>(...values: T[]) => fc.constantFrom(...values);

/** Tallies of some bins in few cells, several identities twice with other stamps. */
const tallies = (bins: number): fc.Arbitrary<readonly TallyRecord[]> =>
  fc.array(
    fc
      .record({
        bin: fc.nat(bins - 1),
        minutes: fc.nat(4),
        stamp: fc.nat(3),
        trials: fc.nat(40),
        share: fc.nat(100),
        feature: someOf("billing", "search", "chat", null),
        tier: someOf("free", "pro", null),
        release: fc.nat(6).map((number) => `r${number}`),
        offset: someOf(null, 60),
        partition: fc.nat(1),
        kind: someOf(signal, "implicit:copy"),
        users: fc.dictionary(fc.nat(30).map(String), fc.integer({ min: 1, max: 3 }), { maxKeys: 4 }),
      })
      .map(({ bin, minutes, trials, share, offset, partition, kind, users, ...values }) => ({
        ...inBin(firstBin + bin, { ...values, trials, fired: Math.round((trials * share) / 100) }),
        signal_type: kind,
        minute: (firstBin + bin) * 5 * minute + minutes * minute,
        utc_offset_min: offset,
        source_partition: partition,
        users: Object.keys(users).length === 0 ? null : sketchOf(users),
        examples: JSON.stringify([`${values.release}-${minutes}`]),
      })),
    { minLength: 20, maxLength: 80 },
  );

const binOf = ({ minute: at }: TallyRecord): Bin => Math.floor(at / (5 * minute));

/** Adds the records of each bin, then closes it; the answers after each. */
const replay = (book: Book, records: readonly TallyRecord[], bins: number): string => {
  const told: string[] = [];
  for (let bin = firstBin; bin < firstBin + bins; bin += 1) {
    told.push(
      JSON.stringify(
        playBin(
          book,
          bin,
          records.filter((record) => binOf(record) === bin),
        ),
      ),
    );
    told.push(allOf(book, bin));
  }
  return told.join("\n");
};

const bins = 16;

/** What the baselines know. */
const learned = (book: Book) =>
  book
    .tracks(tenant)
    .map((track) => [
      track.slice,
      book.sums(track.series, track.pairs, firstBin, firstBin).n,
      book.standing(track).trials,
    ]);

describe("what order and repetition change", () => {
  it.each([wide, narrow])("nothing, as long as the bin is open (budget %o)", (budgets) => {
    fc.assert(
      fc.property(tallies(bins), fc.integer(), (records, seed) => {
        const shuffled = records
          .map((record, index) => ({ record, at: Math.imul(index + 1, seed | 1) | 0 }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ record }) => record);
        expect(replay(bookOf(budgets), shuffled, bins)).toBe(replay(bookOf(budgets), records, bins));
      }),
      { numRuns: 12 },
    );
  });

  it("nothing, when every tally comes twice and older counts of it after it", () => {
    fc.assert(
      fc.property(tallies(bins), (records) => {
        const again = records.flatMap((record) => [
          record,
          { ...record, stamp: record.stamp - 10, trials: 0, fired: 0, users: null },
          record,
        ]);
        expect(replay(bookOf(), again, bins)).toBe(replay(bookOf(), records, bins));
      }),
      { numRuns: 12 },
    );
  });

  it("nothing in the baselines, when a tally comes within ten minutes after its bin was decided", () => {
    fc.assert(
      fc.property(tallies(2), (records) => {
        const [intime, late] = [bookOf(), bookOf()];
        const ofBin = (bin: Bin) => records.filter((record) => binOf(record) === bin);
        playBin(intime, firstBin, ofBin(firstBin));
        playBin(intime, firstBin + 1, ofBin(firstBin + 1));
        playBin(late, firstBin, []);
        playBin(late, firstBin + 1, records);
        for (let bin = firstBin + 2; bin <= firstBin + 30; bin += 1) {
          playBin(intime, bin, []);
          playBin(late, bin, []);
        }
        expect(learned(late)).toEqual(learned(intime));
      }),
      { numRuns: 12 },
    );
  });
});

describe("a snapshot", () => {
  it.each([wide, narrow])("goes on as if nothing had happened, wherever it is cut (budget %o)", (budgets) => {
    fc.assert(
      fc.property(tallies(bins), fc.nat(), (records, where) => {
        const log = Array.from({ length: bins }, (_, index) => firstBin + index).flatMap((bin) => [
          ...records.filter((record) => binOf(record) === bin),
          progress(endOfBin(bin)),
        ]);
        const play = (cut: number): string => {
          let book = bookOf(budgets);
          const told: string[] = [];
          for (const [index, record] of log.entries()) {
            if (index === cut) book = resumeBook(structuredClone(book.snapshot()), { rules: book.rules, budgets });
            book.add(record, index, record.minute);
            told.push(JSON.stringify(closeAll(book)));
          }
          return `${told.join("\n")}\n${allOf(book, firstBin + bins - 1)}`;
        };
        expect(play(where % log.length)).toBe(play(-1));
      }),
      { numRuns: 15 },
    );
  });
});

describe("content", () => {
  it("never makes the book throw", () => {
    const anything = fc.record({
      tenant: fc.string(),
      signal_type: someOf(signal, "~progress", "~tick", "~control", "x"),
      minute: fc.oneof(fc.double(), fc.integer(), fc.constant(firstBin * 300_000)),
      trials: fc.oneof(fc.double(), fc.nat()),
      fired: fc.oneof(fc.double(), fc.nat()),
      stamp: fc.oneof(fc.double(), fc.nat()),
      source_partition: fc.oneof(fc.double(), fc.nat()),
      source_partitions: fc.option(fc.oneof(fc.double(), fc.nat(8))),
      incarnation: fc.option(fc.oneof(fc.double(), fc.nat(3))),
      watermark: fc.option(fc.oneof(fc.double({ max: 1e15 }), fc.nat(), fc.constant(endOfBin(firstBin)))),
      feature: fc.option(fc.oneof(fc.string({ unit: "binary" }), fc.constant("\uD800"))),
      release: fc.option(fc.string({ maxLength: 600 })),
      users: fc.option(fc.uint8Array({ maxLength: 200 })),
      examples: fc.option(fc.string()),
      volumes: fc.option(fc.oneof(fc.string(), fc.json())),
    });
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 30 }), (fields) => {
        const book = bookOf();
        for (const own of fields) {
          book.add(tally(own), 0, endOfBin(firstBin));
          for (let left = 3; left > 0 && book.close() !== undefined; left -= 1);
        }
        expect(book.meters().slices).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 60 },
    );
  });
});
