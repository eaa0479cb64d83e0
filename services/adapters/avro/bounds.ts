// Looks over Avro bytes of a foreign schema before they are decoded: avsc trusts array and map counts, and a 6-byte message
// that claims 2³¹ items aborts the process beyond any catch (measured). Our own schemas are flat and need no scan.
import avro, { type Type } from "avsc";

// A CommonJS module whose named exports Node cannot see.
const { types } = avro;

/** Items one array or map may claim. */
const maxCount = 10_000;
/** Values visited in all, so that nested arrays of nulls, which cost no bytes, end too. */
const maxSteps = 200_000;
const maxDepth = 64;

interface Walk {
  readonly bytes: Buffer;
  position: number;
  steps: number;
}

class OutOfBounds extends Error {}

/** What the walk needs to know of avsc's types; its typings leave the members of unions out. */
interface UnionShape {
  readonly types: readonly Type[];
}

const isUnion = (type: Type): type is Type & UnionShape => type.typeName.startsWith("union:");

/** Whether every field is a scalar, enum, fixed, or union of those: then the bytes bound what decoding costs. */
export const isFlat = (type: Type): boolean => {
  const scalar = (inner: Type): boolean => {
    if (isUnion(inner)) return inner.types.every(scalar);
    return !["record", "error", "array", "map"].includes(inner.typeName);
  };
  return type instanceof types.RecordType ? type.fields.every((field) => scalar(field.type)) : scalar(type);
};

const readLong = (walk: Walk): number => {
  let value = 0;
  // Ten bytes hold 64 bits; avsc would read on.
  for (let scale = 1, length = 0; length < 10; scale *= 128, length++) {
    const byte = walk.bytes[walk.position++];
    if (byte === undefined) throw new OutOfBounds();
    value += (byte & 127) * scale;
    if (byte < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
  throw new OutOfBounds();
};

const skip = (walk: Walk, bytes: number): void => {
  if (!(bytes >= 0 && bytes <= walk.bytes.length - walk.position)) throw new OutOfBounds();
  walk.position += bytes;
};

/** An array's or map's blocks. A negative count is followed by the block's size, which avsc jumps over blindly: it must be true. */
const scanBlocks = (walk: Walk, scanItem: () => void): void => {
  for (let total = 0; ; ) {
    const claimed = readLong(walk);
    if (claimed === 0) return;
    total += Math.abs(claimed);
    if (total > maxCount) throw new OutOfBounds();
    const end = claimed < 0 ? readLong(walk) + walk.position : undefined;
    for (let index = 0; index < Math.abs(claimed); index++) scanItem();
    if (end !== undefined && end !== walk.position) throw new OutOfBounds();
  }
};

const fixedBytes: Readonly<Record<string, number>> = { null: 0, boolean: 1, float: 4, double: 8 };

const scan = (walk: Walk, type: Type, depth: number): void => {
  if (++walk.steps > maxSteps || depth > maxDepth) throw new OutOfBounds();
  const inner = (next: Type): void => scan(walk, next, depth + 1);
  const size = type instanceof types.FixedType ? type.size : fixedBytes[type.typeName];
  if (size !== undefined) return skip(walk, size);
  if (type.typeName === "string" || type.typeName === "bytes") return skip(walk, readLong(walk));
  if (type instanceof types.RecordType) {
    for (const field of type.fields) inner(field.type);
    return;
  }
  if (type instanceof types.ArrayType) return scanBlocks(walk, () => inner(type.itemsType));
  if (type instanceof types.MapType)
    return scanBlocks(walk, () => {
      skip(walk, readLong(walk));
      inner(type.valuesType);
    });
  const number = readLong(walk); // int, long, an enum's symbol, a union's branch
  if (!isUnion(type)) return;
  const branch = type.types[number];
  if (branch === undefined) throw new OutOfBounds();
  inner(branch);
};

/** Whether `bytes` from `position` to their very end are a value of the type that takes bounded work to decode. */
export const withinBounds = (type: Type, bytes: Buffer, position: number): boolean => {
  const walk: Walk = { bytes, position, steps: 0 };
  try {
    scan(walk, type, 0);
    return walk.position === bytes.length;
  } catch (thrown) {
    if (thrown instanceof OutOfBounds) return false;
    throw thrown;
  }
};
