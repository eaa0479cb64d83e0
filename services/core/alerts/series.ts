// Series begin with the first tally of a detector version, and what is no longer active gives way to what is.
import type { TallyRecord } from "#schemas/generated/records.ts";
import type { Bin } from "./book-port.ts";
import {
  binOf,
  binsPerDay,
  createTrack,
  type SeriesState,
  type SharedState,
  type TenantState,
  type TrackState,
} from "./book-state.ts";
import type { Budgets } from "./cells.ts";
import { everything } from "./dimensions.ts";
import { kindOf } from "./intake.ts";

export const dropSeries = (tenant: TenantState, at: number): void => {
  const [gone] = tenant.series.splice(at, 1);
  if (gone === undefined) return;
  for (const cell of tenant.cells.values()) cell.of[gone.index] = undefined;
};

export const openSeries = (
  tenant: TenantState,
  record: TallyRecord,
  { identity, shadow }: { readonly identity: string; readonly shadow: boolean },
): SeriesState => {
  const bin = binOf(record.minute);
  const index = 1 + Math.max(-1, ...tenant.series.map((series) => series.index));
  const direction = kindOf(record.signal_type)?.harm === "unfired" ? "fall" : "rise";
  const made: SeriesState = {
    tenant: tenant.name,
    signal: record.signal_type,
    direction,
    identity,
    index,
    shadow,
    lastBin: bin,
    root: null,
    tracks: new Map(),
    grounds: new Map(),
    bins: new Map(),
  };
  const root = createTrack({ series: made, slice: everything, pairs: [], parent: null, versioned: false, bin });
  made.tracks.set(everything, root);
  Object.assign(made, { root });
  tenant.series.push(made);
  return made;
};

const storedTrials = ({ n }: TrackState): number => n.reduce((total, own) => total + own, 0);

/** Slices long idle are forgotten; where the budget is full, those of a day, then the least active pairs, ties by name. */
export const forgetTracks = (
  tenant: TenantState,
  series: SeriesState,
  { bin, budgets, shared }: { readonly bin: Bin; readonly budgets: Budgets; readonly shared: SharedState },
): void => {
  const full = series.tracks.size >= budgets.slices;
  const limit = bin - (full ? binsPerDay : 30 * binsPerDay);
  const gone = new Set<TrackState>();
  for (const track of series.tracks.values())
    if (track.depth > 0 && track.lastTrial < limit && !track.frozen) gone.add(track);
  if (full && gone.size === 0) {
    const pairs = [...series.tracks.values()].filter((track) => track.depth === 2 && !track.frozen);
    const least = pairs
      .map((track) => ({ track, trials: storedTrials(track) }))
      .toSorted((a, b) => a.trials - b.trials || (a.track.slice < b.track.slice ? -1 : 1));
    for (const { track } of least.slice(0, Math.ceil(budgets.slices / 20))) gone.add(track);
  }
  if (gone.size === 0) return;
  shared.folded += gone.size;
  for (const track of gone) series.tracks.delete(track.slice);
  const stays = (track: TrackState): boolean => !gone.has(track);
  for (const cell of tenant.cells.values()) {
    const placed = cell.of[series.index];
    if (placed !== undefined) cell.of[series.index] = { ...placed, tracks: placed.tracks.filter(stays) };
  }
  for (const ground of series.grounds.values())
    if (gone.has(ground.home) && series.root !== null) ground.home = series.root;
  for (const [key, ground] of series.grounds) if (ground.foldedBin < limit) series.grounds.delete(key);
};
