// What was changed on purpose: remembered for a day, set against an onset, and known again when it is taken back.
import { type EventTime, hour } from "#core/time.ts";
import type { ChangeRecord } from "#schemas/generated/records.ts";
import type { Bin, Book, Scope, Series } from "./book-port.ts";
import { pairsOf } from "./dimensions.ts";
import { isChangeCorrelated, rankChanges, scopeOverlap } from "./suspects.ts";

/** Candidates lie at most six hours before an onset, and an onset six hours before now. */
const memory = 24 * hour;
const mostChanges = 1_000;

/** Adds a change in order of time; the oldest are forgotten. Nothing is added twice. */
export const rememberChange = (known: readonly ChangeRecord[], change: ChangeRecord): readonly ChangeRecord[] => {
  if (known.some(({ change_id: id }) => id === change.change_id)) return known;
  const sorted = [...known, change].toSorted((a, b) => a.ts - b.ts || (a.change_id < b.change_id ? -1 : 1));
  const newest = sorted.at(-1)?.ts ?? 0;
  return sorted.filter(({ ts }) => ts >= newest - memory).slice(-mostChanges);
};

export interface RankedChange {
  readonly change: ChangeRecord;
  /** 0 … 1 */
  readonly score: number;
}

export interface RankedChanges {
  /** At most three, likeliest first. */
  readonly ranked: readonly RankedChange[];
  readonly isCorrelated: boolean;
}

export interface RankOptions {
  readonly series: Series;
  /** Root slice. */
  readonly scope: Scope;
  readonly onset: EventTime;
  readonly from: Bin;
  readonly to: Bin;
}

/** Kinds that announce something else than a change of the product. */
const isOfProduct = ({ kind }: ChangeRecord): boolean => kind !== "detector";

/** The changes before an onset by nearness, overlap of scope and kind. Correlated, never "cause". */
export const rankForIncident = (
  book: Book,
  known: readonly ChangeRecord[],
  { series, scope, onset, from, to }: RankOptions,
): RankedChanges => {
  const near = known.filter(
    (change) =>
      isOfProduct(change) &&
      (change.tenant === series.tenant || change.tenant === "*") &&
      Math.abs(change.ts - onset) <= memory,
  );
  const suspects = rankChanges(
    near.map((change) => {
      const touched = pairsOf(change.scope);
      const { both, a, b } = touched ? book.overlap(series, scope, touched, from, to) : { both: 0, a: 0, b: 0 };
      return { id: change.change_id, at: change.ts, kind: change.kind, overlap: scopeOverlap(both, a, b) };
    }),
    onset,
  );
  const ranked = suspects.flatMap(({ id, score }) => {
    const change = near.find(({ change_id: own }) => own === id);
    return change === undefined ? [] : [{ change, score }];
  });
  return { ranked, isCorrelated: isChangeCorrelated(suspects) };
};

/** Whether `change` takes back one of the candidates: by its id, or by going back the same way in the same scope. */
export const isRollbackOf = (change: ChangeRecord, candidates: readonly ChangeRecord[]): boolean => {
  if (change.kind !== "rollback") return false;
  return candidates.some((candidate) =>
    change.reverts !== null
      ? change.reverts === candidate.change_id
      : change.scope === candidate.scope && change.to !== null && change.to === candidate.from,
  );
};

/** What a watch begins for: going back to a known state is none. */
export const isWatched = ({ kind }: ChangeRecord): boolean =>
  ["prompt", "model", "routing", "deploy", "flag"].includes(kind);
