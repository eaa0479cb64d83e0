// Values written one after another as few bytes, and read back: small numbers, numbers near a known one, texts like a known one.

export interface ByteWriter {
  /** Forgets what was written before. */
  begin(): void;
  byte(value: number): void;
  /** A whole number from 0. */
  count(value: number): void;
  /** Any number; one near `like` takes fewer bytes. */
  number(value: number, like: number): void;
  /** One that begins as `like` does takes fewer bytes, one that is equal a single byte. */
  text(value: string | null, like: string | null): void;
  bytes(value: Uint8Array): void;
  /** What was written; good until the next `begin`. */
  end(): Uint8Array;
}

/** Reads in the order in which it was written, with the same `like`. */
export interface ByteReader {
  begin(written: Buffer<ArrayBuffer>): void;
  byte(): number;
  count(): number;
  number(like: number): number;
  text(like: string | null): string | null;
  /** A view on what is read. */
  bytes(): Uint8Array;
}

const firstCapacity = 4_096;

/** First byte of a number that is written as it is. */
const raw = 0;
const isWhole = (value: number): boolean => Number.isSafeInteger(value) && !Object.is(value, -0);

/** First count of a text; from `changed` on: twice the characters it shares with `like`, and whether its own need two bytes each. */
const absent = 0;
const equal = 1;
const changed = 2;

const sharedPrefix = (a: string, b: string): number => {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a.charCodeAt(length) === b.charCodeAt(length)) length += 1;
  return length;
};

export const createByteWriter = (): ByteWriter => {
  let buffer = Buffer.allocUnsafeSlow(firstCapacity);
  let size = 0;

  const makeRoom = (more: number): void => {
    if (size + more <= buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * buffer.length, size + more));
    buffer.copy(larger, 0, 0, size);
    buffer = larger;
  };
  const byte = (value: number): void => {
    makeRoom(1);
    buffer[size] = value;
    size += 1;
  };
  const count = (value: number): void => {
    let left = value;
    for (; left > 0x7f; left = Math.floor(left / 0x80)) byte((left % 0x80) + 0x80);
    byte(left);
  };

  return {
    begin() {
      size = 0;
    },
    byte,
    count,
    number(value, like) {
      const more = value - like;
      if (isWhole(value) && isWhole(like) && Number.isSafeInteger(2 * more)) {
        return count(more < 0 ? -2 * more : 2 * more + 1);
      }
      byte(raw);
      makeRoom(8);
      size = buffer.writeDoubleLE(value, size);
    },
    text(value, like) {
      if (value === null) return byte(absent);
      if (value === like) return byte(equal);
      const shared = like === null ? 0 : sharedPrefix(value, like);
      const length = value.length - shared;
      const start = size;
      count(changed + 2 * shared);
      count(length);
      makeRoom(2 * length);
      for (let index = shared; index < value.length; index += 1) {
        const code = value.charCodeAt(index);
        if (code > 0xff) break;
        buffer[size] = code;
        size += 1;
        if (index === value.length - 1) return;
      }
      if (length === 0) return;
      size = start;
      count(changed + 2 * shared + 1);
      count(length);
      makeRoom(2 * length);
      size += buffer.write(value.slice(shared), size, "utf16le");
    },
    bytes(value) {
      count(value.length);
      makeRoom(value.length);
      buffer.set(value, size);
      size += value.length;
    },
    end: () => buffer.subarray(0, size),
  };
};

export const createByteReader = (): ByteReader => {
  let buffer = Buffer.alloc(0);
  let at = 0;

  const byte = (): number => {
    const value = buffer[at] ?? 0;
    at += 1;
    return value;
  };
  const count = (): number => {
    let value = 0;
    let scale = 1;
    for (let next = byte(); ; next = byte()) {
      value += (next & 0x7f) * scale;
      if (next < 0x80) return value;
      scale *= 0x80;
    }
  };
  const take = (length: number): Buffer => {
    at += length;
    return buffer.subarray(at - length, at);
  };

  return {
    begin(written) {
      buffer = written;
      at = 0;
    },
    byte,
    count,
    number(like) {
      const more = count();
      if (more === raw) return take(8).readDoubleLE();
      return more % 2 === 0 ? like - more / 2 : like + (more - 1) / 2;
    },
    text(like) {
      const first = count();
      if (first === absent) return null;
      if (first === equal) return like;
      const wide = (first - changed) % 2;
      const shared = (first - changed - wide) / 2;
      const length = count() * (1 + wide);
      at += length;
      const own = wide === 0 ? buffer.toString("latin1", at - length, at) : buffer.toString("utf16le", at - length, at);
      return shared === 0 || like === null ? own : like.slice(0, shared) + own;
    },
    bytes: () => take(count()),
  };
};
