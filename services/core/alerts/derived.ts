// What follows from a tenant's state and is kept beside it for speed: orders of slices, rules per slice, which slices are the same. Never saved.
import type { Series, Track } from "./book-port.ts";
import { kindOf } from "./intake.ts";
import { isWatched } from "./judge.ts";
import { type Order, orderOf } from "./learn.ts";
import type { Places, Slice } from "./places.ts";
import { type Rule, type RuleSet, ruleFor } from "./rules.ts";
import type { SeriesState } from "./series.ts";

interface OfPlaces {
  readonly version: number;
  readonly order: Order;
  /** Wider first, versions last, then by dimensions and name: of slices with the same cells the first one stands for all. */
  readonly canonical: Int32Array;
}

interface OfSeries {
  rules: RuleSet | undefined;
  readonly names: string[];
  readonly ruleOf: (Rule | null)[];
  readonly tracks: Track[];
  sets: number;
  version: number;
  distinct: Uint8Array;
}

const compareDims = (a: readonly number[], b: readonly number[]): number => {
  for (const [index, own] of a.entries()) if (own !== b[index]) return own - (b[index] ?? 0);
  return 0;
};

const compareSlices = (a: Slice, b: Slice): number =>
  a.level - b.level ||
  Number(a.isVersion) - Number(b.isVersion) ||
  compareDims(a.dims, b.dims) ||
  (a.name < b.name ? -1 : 1);

const canonicalOrder = ({ slices }: Places): Int32Array => {
  const named = slices.flatMap((slice, id) => (slice === null ? [] : [{ slice, id }]));
  return Int32Array.from(
    named.toSorted((a, b) => compareSlices(a.slice, b.slice)),
    ({ id }) => id,
  );
};

/** Marks the first of each group of slices that hold the same cells of the series. */
const distinctOf = ({ hashA, hashB }: SeriesState, canonical: Int32Array, size: number): Uint8Array => {
  const distinct = new Uint8Array(size);
  const seen = new Set<number>();
  for (const id of canonical) {
    const set = (hashA[id] ?? 0) * 2 ** 21 + ((hashB[id] ?? 0) >>> 11);
    if (seen.has(set)) continue;
    seen.add(set);
    distinct[id] = 1;
  }
  return distinct;
};

export interface Derived {
  order(places: Places): Order;
  rules(state: SeriesState, places: Places, rules: RuleSet): readonly (Rule | null)[];
  distinct(state: SeriesState, places: Places): Uint8Array;
  track(state: SeriesState, places: Places, slice: number): Track;
}

const watchingRule = ({ tenant, signal }: Series, slice: string, rules: RuleSet): Rule | null => {
  const rule = ruleFor(rules, { tenant, signal, slice });
  const kind = kindOf(signal);
  return kind !== undefined && isWatched(rule, kind) ? rule : null;
};

export const createDerived = (): Derived => {
  const byPlaces = new WeakMap<Places, OfPlaces>();
  const bySeries = new WeakMap<SeriesState, OfSeries>();

  const ofPlaces = (places: Places): OfPlaces => {
    const known = byPlaces.get(places);
    if (known?.version === places.version) return known;
    const made = { version: places.version, order: orderOf(places), canonical: canonicalOrder(places) };
    byPlaces.set(places, made);
    return made;
  };

  const ofSeries = (state: SeriesState): OfSeries => {
    let known = bySeries.get(state);
    if (known === undefined) {
      known = {
        rules: undefined,
        names: [],
        ruleOf: [],
        tracks: [],
        sets: -1,
        version: -1,
        distinct: new Uint8Array(),
      };
      bySeries.set(state, known);
    }
    return known;
  };

  const track = (state: SeriesState, places: Places, id: number): Track => {
    const { tracks } = ofSeries(state);
    const slice = places.slices[id];
    const name = slice?.name ?? "*";
    const known = tracks[id];
    if (known?.slice === name) return known;
    const parent =
      slice === null || slice === undefined || slice.parent < 0 ? null : track(state, places, slice.parent);
    const made: Track = { series: state.series, slice: name, pairs: slice?.pairs ?? [], parent };
    tracks[id] = made;
    return made;
  };

  return {
    order: (places) => ofPlaces(places).order,
    rules(state, places, rules) {
      const own = ofSeries(state);
      if (own.rules !== rules) own.names.length = 0;
      own.rules = rules;
      for (const [id, slice] of places.slices.entries()) {
        if (slice === null || own.names[id] === slice.name) continue;
        own.names[id] = slice.name;
        own.ruleOf[id] = watchingRule(state.series, slice.name, rules);
      }
      return own.ruleOf;
    },
    distinct(state, places) {
      const own = ofSeries(state);
      if (own.sets === state.sets && own.version === places.version) return own.distinct;
      own.sets = state.sets;
      own.version = places.version;
      own.distinct = distinctOf(state, ofPlaces(places).canonical, places.slices.length);
      return own.distinct;
    },
    track,
  };
};
