// Bytes by slot outside the garbage collector's heap: a log of chunks; one that is half dead moves its living records to the newest.

export type Bytes = Buffer<ArrayBuffer>;

export interface ByteStore {
  /** Replaces what the slot held. */
  set(slot: number, bytes: Uint8Array): void;
  /** A view, good until the next `set` or `delete`; empty: nothing is there. */
  get(slot: number): Bytes;
  delete(slot: number): void;
}

interface Chunk {
  readonly bytes: Bytes;
  readonly index: number;
  /** Where the next record goes. */
  end: number;
  /** Bytes of records that still count. */
  live: number;
}

/** A record: its slot and its length, four bytes each, then its bytes, up to the next multiple of eight. */
const header = 8;
const unit = 8;
const chunkUnits = 2 ** 15;
const chunkBytes = chunkUnits * unit;
/** Below this share of living bytes a full chunk is emptied. */
const keptShare = 0.6;

const firstCapacity = 1_024;
const nothing = Buffer.alloc(0);

export const createByteStore = (): ByteStore => {
  const chunks: (Chunk | undefined)[] = [];
  const free: number[] = [];
  /** Per slot: chunk × `chunkUnits` + place in it in units; 0: nothing, as a chunk's first unit stays empty. */
  let places = new Uint32Array(firstCapacity);

  /** A record larger than a chunk gets one of its own. */
  const openChunk = (length: number): Chunk => {
    const index = free.pop() ?? chunks.length;
    const chunk = {
      bytes: Buffer.allocUnsafeSlow(Math.max(chunkBytes, unit + length)),
      index,
      end: unit,
      live: 0,
    };
    chunks[index] = chunk;
    return chunk;
  };
  let newest = openChunk(0);

  const drop = ({ index }: Chunk): void => {
    chunks[index] = undefined;
    free.push(index);
  };

  const append = (slot: number, bytes: Uint8Array): void => {
    const length = Math.ceil((header + bytes.length) / unit) * unit;
    const before = newest;
    if (newest.end + length > newest.bytes.length) newest = openChunk(length);
    const { end } = newest;
    newest.bytes.writeUInt32LE(slot, end);
    newest.bytes.writeUInt32LE(bytes.length, end + 4);
    newest.bytes.set(bytes, end + header);
    newest.end += length;
    newest.live += length;
    places[slot] = newest.index * chunkUnits + end / unit;
    tidy(before);
  };

  /** Moves what lives in a chunk that is mostly dead. */
  const tidy = (chunk: Chunk): void => {
    if (chunk === newest || chunk.live >= keptShare * chunk.end) return;
    const { bytes, end } = chunk;
    let at = unit;
    while (at < end) {
      const slot = bytes.readUInt32LE(at);
      const start = at + header;
      const length = bytes.readUInt32LE(at + 4);
      const isLive = places[slot] === chunk.index * chunkUnits + at / unit;
      at += Math.ceil((header + length) / unit) * unit;
      if (isLive) append(slot, bytes.subarray(start, start + length));
    }
    drop(chunk);
  };

  const chunkAt = (place: number): Chunk | undefined => chunks[Math.floor(place / chunkUnits)];

  const remove = (slot: number): void => {
    const place = places[slot] ?? 0;
    const chunk = place === 0 ? undefined : chunkAt(place);
    if (chunk === undefined) return;
    const length = chunk.bytes.readUInt32LE((place % chunkUnits) * unit + 4);
    chunk.live -= Math.ceil((header + length) / unit) * unit;
    places[slot] = 0;
    tidy(chunk);
  };

  return {
    set(slot, bytes) {
      remove(slot);
      if (slot >= places.length) {
        const larger = new Uint32Array(Math.max(2 * places.length, slot + 1));
        larger.set(places);
        places = larger;
      }
      append(slot, bytes);
    },
    get(slot) {
      const place = places[slot] ?? 0;
      const chunk = place === 0 ? undefined : chunkAt(place);
      if (chunk === undefined) return nothing;
      const start = (place % chunkUnits) * unit;
      const length = chunk.bytes.readUInt32LE(start + 4);
      return chunk.bytes.subarray(start + header, start + header + length);
    },
    delete: remove,
  };
};
