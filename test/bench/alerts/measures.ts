// What a simulation found, goal by goal: samples add up over its parts; a goal is missed only beyond the interval of what was measured.
import { type Interval, meanInterval, quantile, quantileInterval, rateInterval, shareInterval } from "./intervals.ts";

/** What one part of a simulation found for the goal with this key. Hits of runs, events of an exposure, or single values. */
export interface Sample {
  readonly key: string;
  readonly hits?: number;
  readonly runs?: number;
  readonly values?: readonly number[];
}

export type Goal = { readonly key: string; readonly what: string } & (
  | { readonly kind: "share"; readonly atLeast?: number; readonly atMost?: number }
  /** Events per unit of exposure (`runs`). */
  | { readonly kind: "rate"; readonly atMost: number; readonly per: string }
  /** Median and ninth decile of minutes. */
  | { readonly kind: "delay"; readonly median: number; readonly ninetieth?: number }
  | {
      readonly kind: "mean";
      readonly atLeast?: number;
      readonly within?: { readonly of: number; readonly share: number };
    }
  /** One figure without an interval. */
  | { readonly kind: "figure"; readonly atLeast: number }
);

export interface Measured {
  readonly what: string;
  readonly goal: string;
  readonly measured: string;
  readonly interval: string;
  readonly runs: number;
  readonly verdict: "ok" | "short" | "not run";
}

interface Total {
  /** Whether it was run at all. */
  ran: boolean;
  hits: number;
  runs: number;
  readonly values: number[];
}

const totalOf = (key: string, samples: readonly Sample[]): Total => {
  const total: Total = { ran: false, hits: 0, runs: 0, values: [] };
  for (const sample of samples) {
    if (sample.key !== key) continue;
    total.ran = true;
    total.hits += sample.hits ?? 0;
    total.runs += sample.runs ?? 0;
    total.values.push(...(sample.values ?? []));
  }
  total.values.sort((a, b) => a - b);
  return total;
};

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
const plain = (value: number): string => value.toFixed(2);
const short = (value: number): string => (value < 100 ? value.toFixed(2) : value.toFixed(0));
const spanOf = ({ low, high }: Interval, show: (value: number) => string): string => `${show(low)}–${show(high)}`;

interface Bounds {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Missed only if the whole interval lies outside. */
const isWithin = ({ low, high }: Interval, { atLeast, atMost }: Bounds): boolean =>
  (atLeast === undefined || high >= atLeast) && (atMost === undefined || low <= atMost);

type Figures = Pick<Measured, "measured" | "interval" | "runs"> & { readonly isMet: boolean };

const boundsOf = (goal: Goal & { readonly kind: "mean" }): Bounds => {
  const { within } = goal;
  if (within === undefined) return goal;
  return { atLeast: within.of * (1 - within.share), atMost: within.of * (1 + within.share) };
};

/** The goal in words. */
const wantedOf = (goal: Goal): string => {
  switch (goal.kind) {
    case "share":
      return goal.atLeast === undefined ? `≤ ${percent(goal.atMost ?? 0)}` : `≥ ${percent(goal.atLeast)}`;
    case "rate":
      return `≤ ${goal.atMost} ${goal.per}`;
    case "delay":
      return `≤ ${goal.median}${goal.ninetieth === undefined ? "" : ` / ${goal.ninetieth}`} min`;
    case "mean": {
      const { within } = goal;
      if (within === undefined) return `≥ ${short(goal.atLeast ?? 0)}`;
      return `${short(within.of)} ± ${(100 * within.share).toFixed(0)} %`;
    }
    case "figure":
      return `≥ ${goal.atLeast}`;
    default:
      return goal satisfies never;
  }
};

/** Undefined: the simulation ran, but nothing came of it that could be judged. */
const figuresOf = (goal: Goal, { hits, runs, values }: Total): Figures | undefined => {
  if (runs === 0 && values.length === 0) return undefined;
  switch (goal.kind) {
    case "share": {
      const interval = shareInterval(hits, runs);
      return {
        measured: percent(hits / runs),
        interval: spanOf(interval, percent),
        runs,
        isMet: isWithin(interval, goal),
      };
    }
    case "rate": {
      const interval = rateInterval(hits, runs);
      return { measured: plain(hits / runs), interval: spanOf(interval, plain), runs, isMet: isWithin(interval, goal) };
    }
    case "delay": {
      const [middle, late] = [quantileInterval(values, 0.5), quantileInterval(values, 0.9)];
      return {
        measured: `${quantile(values, 0.5)} / ${quantile(values, 0.9)} min`,
        interval: `${spanOf(middle, String)} / ${spanOf(late, String)}`,
        runs: values.length,
        isMet: middle.low <= goal.median && (goal.ninetieth === undefined || late.low <= goal.ninetieth),
      };
    }
    case "mean": {
      const { mean, ...interval } = meanInterval(values);
      const isMet = isWithin(interval, boundsOf(goal));
      return { measured: short(mean), interval: spanOf(interval, short), runs: values.length, isMet };
    }
    case "figure": {
      const [value = Number.NaN] = values;
      return { measured: value.toFixed(1), interval: "", runs: 1, isMet: value >= goal.atLeast };
    }
    default:
      return goal satisfies never;
  }
};

/** The figures of one goal. */
export const judge = (goal: Goal, samples: readonly Sample[]): Measured => {
  const total = totalOf(goal.key, samples);
  const head = { what: goal.what, goal: wantedOf(goal) };
  if (!total.ran) return { ...head, measured: "not run", interval: "", runs: 0, verdict: "not run" };
  const figures = figuresOf(goal, total);
  if (figures === undefined) return { ...head, measured: "none", interval: "", runs: 0, verdict: "short" };
  const { isMet, ...rest } = figures;
  return { ...head, ...rest, verdict: isMet ? "ok" : "short" };
};
