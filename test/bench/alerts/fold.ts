// How many tallies a second one core folds, without parsing, and what closing bins and hostile names cost.
import { createBook } from "#core/alerts/book.ts";
import type { Book } from "#core/alerts/book-port.ts";
import { defaultRules } from "#core/alerts/rules.ts";
import { signalKinds } from "#core/signals.ts";
import { minute } from "#core/time.ts";
import type { TallyRecord } from "#schemas/generated/records.ts";
import { endOfBin, firstBin, inBin, progress } from "#test/helpers/alert-tallies.ts";

const watched = signalKinds.filter((kind) => kind.watched).map(({ type }) => type);
const budgets = { slices: 5_000, cells: 20_000 };
/** The first bins make places and warm the code up. */
const warmUp = 5;

/** CPU seconds of this process, garbage collection included: other load on the machine does not count. */
const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

interface Load {
  readonly name: string;
  readonly bins: number;
  readonly records: (bin: number) => readonly TallyRecord[];
}

/** Minute by minute, cell by cell, signal by signal: as a detector flushes. */
const steady = (cells: number, signals: readonly string[]): Load => ({
  name: `${cells} cells × ${signals.length} signals, each minute`,
  bins: 60,
  records: (bin) =>
    [0, 1, 2, 3, 4].flatMap((part) =>
      Array.from({ length: cells }, (_, cell) => ({
        minute: bin * 5 * minute + part * minute,
        feature: `feature-${cell % 50}`,
        segment: `segment-${cell % 7}`,
        tier: `tier-${cell % 3}`,
        device: `device-${cell % 5}`,
        locale: `locale-${cell % 11}`,
        app_version: `v${cell % 4}`,
        prompt_version: `p${cell % 13}`,
        model: `m${cell % 2}`,
      })).flatMap((values) =>
        signals.map((signal) => inBin(bin, { ...values, signal_type: signal, trials: 20, fired: 1 })),
      ),
    ),
});

const hostile: Load = {
  name: "1 M distinct releases in 20 bins",
  bins: 20,
  records: (bin) =>
    Array.from({ length: 50_000 }, (_, index) =>
      inBin(bin, { feature: `feature-${index % 20}`, release: `r${bin}-${index}`, trials: 1, fired: 0 }),
    ),
};

const closeDue = (book: Book): void => {
  while (book.close() !== undefined);
};

export interface AlertFoldFigures {
  /** What was folded. */
  readonly load: string;
  readonly addedPerSecond: number;
  /** With the closing of bins: baselines, evidence, budgets. */
  readonly talliesPerSecond: number;
  /** Milliseconds. */
  readonly close: number;
  readonly longestClose: number;
}

const measure = ({ name, bins, records }: Load): AlertFoldFigures => {
  const book = createBook({ rules: defaultRules, budgets });
  let [count, adding, closing, longest] = [0, 0, 0, 0];
  for (let bin = firstBin; bin < firstBin + bins; bin += 1) {
    const batch = records(bin);
    const end = endOfBin(bin);
    const started = cpu();
    for (const record of batch) book.add(record, 0, end);
    const added = cpu();
    book.add(progress(end), 0, end);
    closeDue(book);
    const closed = cpu();
    if (bin < firstBin + warmUp) continue;
    count += batch.length;
    adding += added - started;
    closing += closed - added;
    longest = Math.max(longest, closed - added);
  }
  return {
    load: name,
    addedPerSecond: count / adding,
    talliesPerSecond: count / (adding + closing),
    close: (closing / (bins - warmUp)) * 1_000,
    longestClose: longest * 1_000,
  };
};

/** Several loads one after the other, CPU time of one core. */
export const measureAlertFold = (): readonly AlertFoldFigures[] => {
  const [first = ""] = watched;
  return [steady(300, watched), steady(2_000, [first]), steady(5_000, watched.slice(0, 4)), hostile].map(measure);
};
