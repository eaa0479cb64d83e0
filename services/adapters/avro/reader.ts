// Decodes values of one writer schema into one of our records; the resolver between the two is built once.
import avro, { type Schema, type Type } from "avsc";
import { isFlat, withinBounds } from "./bounds.ts";
import { headerBytes } from "./framing.ts";

/** The record, or undefined where the bytes are no value of the writer schema, to their last byte. */
export type Read = (value: Buffer) => unknown;

/** A schema text as avsc sees it: logical types stay raw numbers, which is twice as fast and safe in unions (mtth/avsc #151). */
export const parseSchema = (text: string): Type => avro.Type.forSchema(JSON.parse(text) as Schema, { registry: {} });

/** Undefined where values of the writer cannot be read as ours: another record, a missing field without default. */
export const createReader = (writerText: string, ours: Type): Read | undefined => {
  let writer: Type;
  let resolver: ReturnType<Type["createResolver"]> | undefined;
  try {
    writer = parseSchema(writerText);
    // Without one the reader would be the writer; building it is what tests compatibility.
    const same = writer.fingerprint().equals(ours.fingerprint());
    resolver = same ? undefined : ours.createResolver(writer, { ignoreNamespaces: true });
  } catch {
    return undefined;
  }
  const flat = isFlat(writer);
  return (value) => {
    try {
      if (!flat && !withinBounds(writer, value, headerBytes)) return undefined;
      const decoded = ours.decode(value, headerBytes, resolver);
      return decoded.offset === value.length ? decoded.value : undefined;
    } catch {
      // Whatever avsc throws here, it is about the bytes: a bad branch, a long beyond 2⁵³, a record nested without end.
      return undefined;
    }
  };
};
