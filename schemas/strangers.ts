// Users of whom only the number is known, as a sketch: nobody is in two of them, so that a union counts their sum.

const entryBytes = 10;
const maxUsers = 16;
const maxCount = 0xffff;

/** FNV-1a. */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
};

/** Uniform in (0, 1) (mulberry32: Tommy Ettinger, public domain). */
const uniforms = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4_294_967_296;
  };
};

/** What tells one tally from another: a later count of it has the same users, and then more. */
const identity = [
  "tenant",
  "signal_type",
  "detector_id",
  "detector_version",
  "minute",
  "source_partition",
  "feature",
  "segment",
  "tier",
  "device",
  "locale",
  "app_version",
  "utc_offset_min",
  "prompt_name",
  "prompt_version",
  "model",
  "model_version",
  "release",
];

/**
 * The 16 smallest of `users` uniform hashes, drawn in order: of n uniforms the least is 1 − u^(1/n), and the rest are uniform above
 * it. Harmful trials are shared out evenly: more is not known. Null for nobody.
 */
export const strangers = (users: number, harmful: number, given: Readonly<Record<string, unknown>>): Buffer | null => {
  if (users === 0) return null;
  const next = uniforms(hashOf(JSON.stringify(identity.map((field) => given[field]))));
  const each = Math.min(maxCount, Math.max(1, Math.round(harmful / users)));
  const bytes = Buffer.alloc(Math.min(users, maxUsers) * entryBytes);
  let above = 0;
  for (let at = 0; at < bytes.length; at += entryBytes) {
    above += (1 - above) * -Math.expm1(Math.log(next()) / (users - at / entryBytes));
    bytes.writeUInt32BE(Math.floor(above * 4_294_967_296) >>> 0, at);
    bytes.writeUInt32BE(Math.floor(next() * 4_294_967_296), at + 4);
    bytes.writeUInt16BE(each, at + 8);
  }
  return bytes;
};
