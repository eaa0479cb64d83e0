// One partition of tallies in, incidents out: the counting half (book) and the deciding half (cases) put together.
import type { AlertFold, AlertSnapshot } from "./alert-port.ts";
import type { RuleSet } from "./rules.ts";

export interface AlertSettings {
  /** Page of one incident: its id is appended. Null: none. */
  readonly incidentUrl: string | null;
  /** Page that runs a named query: `?` and its parameters are appended. Null: none. */
  readonly queryUrl: string | null;
  /** Slices and cells that are kept apart per tenant and signal; what exceeds them is counted under `~other`. */
  readonly slices: number;
  readonly cells: number;
}

export const defaultAlertSettings: AlertSettings = { incidentUrl: null, queryUrl: null, slices: 5_000, cells: 20_000 };

export interface AlertFoldOptions {
  /** Of `tallies`. */
  readonly partition: number;
  /** In force until a `~control` record brings others. */
  readonly rules: RuleSet;
  readonly settings: AlertSettings;
}

/** A fold that has seen nothing. */
export const createAlertFold = (_options: AlertFoldOptions): AlertFold => {
  const time = Number.NEGATIVE_INFINITY;
  return {
    time,
    add: () => undefined,
    drain: () => [],
    advance: () => undefined,
    adopt: () => undefined,
    snapshot: () => ({ offset: 0, parts: new Map() }),
    meters: () => ({ rejected: new Map(), slices: 0, cells: 0, folded: 0, warming: 0, tracks: 0 }),
  };
};

/** A fold that goes on at `snapshot.offset`; the rules in force and what was announced are in the snapshot. */
export const resumeAlertFold = (_snapshot: AlertSnapshot, options: AlertFoldOptions): AlertFold =>
  createAlertFold(options);
