// Slices by their conditions: what holds what, and what two have in common.
import type { Scope } from "./book-port.ts";
import { pairsOf } from "./dimensions.ts";

/** Conditions of the name of a slice that this fold named itself. */
export const scopeNamed = (name: string): Scope => pairsOf(name) ?? [];

/** Whether all of `inner` lies in `outer`, by their conditions. */
export const isWithin = (inner: Scope, outer: Scope): boolean =>
  outer.every(([dimension, value]) => inner.some(([own, held]) => own === dimension && held === value));

export const areNested = (a: Scope, b: Scope): boolean => isWithin(a, b) || isWithin(b, a);

/** Whether a trial can lie in both. */
export const canMeet = (a: Scope, b: Scope): boolean =>
  a.every(([dimension, value]) => b.every(([own, held]) => own !== dimension || held === value));

/** What lies in both; to be asked of slices that can meet. */
export const meet = (a: Scope, b: Scope): Scope => {
  const added = b.filter(([dimension]) => !a.some(([own]) => own === dimension));
  return [...a, ...added].toSorted(([first], [second]) => (first < second ? -1 : 1));
};
