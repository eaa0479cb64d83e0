// Who was harmed: sketches of the smallest daily hashes, merged by union, and what one user alone has done.

/** 8 bytes hash, 2 bytes harmful trials, big-endian, ascending. */
const entryBytes = 10;
const mostEntries = 16;
const mostTrials = 0xffff;
const hashes = 2 ** 64;

/** Whether bytes are at most 16 entries with ascending hashes. */
export const isSketch = (bytes: Uint8Array): boolean => {
  if (bytes.length % entryBytes !== 0 || bytes.length > mostEntries * entryBytes) return false;
  for (let at = entryBytes; at < bytes.length; at += entryBytes) {
    let order = 0;
    for (let i = 0; i < 8 && order === 0; i += 1) order = (bytes[at + i] ?? 0) - (bytes[at - entryBytes + i] ?? 0);
    if (order <= 0) return false;
  }
  return true;
};

/** Harmful trials per hash, over any number of sketches of one day. */
export type Harmed = Map<bigint, number>;

export const addSketch = (harmed: Harmed, bytes: Uint8Array): void => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += entryBytes) {
    const hash = view.getBigUint64(at);
    harmed.set(hash, (harmed.get(hash) ?? 0) + view.getUint16(at + 8));
  }
};

const ascending = (harmed: Harmed): (readonly [bigint, number])[] =>
  [...harmed].toSorted(([a], [b]) => (a < b ? -1 : 1));

/** The union of sketches as one sketch. */
export const mergeSketches = (sketches: readonly Uint8Array[]): Uint8Array => {
  const [only] = sketches;
  if (only === undefined) return new Uint8Array();
  if (sketches.length === 1) return only;
  const harmed: Harmed = new Map();
  for (const sketch of sketches) addSketch(harmed, sketch);
  const kept = ascending(harmed).slice(0, mostEntries);
  const bytes = new Uint8Array(kept.length * entryBytes);
  const view = new DataView(bytes.buffer);
  for (const [index, [hash, trials]] of kept.entries()) {
    view.setBigUint64(index * entryBytes, hash);
    view.setUint16(index * entryBytes + 8, Math.min(mostTrials, trials));
  }
  return bytes;
};

/** Distinct users: exact below 16, else 15 ÷ (16th smallest ÷ 2⁶⁴). */
export const countUsers = (harmed: Harmed): number => {
  if (harmed.size < mostEntries) return harmed.size;
  const last = ascending(harmed)[mostEntries - 1]?.[0] ?? 0n;
  return Math.round((mostEntries - 1) / (Number(last) / hashes));
};

/** Of equals the smaller hash. */
export const heaviestUser = (harmed: Harmed): { readonly hash: bigint; readonly trials: number } | undefined => {
  let best: { readonly hash: bigint; readonly trials: number } | undefined;
  for (const [hash, trials] of harmed) {
    const isHeavier = best === undefined || trials > best.trials || (trials === best.trials && hash < best.hash);
    if (isHeavier) best = { hash, trials };
  }
  return best;
};

/** Harmful trials of one user in a sketch. */
export const trialsOf = (hash: bigint, bytes: Uint8Array): number => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += entryBytes) {
    if (view.getBigUint64(at) === hash) return view.getUint16(at + 8);
  }
  return 0;
};
