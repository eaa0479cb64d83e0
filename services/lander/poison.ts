// The breaker for records that end the process beyond any catch: after failed assignments each one is first tried in a process of its own.
import type { LogRecord } from "#adapters/broker-port.ts";
import type { Read, Reader } from "./read.ts";

/** Assignments without progress before anything is suspected: two restarts in a row are ordinary. */
export const breakerAt = 3;

/** What a crash can have lost sight of: a full range and the batches behind it. */
export const suspectRecords = 100_000;

interface Suspicion {
  /** Position below which records are tried. */
  readonly until: number;
  readonly survives: (value: Buffer | null) => Promise<boolean>;
}

export const readCarefully = (reader: Reader, { until, survives }: Suspicion): Read => {
  let tried: { readonly offset: number; readonly survived: boolean } | undefined;

  const trial = async ({ offset, value }: LogRecord): Promise<void> => {
    tried = { offset, survived: await survives(value) };
  };

  return (record) => {
    if (record.offset >= until) return reader.read(record);
    if (tried?.offset !== record.offset) return { kind: "wait", ready: () => trial(record) };
    if (tried.survived) return reader.read(record);
    return reader.refuse(record, { reason: "kills_reader", field: null, schemaId: null });
  };
};
