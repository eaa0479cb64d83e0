// How grave it is and what kind of move: severity and markers from the evidence window.
import type { Scope, Sums } from "./book-port.ts";
import type { Direction } from "./e-process.ts";
import { type AlarmClass, harmRatio } from "./guards.ts";
import type { Cells } from "./localise.ts";
import { wilson } from "./probability.ts";
import { cellTest, sumCells } from "./root.ts";
import type { Rule, Severity } from "./rules.ts";

/** A slice with a tenth of all trials is a major one. */
const majorShare = 0.1;

export interface Gravity {
  readonly kind: AlarmClass;
  readonly rule: Rule;
  readonly direction: Direction;
  /** All cells of the tenant and signal in the window. */
  readonly cells: Cells;
  readonly scope: Scope;
  /** Of the root slice over the window and over the latest parts of it. */
  readonly windows: readonly Sums[];
  readonly isSustained: boolean;
  readonly isWarm: boolean;
  readonly isChangeCorrelated: boolean;
  readonly phi: number;
}

interface ValueSums extends Sums {
  readonly dimension: string;
}

const valuesOf = (cells: Cells): readonly (readonly ValueSums[])[] =>
  cells.dimensions.map((dimension, at) =>
    (cells.values[at] ?? []).map((value) => ({ dimension, ...sumCells(cells, cellTest(cells, [[dimension, value]])) })),
  );

/** Lower 95 % limit of the harmful ratio. */
const lowRatio = ({ n, x, expected }: Sums, direction: Direction, phi: number): number => {
  const { low, high } = wilson(x / phi, n / phi);
  const baseline = expected / n;
  return direction === "rise" ? low / baseline : baseline / high;
};

const all = (): boolean => true;

/** Three times its baseline in two values of one dimension that each hold a tenth of the trials. */
const isEverywhere = ({ cells, direction, phi }: Gravity, total: number): boolean =>
  valuesOf(cells).some((values) => {
    const bad = values.filter(
      (sums) => sums.n >= majorShare * total && harmRatio(sums, direction) >= 3 && lowRatio(sums, direction, phi) > 2,
    );
    return bad.length >= 2;
  });

/**
 * SEV1: three times in two major slices (or set by the rule, as for safety). SEV2: twice overall, or three times in a major slice,
 * or twice in a major slice right after a change, which can be taken back. SEV3: anything smaller or slow. SEV4: not about quality.
 */
export const severityOf = (gravity: Gravity): Severity => {
  const { kind, rule, direction, cells, windows, isSustained, isWarm } = gravity;
  if (kind !== "quality") return "SEV4";
  if (rule.severity !== null) return rule.severity;
  if (isSustained || !isWarm) return "SEV3";
  const whole = sumCells(cells, all);
  if (isEverywhere(gravity, whole.n)) return "SEV1";
  const inside = sumCells(cells, cellTest(cells, gravity.scope));
  const isMajor = inside.n >= majorShare * whole.n;
  const ratio = Math.max(...windows.map((sums) => harmRatio(sums, direction)));
  if (harmRatio(whole, direction) >= 2) return "SEV2";
  return isMajor && ratio >= (gravity.isChangeCorrelated ? 2 : 3) ? "SEV2" : "SEV3";
};

/** At least three values of one dimension, with half its trials or more, at 1.5 times their baseline. */
export const isCrossSegment = (cells: Cells, direction: Direction, fewestTrials: number): boolean =>
  valuesOf(cells).some((values) => {
    const total = values.reduce((sum, { n }) => sum + n, 0);
    const bad = values.filter((sums) => sums.n >= fewestTrials && harmRatio(sums, direction) >= 1.5);
    return bad.length >= 3 && bad.reduce((sum, { n }) => sum + n, 0) >= total / 2;
  });

const order: readonly Severity[] = ["SEV1", "SEV2", "SEV3", "SEV4"];

/** Whether the first is graver. */
export const isGraver = (severity: Severity, than: Severity): boolean => order.indexOf(severity) < order.indexOf(than);

/** SEV1 and SEV2 wake people, the rest is a ticket. */
export const isPage = (severity: Severity): boolean => severity === "SEV1" || severity === "SEV2";
