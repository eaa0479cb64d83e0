// The record that `rejects` keeps of one that broke the contract: which, why, and its bytes.
import type { RejectRecord } from "#schemas/generated/records.ts";

export interface Fault {
  readonly reason: string;
  readonly field: string | null;
  readonly schemaId: number | null;
}

/** A record of a log as far as it is kept. */
interface Rejected {
  readonly offset: number;
  readonly appendTs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

interface Witness {
  /** Where the record lies. */
  readonly topic: string;
  readonly partition: number;
  /** Who rejects it. */
  readonly service: string;
  readonly codeVersion: string;
}

/** As much of the original as is kept; the topic takes 2 MiB in all, and redrive reads the whole from the source offset. */
const keptBytes = 1024 * 1024;
const keptKeyBytes = 64 * 1024;

/** The id makes a repeat of it harmless. */
export const rejectRecord = (
  { offset, appendTs, key, value }: Rejected,
  { reason, field, schemaId }: Fault,
  { topic, partition, service, codeVersion }: Witness,
): RejectRecord => ({
  reject_id: `${topic}:${partition}:${offset}`,
  reason,
  source_topic: topic,
  source_partition: partition,
  source_offset: offset,
  append_ts: appendTs,
  field,
  schema_id: schemaId,
  key: key && key.subarray(0, keptKeyBytes),
  value: value && value.subarray(0, keptBytes),
  bytes_total: value?.length ?? 0,
  truncated: (value?.length ?? 0) > keptBytes,
  service,
  code_version: codeVersion,
});
