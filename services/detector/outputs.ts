// Where what the detector says goes: each output as bytes with its topic, partition and key.
import type { LogRecord, OutRecord, Partition } from "#adapters/broker-port.ts";
import type { Output } from "#core/engine-port.ts";
import { partitionFor } from "#core/partition.ts";
import { type Fault, rejectRecord } from "#core/reject.ts";
import { rekeyedHeader, writeRekeyedFrom } from "#core/rekeyed.ts";
import type { LateRecord, RejectRecord, SignalRecord, TallyRecord } from "#schemas/generated/records.ts";
import type { Topics } from "#schemas/topics.ts";

interface Records {
  readonly signals: SignalRecord;
  readonly tallies: TallyRecord;
  readonly late: LateRecord;
  readonly rejects: RejectRecord;
}

export interface OutputsOptions extends Partition {
  readonly topics: Topics;
  readonly codeVersion: string;
  readonly codecs: { encode<K extends keyof Records>(kind: K, record: Records[K]): Buffer };
}

export interface Outputs {
  /** Appends to `into`, in order; progress goes to every partition of `tallies`. */
  add(into: OutRecord[], outputs: readonly Output[]): void;
  rejected(record: LogRecord, fault: Fault): OutRecord;
  /** The same bytes to the partition of their session. */
  rekeyed(record: LogRecord, session: string): OutRecord;
}

/** Tenants are few; a flood of made-up ones must not fill the memory. */
const maxTenants = 10_000;

/** Type and slice, for people and readers of the topic; nothing is compacted by it. */
const keyOf = (tally: TallyRecord): string =>
  `${tally.tenant}|${tally.signal_type}|${tally.feature}|${tally.segment}|${tally.tier}|${tally.device}|${tally.locale}|` +
  `${tally.app_version}|${tally.utc_offset_min}|${tally.prompt_name}|${tally.prompt_version}|${tally.model}|` +
  `${tally.model_version}|${tally.release}`;

export const createOutputs = ({ topic, partition, topics, codeVersion, codecs }: OutputsOptions): Outputs => {
  const { signals, tallies, late, rejects, interactions } = topics;
  const source = `${topic}:${partition}`;
  const byTenant = new Map<string, number>();

  const partitionOfTenant = (tenant: string): number => {
    let found = byTenant.get(tenant);
    if (found === undefined) {
      if (byTenant.size >= maxTenants) byTenant.clear();
      found = partitionFor(tenant, tallies.partitions);
      byTenant.set(tenant, found);
    }
    return found;
  };

  const bySession = (to: typeof signals, session: string, value: Buffer): OutRecord => ({
    topic: to.topic,
    partition: partitionFor(session, to.partitions),
    key: session,
    value,
  });

  return {
    add(into, outputs) {
      for (const output of outputs)
        switch (output.kind) {
          case "signal":
            into.push(bySession(signals, output.record.session_id, codecs.encode("signals", output.record)));
            break;
          case "tally":
            into.push({
              topic: tallies.topic,
              partition: partitionOfTenant(output.record.tenant),
              key: keyOf(output.record),
              value: codecs.encode("tallies", output.record),
            });
            break;
          case "late":
            into.push(bySession(late, output.record.session_id, codecs.encode("late", output.record)));
            break;
          case "progress": {
            const value = codecs.encode("tallies", output.record);
            for (let to = 0; to < tallies.partitions; to += 1)
              into.push({ topic: tallies.topic, partition: to, key: source, value });
          }
        }
    },

    rejected: (record, fault) => ({
      topic: rejects.topic,
      partition: 0,
      key: source,
      value: codecs.encode(
        "rejects",
        rejectRecord(record, fault, { topic, partition, service: "detector", codeVersion }),
      ),
    }),

    rekeyed: (record, session) => ({
      topic: interactions.topic,
      partition: partitionFor(session, interactions.partitions),
      key: session,
      value: record.value ?? Buffer.alloc(0),
      headers: { ...record.headers, [rekeyedHeader]: writeRekeyedFrom({ ...record, topic, partition }) },
    }),
  };
};
