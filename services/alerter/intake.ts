// Changes into the log that the fold reads: from `changes`, once per change, to the tenant's partition of `tallies` or to all of them.
//
// At least once: a change that is copied twice has the same id, and the fold takes it once.
import type { Ctx, GroupHandlers, LogRecord, OutRecord, Partition, Producer } from "#adapters/broker-port.ts";
import { createLease, type Lease } from "#adapters/lease.ts";
import type { Control } from "#core/alerts/alert-port.ts";
import { partitionFor } from "#core/partition.ts";
import { type Fault, rejectRecord } from "#core/reject.ts";
import type { Outages } from "#runtime/outages.ts";
import { codeVersion } from "#runtime/version.ts";
import { changeKinds } from "#schemas/change-json.ts";
import type { ChangeRecord, RejectRecord, TallyRecord } from "#schemas/generated/records.ts";
import type { Topics } from "#schemas/topics.ts";
import { controlOut } from "./control.ts";
import { type Dependency, isOutage, type Read } from "./reading.ts";

export interface IntakePorts {
  readonly topics: Pick<Topics, "tallies" | "rejects">;
  readonly read: Read;
  readonly codecs: {
    encode(kind: "tallies", record: TallyRecord): Buffer;
    encode(kind: "rejects", record: RejectRecord): Buffer;
  };
  readonly producer: Pick<Producer, "send">;
  readonly outages: Outages<Dependency>;
  /** Each record of `changes` once; reason null: taken. */
  readonly count: (kind: string, reason: string | null) => void;
}

const kinds: ReadonlySet<string> = new Set(changeKinds);

/** `detector_id@version:config_hash`, several by comma. */
const identityForm = /^[^@,\s]+@[^:,\s]+:[^,\s]*$/;

const identitiesOf = ({ to }: ChangeRecord): readonly string[] | undefined => {
  const identities = (to ?? "").split(",").map((one) => one.trim());
  return identities.every((one) => identityForm.test(one)) ? identities : undefined;
};

const fault = (reason: string, field: string, schemaId: number): Fault => ({ reason, field, schemaId });

/** What a change means to the fold, or what is wrong with it. */
const controlFor = (change: ChangeRecord, schemaId: number): Control | Fault => {
  const { change_id: id, kind, tenant } = change;
  if (id === "") return fault("missing_field", "change_id", schemaId);
  if (tenant === "") return fault("missing_field", "tenant", schemaId);
  if (!kinds.has(kind)) return fault("unknown_kind", "kind", schemaId);
  if (kind !== "detector") return { kind: "change", id, change };
  const identities = identitiesOf(change);
  return identities === undefined ? fault("invalid_field", "to", schemaId) : { kind: "detector", id, identities };
};

export const createIntake = (ports: IntakePorts): GroupHandlers => {
  const { topics, read, codecs, producer, outages, count } = ports;
  const leases = new Map<number, Lease>();

  const targets = (tenant: string): readonly number[] => {
    const { partitions } = topics.tallies;
    return tenant === "*"
      ? Array.from({ length: partitions }, (_, index) => index)
      : [partitionFor(tenant, partitions)];
  };

  const rejected = ({ topic, partition }: Partition, record: LogRecord, why: Fault): OutRecord => ({
    topic: topics.rejects.topic,
    partition: 0,
    key: `${topic}:${partition}`,
    value: codecs.encode("rejects", rejectRecord(record, why, { topic, partition, service: "alerter", codeVersion })),
  });

  const outputs = async (where: Partition, record: LogRecord, { signal }: Lease): Promise<readonly OutRecord[]> => {
    const reading = await read("changes", record, signal);
    if (reading.kind === "reject") {
      count("unknown", reading.reason);
      return [rejected(where, record, { reason: reading.reason, field: null, schemaId: reading.schemaId })];
    }
    const { record: change, schemaId } = reading;
    const control = controlFor(change, schemaId);
    if ("reason" in control) {
      count("unknown", control.reason);
      return [rejected(where, record, control)];
    }
    count(change.kind, null);
    const { tenant, ts: at } = change;
    return targets(tenant).map((partition) =>
      controlOut({ topic: topics.tallies.topic, codecs }, partition, { tenant, at, control }),
    );
  };

  return {
    async onAssigned({ topic, partition }, { offset, logStart }, ctx: Ctx) {
      leases.get(partition)?.end();
      leases.set(partition, createLease({ topic, partition }, ctx));
      return Math.max(offset ?? logStart, logStart);
    },
    async onBatch(batch) {
      const lease = leases.get(batch.partition);
      if (lease === undefined) throw new Error(`${batch.topic}:${batch.partition} has no lease`);
      await lease.hold(async () => {
        const out: OutRecord[] = [];
        for (const record of batch.records) out.push(...(await outputs(batch, record, lease)));
        if (out.length > 0) await producer.send(out, lease.signal);
        await outages.wait("broker", () => lease.commit(batch.nextPosition, '{"v":1}'), {
          signal: lease.signal,
          isOutage,
        });
      });
    },
    onLost({ partition }) {
      leases.get(partition)?.end();
      leases.delete(partition);
    },
  };
};
