// Distinct users behind a cell: the smallest daily hashes with their counts, which merge by union.
import { userHash } from "./ids.ts";
import { type EventTime, utcDayOf } from "./time.ts";

const maxUsers = 16;
const entryBytes = 10;
const maxCount = 0xffff;

/** Hashes of one day kept at hand; above it they are computed again. */
const cacheLimit = 50_000;

/** At most 16 users with the smallest hashes, ascending: 8 bytes hash, 2 bytes harmful trials, big-endian; null for none. */
export const createSketcher = (hashKey: string) => {
  let cachedDay = Number.NaN;
  const cache = new Map<string, bigint>();

  const hashOf = (day: number, user: string): bigint => {
    if (day !== cachedDay || cache.size >= cacheLimit) cache.clear();
    cachedDay = day;
    const known = cache.get(user);
    if (known !== undefined) return known;
    const made = userHash(hashKey, day, user);
    cache.set(user, made);
    return made;
  };

  return (start: EventTime, harmed: ReadonlyMap<string, number>): Uint8Array | null => {
    if (harmed.size === 0) return null;
    const day = utcDayOf(start);
    const smallest = [...harmed]
      .map(([user, trials]) => ({ hash: hashOf(day, user), trials }))
      .toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
      .slice(0, maxUsers);
    // The Avro writer takes no other bytes than a Buffer.
    const bytes = Buffer.alloc(smallest.length * entryBytes);
    for (const [index, { hash, trials }] of smallest.entries()) {
      bytes.writeBigUInt64BE(hash, index * entryBytes);
      bytes.writeUInt16BE(Math.min(maxCount, trials), index * entryBytes + 8);
    }
    return bytes;
  };
};
