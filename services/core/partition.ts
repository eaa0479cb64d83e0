// Which partition a key belongs to: murmur2 as Java's default partitioner and kafkajs compute it.

const seed = 0x9747b28c;
const m = 0x5bd1e995;
const encoder = new TextEncoder();

/** Kafka's murmur2, as a signed 32-bit number. */
export const murmur2 = (key: string | Uint8Array): number => {
  const bytes = typeof key === "string" ? encoder.encode(key) : key;
  const length = bytes.length;
  const at = (index: number): number => bytes[index] ?? 0;
  let h = seed ^ length;

  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    let k = at(i) | (at(i + 1) << 8) | (at(i + 2) << 16) | (at(i + 3) << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    h = Math.imul(h, m) ^ Math.imul(k, m);
  }
  const rest = length - whole;
  if (rest > 2) h ^= at(whole + 2) << 16;
  if (rest > 1) h ^= at(whole + 1) << 8;
  if (rest > 0) h = Math.imul(h ^ at(whole), m);

  h = Math.imul(h ^ (h >>> 13), m);
  return h ^ (h >>> 15);
};

/** The partition of `key` among `partitions`: the hash made positive as Java does, by its lower 31 bits. */
export const partitionFor = (key: string | Uint8Array, partitions: number): number =>
  (murmur2(key) & 0x7fffffff) % partitions;
