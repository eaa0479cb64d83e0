// The scorer of the Numenta Anomaly Benchmark: windows, probation, sigmoid weights, threshold by sweep, null and perfect as 0 and 100.
// Source: numenta/NAB, nab/sweeper.py, optimizer.py and runner.py (v1.1); Lavin & Ahmad 2015, arXiv 1510.03336.

/** Times as the files write them; both limits are times of rows. */
export type Window = readonly [from: string, to: string];

export interface ScoredFile {
  readonly name: string;
  readonly times: readonly string[];
  /** One per row, higher is stranger. */
  readonly scores: ArrayLike<number>;
  readonly windows: readonly Window[];
}

export interface Profile {
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
}

export const standard: Profile = { tp: 1, fp: 0.11, fn: 1 };

export interface NabResult {
  /** 0 as good as saying nothing, 100 perfect. */
  readonly score: number;
  readonly threshold: number;
  readonly found: number;
  readonly windows: number;
  readonly falseRows: number;
}

/** From .98661 at a window's left edge over 0 at its right edge to −1 far behind it. */
const scaledSigmoid = (position: number): number => (position > 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1);

const maxWeight = scaledSigmoid(-1);

/** Rows from the start of a file that are not scored. */
export const probation = (rows: number): number => Math.min(Math.floor(0.15 * rows), 0.15 * 5000);

/** One row that counts: what it adds when it is called an anomaly, and in which window (-1: none). */
interface Row {
  readonly score: number;
  readonly weight: number;
  readonly window: number;
}

interface Limits {
  readonly first: number;
  readonly last: number;
}

const limitsOf = ({ times, windows }: ScoredFile): Limits[] =>
  windows.map(([from, to]) => ({ first: times.indexOf(from), last: times.indexOf(to) }));

/** Rows of a file after its probation. `firstWindow`: number of its first window in the corpus. */
const rowsOf = (file: ScoredFile, { tp, fp }: Profile, firstWindow: number): Row[] => {
  const rows: Row[] = [];
  const limits = limitsOf(file);
  const skipped = probation(file.times.length);
  let next = 0;
  let past: Limits | undefined;
  for (let i = 0; i < file.times.length; i += 1) {
    let own = limits[next];
    if (own !== undefined && i > own.last) {
      past = own;
      next += 1;
      own = limits[next];
    }
    const score = file.scores[i] ?? 0;
    const row = ((): Row => {
      if (own !== undefined && i >= own.first) {
        const position = -(own.last - i + 1) / (own.last - own.first + 1);
        return { score, weight: (tp * scaledSigmoid(position)) / maxWeight, window: firstWindow + next };
      }
      const weight = past === undefined ? -1 : scaledSigmoid((i - past.last) / (past.last - past.first));
      return { score, weight: fp * weight, window: -1 };
    })();
    if (i >= skipped) rows.push(row);
  }
  return rows;
};

const corpusRows = (files: readonly ScoredFile[], profile: Profile): Row[] => {
  let windows = 0;
  return files.flatMap((file) => {
    const rows = rowsOf(file, profile, windows);
    windows += file.windows.length;
    return rows;
  });
};

interface Sweep {
  readonly threshold: number;
  readonly raw: number;
  readonly found: number;
  readonly falseRows: number;
}

/** The sums at every threshold, from the highest down; the first calls nothing an anomaly. */
function* sweep(rows: readonly Row[], { fn }: Profile): Generator<Sweep> {
  const best = new Map<number, number>();
  for (const { window } of rows) if (window >= 0) best.set(window, -fn);
  let raw = -fn * best.size;
  let [found, falseRows, threshold] = [0, 0, Number.POSITIVE_INFINITY];
  for (const { score, weight, window } of rows.toSorted((a, b) => b.score - a.score)) {
    if (score !== threshold) {
      yield { threshold, raw, found, falseRows };
      threshold = score;
    }
    const had = best.get(window);
    if (had === undefined) {
      raw += weight;
      falseRows += 1;
    } else if (weight > had) {
      if (had === -fn) found += 1;
      raw += weight - had;
      best.set(window, weight);
    }
  }
  yield { threshold, raw, found, falseRows };
}

/** The corpus at the threshold that suits it best, as the benchmark does it; `threshold` fixes it instead. */
export const scoreCorpus = (files: readonly ScoredFile[], profile = standard, threshold?: number): NabResult => {
  const rows = corpusRows(files, profile);
  let chosen: Sweep | undefined;
  let silent = 0;
  for (const point of sweep(rows, profile)) {
    if (chosen === undefined) silent = point.raw;
    const wanted = threshold === undefined ? point.raw > (chosen?.raw ?? -Infinity) : point.threshold >= threshold;
    if (wanted) chosen = point;
  }
  if (chosen === undefined) throw new RangeError("nothing to score");
  const windows = files.reduce((sum, file) => sum + file.windows.length, 0);
  return {
    score: (100 * (chosen.raw - silent)) / (windows * profile.tp - silent),
    threshold: chosen.threshold,
    found: chosen.found,
    windows,
    falseRows: chosen.falseRows,
  };
};
