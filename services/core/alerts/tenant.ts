// Everything that is kept of one tenant. Plain data.
import type { Bin } from "./book-port.ts";
import type { Pairs } from "./dimensions.ts";
import { createPlaces, type Places } from "./places.ts";
import type { SeriesState } from "./series.ts";
import type { FeatureVolume } from "./volumes-kept.ts";

/** The second e-SR of one series after a change. */
export interface Arm {
  readonly evidence: Float64Array;
  /** p̂ when the change came; NaN: of each bin anew, since the scope has no past of its own. */
  readonly rate: number;
  /** First bin that has not been stepped. */
  next: Bin;
}

export interface Watch {
  readonly changeId: string;
  readonly scope: Pairs;
  /** First and last bin that count. */
  readonly from: Bin;
  readonly to: Bin;
  /** Chance of a false page that this change may take. */
  readonly alpha: number;
  /** By key of the series. */
  readonly arms: Map<string, Arm>;
}

export interface TenantState {
  readonly name: string;
  readonly places: Places;
  /** By signal and identity. */
  readonly series: Map<string, SeriesState>;
  watches: Watch[];
  /** When changes of the last 28 days came, by their id. */
  readonly changes: Map<string, number>;
  readonly volumes: Map<string, FeatureVolume>;
  /** Tracks that shared the budget when the last bin closed, and the weight of each class of slices. */
  company: number;
  weights: Float64Array;
  /** Tracks that do not page yet. */
  warming: number;
}

export const createTenant = (name: string): TenantState => ({
  name,
  places: createPlaces(),
  series: new Map(),
  watches: [],
  changes: new Map(),
  volumes: new Map(),
  company: 0,
  weights: new Float64Array(3),
  warming: 0,
});

export const seriesKey = (signal: string, identity: string): string => `${signal}|${identity}`;

/** In order of signal and identity. */
export const seriesInOrder = ({ series }: TenantState): readonly SeriesState[] =>
  [...series].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, state]) => state);
