// Decodes values of one writer schema into one of our records; the resolver between the two is built once.
import avro, { type Schema, type Type } from "avsc";
import { isFlat, withinBounds } from "./bounds.ts";
import { createFlatReader } from "./flat-reader.ts";
import { headerBytes } from "./framing.ts";

/** The record, or undefined where the bytes are no value of the writer schema, to their last byte. */
export type Read = (value: Buffer) => unknown;

/** A schema text as avsc sees it: logical types stay raw numbers, which is twice as fast and safe in unions (mtth/avsc #151). */
export const parseSchema = (text: string): Type => avro.Type.forSchema(JSON.parse(text) as Schema, { registry: {} });

const readerOf = (writerText: string, ours: Type): Read | undefined => {
  try {
    const writer = parseSchema(writerText);
    const fast = writer.fingerprint().equals(ours.fingerprint()) ? createFlatReader(ours) : undefined;
    if (fast !== undefined) return fast;
    const flat = isFlat(writer);
    // Building it is what tests compatibility.
    const resolver = ours.createResolver(writer, { ignoreNamespaces: true });
    return (value) => {
      if (!flat && !withinBounds(writer, value, headerBytes)) return undefined;
      const decoded = ours.decode(value, headerBytes, resolver);
      return decoded.offset === value.length ? decoded.value : undefined;
    };
  } catch {
    return undefined;
  }
};

/** Undefined where values of the writer cannot be read as ours: another record, a missing field without default. */
export const createReader = (writerText: string, ours: Type): Read | undefined => {
  const read = readerOf(writerText, ours);
  return (
    read &&
    ((value) => {
      try {
        return read(value);
      } catch {
        // Whatever is thrown here, it is about the bytes: a bad branch, a number too large, a record nested without end.
        return undefined;
      }
    })
  );
};
