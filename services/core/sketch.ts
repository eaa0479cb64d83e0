// Distinct users behind a cell: the smallest daily hashes with their counts, which merge by union.
import { createUserHash } from "./ids.ts";
import { type NameCounts, namesIn } from "./name-counts.ts";
import { type EventTime, utcDayOf } from "./time.ts";

const maxUsers = 16;
const entryBytes = 10;
const maxCount = 0xffff;

/** Hashes of one day kept at hand; above it they are computed again. */
const cacheLimit = 50_000;

/** At most 16 users with the smallest hashes, ascending: 8 bytes hash, 2 bytes harmful trials, big-endian; null for none. */
export const createSketcher = (hashKey: string) => {
  let cachedDay = Number.NaN;
  let userHash = createUserHash(hashKey, 0);
  const cache = new Map<string, bigint>();

  const openDay = (day: number): void => {
    cachedDay = day;
    userHash = createUserHash(hashKey, day);
    cache.clear();
  };

  const hashOf = (user: string): bigint => {
    const known = cache.get(user);
    if (known !== undefined) return known;
    if (cache.size >= cacheLimit) cache.clear();
    const made = userHash(user);
    cache.set(user, made);
    return made;
  };

  return (start: EventTime, harmed: NameCounts): Uint8Array | null => {
    const names = namesIn(harmed);
    if (names.length === 0) return null;
    const day = utcDayOf(start);
    if (day !== cachedDay) openDay(day);
    const hashed = names.map(([user, trials]) => ({ hash: hashOf(user), trials }));
    const smallest =
      hashed.length === 1 ? hashed : hashed.toSorted((a, b) => (a.hash < b.hash ? -1 : 1)).slice(0, maxUsers);
    // The Avro writer takes no other bytes than a Buffer; every byte of this one is written.
    const bytes = Buffer.allocUnsafe(smallest.length * entryBytes);
    for (const [index, { hash, trials }] of smallest.entries()) {
      bytes.writeBigUInt64BE(hash, index * entryBytes);
      bytes.writeUInt16BE(Math.min(maxCount, trials), index * entryBytes + 8);
    }
    return bytes;
  };
};
