// When is it over: the rate must be back for a while, in a window wide enough to say so.
import { type EventTime, hour, minute } from "#core/time.ts";
import { binLength, binsPerDay, storedBins } from "./bins.ts";
import type { Bin, Book, Sums, Track } from "./book-port.ts";
import { harmRatio, isDenominatorBroken } from "./guards.ts";
import type { Case } from "./incident.ts";
import { kindOf } from "./intake.ts";

/** Why an incident ended by itself. */
export type Closing = "recovered" | "rolled_back" | "new_level";

/** An hour, longer until 60 are expected: at 100 trials an hour a doubled rate closed early in 1 % of runs instead of 66 %. */
const shortest = 12;
const enoughExpected = 60;
const quietRatio = 1.25;

/** After a rollback only what came since counts; fewer trials do, and a rate that is nearly back. */
const enoughAfterRollback = 60;
const quietAfterRollback = 1.4;

/** Trials that end with the visit: half an hour after a rollback there are still some from before it. */
const longTrials: ReadonlySet<string> = new Set(["response", "closed-visit", "impression"]);
const longestTrial = 30 * minute;

/** From when on trials may be taken for those of the old version again. */
const lagsOf = ({ series }: Track): readonly number[] =>
  longTrials.has(kindOf(series.signal)?.trial ?? "") ? [0, longestTrial] : [0];

type Sum = (from: Bin) => Sums;

/** The closing window's first bin that makes it wide enough, at most six hours back. */
const windowOf = (sum: Sum, bin: Bin): Sums => {
  let [length, sums] = [shortest, sum(bin - shortest + 1)];
  while (sums.expected < enoughExpected && length < storedBins) {
    // Traffic is steady enough to guess how far it must reach; one guess is rarely short by much.
    const needed = sums.expected > 0 ? Math.ceil((length * enoughExpected) / sums.expected) : storedBins;
    length = Math.min(storedBins, Math.max(length + 1, Math.min(needed, length * 2)));
    sums = sum(bin - length + 1);
  }
  return sums;
};

export type Sound = "quiet" | "loud" | "open";

/** Slow rises are judged by whole days: the day that has just ended, if all of it came after the opening. */
const soundOfDay = (book: Book, { record }: Case, track: Track, bin: Bin): Sound => {
  if (bin % binsPerDay !== binsPerDay - 1) return "open";
  const dayStart = (bin - binsPerDay + 1) * binLength;
  const { rate, today } = book.reference(track);
  if (dayStart < record.opened_at || today.n === 0 || rate === 0) return "open";
  return harmRatio({ ...today, expected: today.n * rate }, track.series.direction) < quietRatio ? "quiet" : "loud";
};

/** How the rate sounds at the end of a bin; open: nothing can be said. */
export const closingOf = (book: Book, own: Case, track: Track, bin: Bin, sum: Sum): Sound => {
  const { direction } = track.series;
  if (own.record.method === "sustained") return soundOfDay(book, own, track, bin);
  if (own.rolledBackAt !== null) {
    for (const lag of lagsOf(track)) {
      const from = Math.max(Math.ceil((own.rolledBackAt + lag) / binLength), bin - storedBins + 1);
      const since = from > bin ? { n: 0, x: 0, expected: 0 } : sum(from);
      if (since.n >= enoughAfterRollback && harmRatio(since, direction) < quietAfterRollback) return "quiet";
    }
    // A rollback that did not help, and what did later: not to be outweighed by the hours in between.
  }
  // What the trials are worth now that they are back is for the evidence from here on, not for what came in between.
  if (own.record.class === "data") {
    const from = Math.max(own.onset, bin - shortest + 1);
    return isDenominatorBroken(book, track, from, bin) ? "loud" : "quiet";
  }
  const sums = windowOf(sum, bin);
  return sums.expected > 0 && harmRatio(sums, direction) < quietRatio ? "quiet" : "loud";
};

const binsRunning = 3;
/** A flapping incident stays open until two hours are quiet. */
const binsRunningAfterFlaps = 24;
const earliestEnd = 30 * minute;
const longestOpen = 72 * hour;

const openSince = ({ record, reopenedAt }: Case): EventTime => reopenedAt.at(-1) ?? record.opened_at;

export const isOverAfter = (own: Case, at: EventTime, flapping: boolean): boolean => {
  const needed = own.record.method === "sustained" ? 1 : flapping ? binsRunningAfterFlaps : binsRunning;
  return own.quiet >= needed && at - openSince(own) >= earliestEnd;
};

/** What has lasted three days is the new normal; a slow rise took three days to be seen and has whole days to end. */
export const isLongOpen = (own: Case, at: EventTime): boolean => at - openSince(own) >= longestOpen;
