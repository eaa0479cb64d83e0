// Cells and the slices that hold them: each cell is interned once, so that closing a bin is a few additions per cell.

import { quickHash } from "#core/ids.ts";
import type { TallyRecord } from "#schemas/generated/records.ts";
import { baselineWidth } from "./baseline.ts";
import type { Bin } from "./book-port.ts";
import {
  type CellState,
  createTrack,
  type Ground,
  type SeriesCell,
  type SeriesState,
  type SharedState,
  type TenantState,
  type TrackState,
} from "./book-state.ts";
import { dimensions, isVersion, type Pairs, sliceName } from "./dimensions.ts";

/** What exceeds a budget is counted here. */
export const other = "~other";
/** Longer values are known by their hash. */
const longestValue = 256;
/** Values of one dimension that are kept apart: with `feature` × ten others they stay within the slices' budget. */
const mostValues = 400;

export interface Budgets {
  readonly cells: number;
  readonly slices: number;
}

const capped = (value: string): string =>
  value.length <= longestValue ? value : `~${quickHash(value).toString(16).padStart(8, "0")}`;

const isSame = (values: readonly (string | null)[], record: TallyRecord): boolean => {
  for (let i = 0; i < dimensions.length; i += 1) {
    const dimension = dimensions[i];
    if (dimension !== undefined && values[i] !== (record[dimension] ?? null)) return false;
  }
  return true;
};

const keyOf = (values: readonly (string | null)[]): string =>
  values.map((value) => (value === null ? "" : `=${value}`)).join("\u0000");

export interface CellFinder {
  find(tenant: TenantState, record: TallyRecord, bin: Bin): CellState;
}

/** `recent` is only a cache: tallies of one cell come one after another. */
export const createCellFinder = (shared: SharedState, budgets: Budgets): CellFinder => {
  let recent:
    | { readonly tenant: TenantState; readonly cell: CellState; readonly raw: readonly (string | null)[] }
    | undefined;

  /** The value, or `~other` where the dimension has too many. */
  const admit = (tenant: TenantState, index: number, raw: string | null, bin: Bin): string | null => {
    if (raw === null || raw === "") return null;
    const value = capped(raw);
    const known = tenant.values[index];
    const own = known?.get(value);
    if (own !== undefined) {
      own.lastBin = Math.max(own.lastBin, bin);
      return value;
    }
    if (known === undefined || known.size >= mostValues) {
      shared.folded += 1;
      return other;
    }
    known.set(value, { lastBin: bin, trials: 0 });
    return value;
  };

  return {
    find(tenant, record, bin) {
      if (recent?.tenant === tenant && isSame(recent.raw, record) && tenant.cells.get(recent.cell.key) === recent.cell)
        return recent.cell;
      const raw = dimensions.map((dimension) => record[dimension] ?? null);
      let values: readonly (string | null)[] = raw.map((value) =>
        value === null || value === "" ? null : capped(value),
      );
      let key = keyOf(values);
      let cell = tenant.cells.get(key);
      if (cell === undefined) {
        values = values.map((value, index) => admit(tenant, index, value, bin));
        if (tenant.cells.size >= budgets.cells && !tenant.cells.has(keyOf(values))) {
          shared.folded += 1;
          values = values.map((value) => (value === null ? null : other));
        }
        key = keyOf(values);
        cell = tenant.cells.get(key);
        if (cell === undefined) tenant.cells.set(key, (cell = { key, values, of: [], lastBin: bin }));
      }
      recent = { tenant, cell, raw };
      return cell;
    },
  };
};

interface Placing {
  readonly series: SeriesState;
  readonly root: TrackState;
  readonly extraPairs: readonly (readonly [string, string])[];
  readonly bin: Bin;
  readonly budgets: Budgets;
  readonly shared: SharedState;
}

const trackOf = (
  { series, bin, budgets, shared }: Placing,
  pairs: Pairs,
  parent: TrackState,
): TrackState | undefined => {
  const slice = sliceName(pairs);
  const known = series.tracks.get(slice);
  if (known !== undefined) return known;
  if (series.tracks.size >= budgets.slices) {
    shared.folded += 1;
    return undefined;
  }
  const versioned = pairs.some(([dimension]) => isVersion(dimension));
  const made = createTrack({ series, slice, pairs, parent, versioned, bin });
  series.tracks.set(slice, made);
  return made;
};

const groundOf = ({ series, bin }: Placing, pairs: Pairs, home: TrackState): Ground => {
  const key = sliceName(pairs);
  let found = series.grounds.get(key);
  if (found === undefined) {
    found = { pairs, state: new Float64Array(baselineWidth), foldedBin: bin, home, frozen: false };
    series.grounds.set(key, found);
  }
  return found;
};

/** The slices of a cell in one series: everything, each pair, `feature` × each other, and pairs that rules name. */
export const placeCell = (cell: CellState, placing: Placing): SeriesCell => {
  const { root, extraPairs } = placing;
  const pairs: (readonly [string, string])[] = [];
  for (const [index, dimension] of dimensions.entries()) {
    const value = cell.values[index] ?? null;
    if (value !== null) pairs.push([dimension, value]);
  }
  const tracks: TrackState[] = [root];
  const singles = new Map<string, TrackState>();
  for (const pair of pairs) {
    const track = trackOf(placing, [pair], root);
    if (track === undefined) continue;
    tracks.push(track);
    singles.set(pair[0], track);
  }
  const cross = (first: string, second: string): void => {
    const parent = singles.get(first);
    const [one, two] = [first, second].map((name) => pairs.find(([dimension]) => dimension === name));
    if (parent === undefined || one === undefined || two === undefined) return;
    const track = trackOf(placing, [one, two], parent);
    if (track !== undefined && !tracks.includes(track)) tracks.push(track);
  };
  for (const [dimension] of pairs) if (dimension !== "feature") cross("feature", dimension);
  for (const [first, second] of extraPairs) if (first !== second) cross(first, second);
  const stable = pairs.filter(([dimension]) => !isVersion(dimension));
  const placed = { tracks, ground: groundOf(placing, stable, singles.get("feature") ?? root) };
  cell.of[placing.series.index] = placed;
  return placed;
};
