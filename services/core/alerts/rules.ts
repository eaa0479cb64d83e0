// What is watched, how closely and who is told: rules as data, with the defaults that hold without any file.
import type { EventTime } from "#core/time.ts";

export type Severity = "SEV1" | "SEV2" | "SEV3" | "SEV4";

/** What a candidate must show before it becomes an incident. */
export interface Guards {
  readonly minTrials: number;
  readonly minFired: number;
  readonly minUsers: number;
  /** Least rate ÷ baseline, and least rate − baseline (never more than the baseline itself). */
  readonly minRatio: number;
  readonly minDifference: number;
}

export interface Objective {
  /** The rate that people set as tolerable. */
  readonly rate: number;
  /** Burn-rate pairs: factor × (long window, short window), minutes. */
  readonly windows: readonly { readonly factor: number; readonly longMinutes: number; readonly shortMinutes: number }[];
}

export interface Rule {
  readonly name: string;
  /** Patterns with `*` at the end or alone. */
  readonly tenants: readonly string[];
  readonly signals: readonly string[];
  /** `*` all slices; `feature=billing`, `feature=*`, `feature=billing,tier=*`. */
  readonly slices: readonly string[];
  readonly watch: boolean;
  /** False alarms per slice and 28 days; the patience T is 8,064 bins ÷ this. */
  readonly sensitivity: number;
  /** A rise up to this ratio is no news: it sets the null. */
  readonly smallestRatio: number;
  readonly guards: Guards;
  /** Fixed severity; null: from the evidence. */
  readonly severity: Severity | null;
  /** Opt-in: CUSUM at 2 × the baseline with this threshold, and burn rates against an objective. */
  readonly cusumThreshold: number | null;
  readonly objective: Objective | null;
  /** Names of routes in the delivery part of the file; empty: every route. */
  readonly routes: readonly string[];
  readonly owner: string | null;
  readonly runbook: string | null;
}

/** Told to nobody while it holds; evidence goes on. */
export interface SilenceRule {
  readonly id: string;
  readonly tenants: readonly string[];
  readonly signals: readonly string[];
  readonly slices: readonly string[];
  /** Epoch ms. */
  readonly from: number;
  readonly until: number;
  readonly reason: string;
}

/** The first rule that fits a (tenant, signal, slice) holds; the last one fits everything. */
export interface RuleSet {
  /** Hash of everything below. */
  readonly version: string;
  readonly rules: readonly Rule[];
  readonly silences: readonly SilenceRule[];
  /** Pairs of dimensions that are tracked beside `feature` × each other, as `model,tier`. */
  readonly pairs: readonly string[];
  /** Baseline of a signal in which nothing has been seen yet; by signal type. */
  readonly priors: Readonly<Record<string, number>>;
}

const defaultGuards: Guards = { minTrials: 30, minFired: 5, minUsers: 5, minRatio: 1.5, minDifference: 0.02 };

/** Watches every signal of `core/signals.ts` that is watched by default. */
export const defaultRule: Rule = {
  name: "default",
  tenants: ["*"],
  signals: ["*"],
  slices: ["*"],
  watch: true,
  sensitivity: 1,
  smallestRatio: 1.25,
  guards: defaultGuards,
  severity: null,
  cusumThreshold: null,
  objective: null,
  routes: [],
  owner: null,
  runbook: null,
};

export const defaultRules: RuleSet = { version: "default", rules: [defaultRule], silences: [], pairs: [], priors: {} };

const fitsText = (pattern: string, text: string): boolean =>
  pattern.endsWith("*") ? text.startsWith(pattern.slice(0, -1)) : pattern === text;

/** Every condition of the pattern holds in the slice, which may have more: `feature=billing` fits `feature=billing,tier=pro`. */
const fitsSlice = (pattern: string, slice: string): boolean => {
  if (pattern === "*") return true;
  const conditions = slice.split(",");
  return pattern.split(",").every((wanted) => conditions.some((condition) => fitsText(wanted, condition)));
};

/** Whose, of which signal, where: slices as they are named in tracks and incidents. */
export interface Subject {
  readonly tenant: string;
  readonly signal: string;
  readonly slice: string;
}

type Patterns = Pick<Rule, "tenants" | "signals" | "slices">;

const fits = ({ tenants, signals, slices }: Patterns, { tenant, signal, slice }: Subject): boolean =>
  tenants.some((pattern) => fitsText(pattern, tenant)) &&
  signals.some((pattern) => fitsText(pattern, signal)) &&
  slices.some((pattern) => fitsSlice(pattern, slice));

/** The first rule that fits; the default one where a set leaves a gap. */
export const ruleFor = ({ rules }: RuleSet, subject: Subject): Rule =>
  rules.find((rule) => fits(rule, subject)) ?? defaultRule;

/** The silence rule that holds at this moment, the longest of several. */
export const silenceFor = ({ silences }: RuleSet, subject: Subject, at: EventTime): SilenceRule | undefined => {
  let found: SilenceRule | undefined;
  for (const silence of silences) {
    const holds = silence.from <= at && at < silence.until && fits(silence, subject);
    if (holds && (found === undefined || silence.until > found.until)) found = silence;
  }
  return found;
};
