// From an assignment to a lane: everything that works for one partition in one epoch, and its recovery.
import type { Committed, Ctx, Partition, PartitionReader, Producer } from "#adapters/broker-port.ts";
import type { Store } from "#adapters/store-port.ts";
import { partitionFor } from "#core/partition.ts";
import type { CrashAt } from "#runtime/crash.ts";
import { AppError } from "#runtime/errors.ts";
import type { Logger } from "#runtime/logger.ts";
import type { Outages } from "#runtime/outages.ts";
import type { TableName } from "#schemas/clickhouse/tables.ts";
import type { RejectRecord } from "#schemas/generated/records.ts";
import type { Topic, TopicKind, Topics } from "#schemas/topics.ts";
import type { Limits } from "./block.ts";
import { type CrashPoint, createLanding, type Landing } from "./landing.ts";
import { createLane, type Lane } from "./lane.ts";
import type { LanderMetrics } from "./metrics.ts";
import { createPersist, type Dependency, type Persist } from "./persist.ts";
import { breakerAt, readCarefully, suspectRecords } from "./poison.ts";
import { createReader, type Decoded, type Read, type Reader, rejectRecord } from "./read.ts";
import { type Refusal, recover } from "./recovery.ts";
import { rereadRange, rereadRecord } from "./reread.ts";
import { rowMaker, tablesOf } from "./rows.ts";
import type { Timers } from "./timers.ts";

export interface LanderPorts {
  readonly topics: Topics;
  readonly inc: number;
  readonly limits: Limits;
  readonly pastWindow: number;
  readonly codeVersion: string;
  readonly codecs: {
    decode<K extends TopicKind>(kind: K, value: Buffer | null): Decoded<K>;
    resolve(schemaId: number): Promise<"resolved" | "unknown" | "unavailable">;
    encode(kind: "rejects", record: RejectRecord): Buffer;
  };
  readonly store: Pick<Store, "insert">;
  /** Whether rows or ranges of the partition are there under the incarnation (landed.ts). */
  landedBefore(tables: readonly TableName[], partition: Partition): Promise<boolean>;
  readonly reader: PartitionReader;
  readonly producer: Pick<Producer, "send">;
  readonly probe: { survives(kind: TopicKind, value: Buffer | null): Promise<boolean> };
  readonly flow: { pause(partition: Partition): void; resume(partition: Partition): void };
  readonly outages: Outages<Dependency>;
  readonly timers: Timers;
  readonly metrics: LanderMetrics;
  readonly log: Logger;
  readonly crashAt: CrashAt<CrashPoint>;
  readonly fail: (error: unknown) => void;
}

/** One partition in one epoch. */
export interface Assigned {
  readonly topic: Topic;
  readonly partition: Partition;
  readonly committed: Committed;
  readonly ctx: Ctx;
  /** Aborts when the partition is lost, or its orderly end takes too long. */
  readonly over: AbortSignal;
}

const cures: Readonly<Record<Refusal, string>> = {
  overlap: "Somebody moved the offset. Stop the lander and look: npm run lander:reset -- --dry-run",
  zero: "If topics were created anew, raise EARSHOT_INCARNATION; if only the group's offsets are gone: npm run lander:reset -- --to landed",
  unreadable:
    "Another program commits in this group: change EARSHOT_GROUP_PREFIX of one of them, or run npm run lander:reset",
  incarnation: "Set EARSHOT_INCARNATION to the number that npm run topics -- --recreate said.",
};

const createTopicReader = (
  { topic: { kind, topic }, partition }: Assigned,
  inc: number,
  persist: Persist,
  ports: LanderPorts,
): Reader => {
  const { codecs, metrics, pastWindow, codeVersion } = ports;
  const inputPartitions = ports.topics.interactions.partitions;
  return createReader({
    kind,
    partition,
    codeVersion,
    decode: (value) => codecs.decode(kind, value),
    rowsOf: rowMaker(kind, { partition, inc, inputPartitions, pastWindow }),
    resolve: (schemaId) =>
      persist("registry", async () => {
        if ((await codecs.resolve(schemaId)) === "unavailable")
          throw new AppError("registry_unavailable", `The registry does not answer for schema ${schemaId}`);
      }),
    onSkipped: (reason) => metrics.skipped.inc({ topic, reason }),
    onRejected: (reason) => metrics.rejected.inc({ topic, reason }),
  });
};

const createTopicLanding = (assigned: Assigned, persist: Persist, ports: LanderPorts): Landing => {
  const { topic, partition, ctx, over } = assigned;
  const { store, producer, codecs, metrics, timers, codeVersion, crashAt } = ports;
  const { rejects } = ports.topics;
  const labels = { topic: topic.topic };
  const source = `${partition.topic}:${partition.partition}`;

  return createLanding({
    partition,
    tables: tablesOf[topic.kind],
    persist,
    crashAt,
    commit: (position, metadata) => ctx.commit(position, metadata),
    insert: (block) => store.insert(block),
    sendRejects: (records) =>
      producer.send(
        records.map((record) => ({
          topic: rejects.topic,
          partition: partitionFor(source, rejects.partitions),
          key: source,
          value: codecs.encode("rejects", record),
        })),
        over,
      ),
    async refusedRow(offset, error) {
      metrics.rejected.inc({ ...labels, reason: "row_refused" });
      ports.log.error({ ...partition, offset, error }, "ClickHouse refuses a row");
      // A reject that cannot land would beget another.
      if (topic.kind === "rejects") return null;
      const record = await rereadRecord({ partition, reader: ports.reader, persist, over }, offset);
      return rejectRecord(partition, record, { reason: "row_refused", field: null, schemaId: null }, codeVersion);
    },
    onLanded({ offsets, oldest }, seconds) {
      metrics.blocks.inc(labels);
      metrics.rows.inc(labels, offsets.length);
      metrics.seconds.observe(labels, seconds);
      if (oldest !== null) metrics.delay.observe(labels, (timers.now() - oldest) / 1000);
    },
    now: () => timers.now(),
  });
};

/** Recovers the partition and opens its lane. Throws Fenced when it is lost meanwhile, AppError where an operator must decide. */
export const openAssignment = async (
  assigned: Assigned,
  ports: LanderPorts,
): Promise<{ lane: Lane; start: number }> => {
  const { topic, partition, committed, ctx, over } = assigned;
  const { inc, reader, metrics, log } = ports;
  const tables = tablesOf[topic.kind];
  const persist = createPersist({ ctx, over, outages: ports.outages });
  const landing = createTopicLanding(assigned, persist, ports);

  /** Under suspicion each record below `until` is tried in a process of its own first. */
  const readUnder = (of: number, tries: number, until: number): Read => {
    const own = createTopicReader(assigned, of, persist, ports);
    if (tries < breakerAt) return own.read;
    log.warn({ ...partition, tries, until }, "assigned again and again without progress: trying each record first");
    const survives = (value: Buffer | null) => persist("registry", () => ports.probe.survives(topic.kind, value));
    return readCarefully(own, { until, survives });
  };

  const start = await recover(committed, {
    inc,
    landedBefore: () => persist("clickhouse", () => ports.landedBefore(tables, partition)),
    commit: (position, metadata) => persist("broker", () => ctx.commit(position, metadata)),
    reread: (bounds, of, tries) =>
      rereadRange({ partition, reader, persist, over }, bounds, readUnder(of, tries, bounds[1] + 1), tables.length),
    landing,
    onLost: ([first, last]) => {
      metrics.lost.inc({ topic: topic.topic }, last - first + 1);
      log.error(
        { ...partition, first, last },
        "retention took records before they landed: raise retention.ms, or find out why the lander was away",
      );
    },
  });
  if (start.kind === "refused")
    throw new AppError("position_refused", `${partition.topic}:${partition.partition} is refused: ${start.detail}`, {
      cure: cures[start.why],
    });

  const { at, tries } = start;
  const suspectUntil = tries < breakerAt ? at : Math.min(committed.end, at + suspectRecords);
  const lane = createLane(
    { at, tries, suspectUntil },
    {
      inc,
      tableCount: tables.length,
      limits: ports.limits,
      timers: ports.timers,
      read: readUnder(inc, tries, suspectUntil),
      landing,
      pause: () => ports.flow.pause(partition),
      resume: () => ports.flow.resume(partition),
      fail: ports.fail,
    },
  );
  return { lane, start: at };
};
