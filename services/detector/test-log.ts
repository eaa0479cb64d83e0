// Log records for the detector's tests: interactions encoded and placed, with defaults and named overrides.
import { createLocalCodecs } from "#adapters/avro/codecs.ts";
import type { LogRecord } from "#adapters/broker-port.ts";
import type { InteractionRecord } from "#schemas/generated/records.ts";

export const codecs = createLocalCodecs();

export const partitions = 4;

/** One session for each of four partitions. */
export const sessionIn = ["s0", "s1", "s16", "s5"] as const;

export const logRecord = (
  offset: number,
  interaction: InteractionRecord | null,
  over: Partial<LogRecord> = {},
): LogRecord => ({
  offset,
  appendTs: interaction?.ts ?? 0,
  key: null,
  value: interaction === null ? null : codecs.encode("interactions", interaction),
  headers: {},
  ...over,
});
