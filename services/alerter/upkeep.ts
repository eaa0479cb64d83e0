// Keeps the compacted logs right for the partitions of this process: no old state may outlive a newer one, and nothing stays for ever.
import type { OutRecord, Producer } from "#adapters/broker-port.ts";
import type { Logger } from "#runtime/logger.ts";
import type { IncidentRecord } from "#schemas/generated/records.ts";
import type { Topics } from "#schemas/topics.ts";
import type { Case, Ledger } from "./ledger.ts";

export interface UpkeepPorts {
  readonly topics: Pick<Topics, "incidents" | "deliveries">;
  readonly ledger: Ledger;
  readonly producer: Pick<Producer, "send">;
  readonly log: Logger;
  readonly encode: (partition: number, record: IncidentRecord) => OutRecord;
}

const day = 86_400_000;
/** As long as signals live in the store. */
const keepClosed = 400 * day;

export interface Upkeep {
  /** Appends again what a zombie's older record lies above: compaction keeps the last of a key, and must keep the highest rev. */
  repair(partition: number, signal: AbortSignal): Promise<void>;
  /** Deletes incidents that were closed 400 days ago, with their deliveries. `now`: epoch ms. */
  sweep(partition: number, now: number, signal: AbortSignal): Promise<void>;
}

export const createUpkeep = ({ topics, ledger, producer, log, encode }: UpkeepPorts): Upkeep => {
  const tombstones = ({ partition, record, deliveries }: Case): readonly OutRecord[] => [
    ...[...deliveries.values()].map(({ notification_id: notification, destination }) => ({
      topic: topics.deliveries.topic,
      partition,
      key: `${record.incident_id}|${notification}|${destination}`,
      value: null,
    })),
    // Last: whoever finds it deleted finds no deliveries either.
    { topic: topics.incidents.topic, partition, key: record.incident_id, value: null },
  ];

  return {
    async repair(partition, signal) {
      const buried = ledger.buried(partition);
      if (buried.length === 0) return;
      log.warn({ partition, incidents: buried.length }, "an older state lies above a newer one: written again");
      await producer.send(
        buried.map((record) => encode(partition, record)),
        signal,
      );
    },
    async sweep(partition, now, signal) {
      const old = [...ledger.cases(partition)].filter(({ record: { state, closed_at: closed } }) => {
        return state === "closed" && closed !== null && closed < now - keepClosed;
      });
      const out = old.flatMap(tombstones);
      if (out.length === 0) return;
      await producer.send(out, signal);
      for (const { record } of old) ledger.forget(record.incident_id);
      log.info({ partition, incidents: old.length }, "incidents of 400 days ago deleted");
    },
  };
};
