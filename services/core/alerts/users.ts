// Who stands behind harmful trials: sketches of the smallest daily hashes, united; exact below sixteen users.
import { utcDayOf } from "#core/time.ts";
import type { Users } from "./book-port.ts";
import type { Part } from "./book-state.ts";

const entryBytes = 10;
const fullSketch = 16;
const hashSpace = 2 ** 64;

export const isSketch = (bytes: Uint8Array): boolean =>
  bytes.length % entryBytes === 0 && bytes.length <= fullSketch * entryBytes;

/** Users of one day. */
interface Day {
  /** Harmful trials per user that a sketch holds. */
  readonly counts: Map<bigint, number>;
  /** A full sketch may have left users out: what lies above the least of their largest hashes is not known. */
  complete: boolean;
}

export interface UserSet {
  readonly days: Map<number, Day>;
  /** Users of tallies that tell only a number, or nothing: an upper bound. */
  loose: number;
}

export const createUserSet = (): UserSet => ({ days: new Map(), loose: 0 });

const dayOf = (set: UserSet, day: number): Day => {
  let found = set.days.get(day);
  if (found === undefined) set.days.set(day, (found = { counts: new Map(), complete: true }));
  return found;
};

const addSketch = ({ counts }: Day, bytes: Uint8Array): void => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += entryBytes) {
    const user = view.getBigUint64(at);
    counts.set(user, (counts.get(user) ?? 0) + view.getUint16(at + 8));
  }
};

/** Adds what one minute of one source says; `harm`: its harmful trials. */
export const addUsers = (set: UserSet, { minute, users }: Part, harm: number): void => {
  if (harm <= 0) return;
  if (users === null || typeof users === "number") {
    set.loose += users ?? harm;
    return;
  }
  const day = dayOf(set, utcDayOf(minute));
  addSketch(day, users);
  if (users.length === fullSketch * entryBytes) day.complete = false;
};

const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : 1);

/** û: where no sketch was full each user was seen; else 15 ÷ the sixteenth smallest hash as a share of all (k minimum values). */
const countDay = ({ counts, complete }: Day): number => {
  if (complete || counts.size < fullSketch) return counts.size;
  const smallest = [...counts.keys()].toSorted(ascending)[fullSketch - 1] ?? 0n;
  return Math.max(counts.size, Math.round((fullSketch - 1) / (Number(smallest) / hashSpace)));
};

/** The heaviest user of a day by hash, and its harmful trials. */
export const heaviestOf = (set: UserSet, day: number): { readonly user: bigint; readonly harm: number } | undefined => {
  let best: { user: bigint; harm: number } | undefined;
  for (const [user, harm] of set.days.get(day)?.counts ?? [])
    if (best === undefined || harm > best.harm || (harm === best.harm && user < best.user)) best = { user, harm };
  return best;
};

export const readUsers = (set: UserSet): Users => {
  let count = 0;
  let heaviest = 0;
  for (const [day, own] of set.days) {
    count = Math.max(count, countDay(own));
    heaviest = Math.max(heaviest, heaviestOf(set, day)?.harm ?? 0);
  }
  return { count: count + set.loose, heaviest };
};

/** Harmful trials of one user in one minute. */
export const harmOf = ({ users }: Part, user: bigint): number => {
  if (users === null || typeof users === "number") return 0;
  const view = new DataView(users.buffer, users.byteOffset, users.byteLength);
  for (let at = 0; at < users.length; at += entryBytes)
    if (view.getBigUint64(at) === user) return view.getUint16(at + 8);
  return 0;
};
