// Confluent framing: a zero byte, the schema's id as a big-endian 32-bit integer, then the Avro bytes.

export const headerBytes = 5;

/** The schema id; undefined: not framed (too short, another first byte, an id no registry hands out). */
export const readSchemaId = (value: Buffer): number | undefined => {
  if (value.length < headerBytes || value[0] !== 0) return undefined;
  const id = value.readInt32BE(1);
  return id > 0 ? id : undefined;
};

export const writeHeader = (target: Buffer, schemaId: number): void => {
  target[0] = 0;
  target.writeInt32BE(schemaId, 1);
};
