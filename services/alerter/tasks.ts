// Puts the parts of a task together, for every partition that may come.
import type { OutRecord, PartitionReader, Producer } from "#adapters/broker-port.ts";
import type { Lease } from "#adapters/lease.ts";
import type { AlertSettings } from "#core/alerts/alert-fold.ts";
import { defaultRules } from "#core/alerts/rules.ts";
import type { Clock } from "#runtime/clock.ts";
import type { CrashAt } from "#runtime/crash.ts";
import type { Logger } from "#runtime/logger.ts";
import type { Outages } from "#runtime/outages.ts";
import type { IncidentRecord } from "#schemas/generated/records.ts";
import type { Topics } from "#schemas/topics.ts";
import type { CrashPoint } from "./crash-points.ts";
import type { Follower } from "./follow.ts";
import type { Ledger } from "./ledger.ts";
import type { AlerterMetrics } from "./metrics.ts";
import { createPartitions, type Partitions, type PartitionsPorts } from "./partitions.ts";
import { type Dependency, isOutage, type Read } from "./reading.ts";
import { createRecovery, type Folds } from "./recovery.ts";
import type { Snapshots } from "./snapshots.ts";
import { createTask, type TaskPorts } from "./task.ts";

export interface TasksPorts extends Pick<PartitionsPorts, "gained" | "lost"> {
  readonly topics: Topics;
  readonly folds: Folds;
  readonly settings: AlertSettings;
  readonly reader: PartitionReader;
  readonly producer: Pick<Producer, "send">;
  readonly codecs: { encode(kind: "incidents", record: IncidentRecord): Buffer };
  readonly read: Read;
  readonly ledger: Ledger;
  readonly follower: Pick<Follower, "caughtUp">;
  readonly snapshots: Snapshots;
  readonly snapshotEvery: number;
  readonly outages: Outages<Dependency>;
  readonly metrics: AlerterMetrics;
  readonly log: Logger;
  readonly crashAt: CrashAt<CrashPoint>;
  readonly clock: Clock;
}

export interface Tasks extends Partitions {
  /** By partition: when its memory was last written down, epoch ms; null: not yet. */
  readonly snapshotAt: ReadonlyMap<number, number | null>;
}

export const incidentOut = (
  { topics, codecs }: Pick<TasksPorts, "topics" | "codecs">,
  partition: number,
  record: IncidentRecord,
): OutRecord => ({
  // Where the tallies are, whatever tenant the incident names: its partition owns it.
  topic: topics.incidents.topic,
  partition,
  key: record.incident_id,
  value: codecs.encode("incidents", record),
});

export const createTasks = (ports: TasksPorts): Tasks => {
  const { settings, producer, snapshots, snapshotEvery, follower, outages, metrics, clock } = ports;
  const snapshotAt = new Map<number, number | null>();
  // Rules come by the log alone, so that a fold depends on nothing else.
  const recover = createRecovery({
    ...ports,
    options: { rules: defaultRules, settings },
    meter: { lost: (partition, records) => metrics.lost.inc({ partition }, records) },
  });

  const meter: TaskPorts["meter"] = {
    step: (step, seconds) => metrics.steps.observe({ step }, seconds),
    unreadable: (reason) => metrics.unreadable.inc({ topic: "tallies", reason }),
    transition: ({ state, class: kind, severity }) => metrics.transitions.inc({ state, class: kind, severity }),
  };

  const commit = (lease: Lease, position: number): Promise<void> =>
    outages.wait("broker", () => lease.commit(position, '{"v":1}'), { signal: lease.signal, isOutage });

  const partitions = createPartitions({
    ...ports,
    catchUp: (signal) => follower.caughtUp(signal),
    async restore(where, committed, lease) {
      const { partition } = where;
      const began = performance.now();
      const { fold, position, rules, snapshotAt: written } = await recover(where, committed, lease);
      meter.step("restore", (performance.now() - began) / 1000);
      snapshotAt.set(partition, written);
      let due = (written ?? clock()) + snapshotEvery;
      return createTask(
        { position, rules },
        {
          ...ports,
          partition,
          fold,
          meter,
          commit,
          now: clock,
          send: (records, signal) => producer.send(records, signal),
          encode: (record) => incidentOut(ports, partition, record),
          snapshotDue: () => clock() >= due,
          async snapshot(snapshot, version, signal) {
            const now = clock();
            await snapshots.write({ partition, snapshot, rules: version, now, signal });
            due = now + snapshotEvery;
            snapshotAt.set(partition, now);
          },
        },
      );
    },
  });
  return { ...partitions, snapshotAt };
};
