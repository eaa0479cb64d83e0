// The hours after a change: a second e-SR that starts at the change, in its own scope alone, with a budget of its own.
import { day, type EventTime, hour } from "#core/time.ts";
import { overDispersion } from "./baseline.ts";
import { binLength, storedBins } from "./bins.ts";
import type { Bin, Candidate } from "./book-port.ts";
import { type Pairs, sliceName } from "./dimensions.ts";
import { evidenceWidth, meanEvidence, stepFall, stepRise } from "./e-process.ts";
import { kindOf } from "./intake.ts";
import type { Judged } from "./judge.ts";
import { isWatched } from "./judge.ts";
import { correlationOf } from "./learn.ts";
import { everything, type Places } from "./places.ts";
import { type Rule, type RuleSet, ruleFor } from "./rules.ts";
import { ringAt, type SeriesState } from "./series.ts";
import { sumsByBin } from "./sums.ts";
import { type Arm, seriesKey, type TenantState, type Watch } from "./tenant.ts";

/** H: bins that a change is watched for, four hours. */
const watchBins = (4 * hour) / binLength;
const highestAlpha = 0.05;
/** Expected false pages of all changes in 28 days. */
const alphaBudget = 0.5;
const month = 28 * day;

/** Starts a watch, once per change. A change that is announced late is watched from when it happened, as far as bins are stored. */
export const startWatch = (
  tenant: TenantState,
  {
    changeId,
    scope,
    at,
    next,
  }: { readonly changeId: string; readonly scope: Pairs; readonly at: EventTime; readonly next: Bin },
): void => {
  for (const [id, then] of tenant.changes) if (then < at - month) tenant.changes.delete(id);
  if (tenant.changes.has(changeId)) return;
  tenant.changes.set(changeId, at);
  const from = Math.ceil(at / binLength);
  const to = from + watchBins - 1;
  if (to < next) return;
  const alpha = Math.min(highestAlpha, alphaBudget / tenant.changes.size);
  tenant.watches.push({ changeId, scope, from, to, alpha, arms: new Map() });
};

/** Number of the slice that is watched; -1: it is not tracked and counted from its cells. */
const sliceOf = ({ sliceIds }: Places, scope: Pairs): number => sliceIds.get(sliceName(scope)) ?? -1;

const openArm = (state: SeriesState, places: Places, { scope, from }: Watch, bin: Bin): Arm => {
  const slice = sliceOf(places, scope);
  const isOwn = slice >= 0 && places.slices[slice]?.isVersion !== true;
  const first = Math.max(from, bin - storedBins + 1);
  const then = isOwn ? (state.rate[ringAt(slice, first)] ?? 0) : Number.NaN;
  const now = isOwn ? (state.now[slice] ?? 0) : Number.NaN;
  return { evidence: new Float64Array(evidenceWidth), rate: then > 0 ? then : now, next: first };
};

const isWarm = (state: SeriesState, slice: number): boolean => state.warm[slice >= 0 ? slice : everything] === 1;

const stepArm = (arm: Arm, judged: Judged, places: Places, { scope }: Watch, bin: Bin, rule: Rule): void => {
  const { state } = judged;
  const { n: ns, x: xs, expected } = sumsByBin(state, places, scope, arm.next, bin);
  const slice = sliceOf(places, scope);
  const correlation = correlationOf(state, places, Math.max(everything, slice));
  const step = state.series.direction === "rise" ? stepRise : stepFall;
  for (const [index, n] of ns.entries()) {
    const x = xs[index] ?? 0;
    const rate = Number.isNaN(arm.rate) ? (expected[index] ?? 0) / n : arm.rate;
    if (n > 0 && rate > 0) step(arm.evidence, 0, x, n, rate, rule.smallestRatio, overDispersion(n, correlation));
  }
  arm.next = bin + 1;
};

/** Series that watch the slice, with the rule that holds there. */
const watching = (
  series: readonly Judged[],
  rules: RuleSet,
  slice: string,
): readonly { readonly judged: Judged; readonly rule: Rule }[] =>
  series.flatMap((judged) => {
    const { tenant, signal } = judged.state.series;
    const rule = ruleFor(rules, { tenant, signal, slice });
    const kind = kindOf(signal);
    return kind !== undefined && isWatched(rule, kind) ? [{ judged, rule }] : [];
  });

/** Steps all watches of a tenant by the bin; ends those whose time is over. */
export const stepWatches = (
  tenant: TenantState,
  series: readonly Judged[],
  rules: RuleSet,
  bin: Bin,
): readonly Candidate[] => {
  const { places } = tenant;
  const candidates: Candidate[] = [];
  for (const watch of tenant.watches) {
    if (bin < watch.from) continue;
    const slice = sliceOf(places, watch.scope);
    const watched = watching(series, rules, sliceName(watch.scope)).filter(({ judged }) => isWarm(judged.state, slice));
    const threshold = (watchBins * watched.length) / watch.alpha;
    for (const { judged, rule } of watched) {
      const { signal, identity } = judged.state.series;
      const key = seriesKey(signal, identity);
      let arm = watch.arms.get(key);
      if (arm === undefined) watch.arms.set(key, (arm = openArm(judged.state, places, watch, bin)));
      stepArm(arm, judged, places, watch, bin, rule);
      const e = meanEvidence(arm.evidence, 0);
      if (e < threshold) continue;
      const track = judged.trackOf(Math.max(everything, slice));
      candidates.push({
        track,
        trigger: "deploy-watch",
        lnE: Math.log(e),
        threshold,
        p: null,
        changeId: watch.changeId,
      });
    }
  }
  tenant.watches = tenant.watches.filter(({ to }) => bin < to);
  return candidates;
};
