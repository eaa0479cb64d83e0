// What reads and lands one partition: shared by an assignment of the service and by the reset.
import type { Ctx, Partition, PartitionReader, Producer } from "#adapters/broker-port.ts";
import type { Store } from "#adapters/store-port.ts";
import { partitionFor } from "#core/partition.ts";
import { rejectRecord } from "#core/reject.ts";
import type { CrashAt } from "#runtime/crash.ts";
import { AppError } from "#runtime/errors.ts";
import type { Logger } from "#runtime/logger.ts";
import type { Outages } from "#runtime/outages.ts";
import type { RejectRecord } from "#schemas/generated/records.ts";
import type { Topic, TopicKind, Topics } from "#schemas/topics.ts";
import type { Packing, Range } from "./block.ts";
import type { Bounds } from "./intent.ts";
import { type CrashPoint, createLanding, type Landing } from "./landing.ts";
import type { LanderMetrics } from "./metrics.ts";
import { createPersist, type Dependency, type Persist } from "./persist.ts";
import { breakerAt, readCarefully } from "./poison.ts";
import { createReader, type Decoded, type Read, type Reader } from "./read.ts";
import { rereadRange, rereadRecord } from "./reread.ts";
import { rowMaker, targetsOf } from "./rows.ts";
import type { Timers } from "./timers.ts";

export interface WorkPorts {
  readonly topics: Topics;
  readonly pastWindow: number;
  readonly codeVersion: string;
  readonly codecs: {
    decode<K extends TopicKind>(kind: K, value: Buffer | null): Decoded<K>;
    resolve(schemaId: number): Promise<"resolved" | "unknown" | "unavailable">;
    encode(kind: "rejects", record: RejectRecord): Buffer;
  };
  readonly store: Pick<Store, "pack" | "insert">;
  readonly reader: PartitionReader;
  readonly producer: Pick<Producer, "send">;
  readonly probe: { survives(kind: TopicKind, value: Buffer | null): Promise<boolean> };
  readonly outages: Outages<Dependency>;
  readonly timers: Timers;
  readonly metrics: LanderMetrics;
  readonly log: Logger;
  readonly crashAt: CrashAt<CrashPoint>;
}

/** A partition in somebody's hands. */
export interface Owned {
  readonly topic: Topic;
  readonly partition: Partition;
  readonly ctx: Ctx;
  /** Aborts when the partition is lost, or its orderly end takes too long. */
  readonly over: AbortSignal;
}

export interface Work {
  readonly persist: Persist;
  readonly packing: Packing;
  readonly landing: Landing;
  /** After so many tries each record below `until` is first read in a process of its own. */
  readonly readUnder: (inc: number, tries: number, until: number) => Read;
  /** The range once more, with the rows it had under its incarnation. */
  readonly reread: (bounds: Bounds, inc: number, tries: number) => Promise<Range>;
}

const createTopicReader = (
  { topic: { kind, topic }, partition }: Owned,
  inc: number,
  persist: Persist,
  ports: WorkPorts,
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

const createTopicLanding = (
  owned: Owned,
  { persist, reread }: Pick<Work, "persist" | "reread">,
  ports: WorkPorts,
): Landing => {
  const { topic, partition, ctx, over } = owned;
  const { store, producer, codecs, metrics, timers, codeVersion, crashAt } = ports;
  const { rejects } = ports.topics;
  const labels = { topic: topic.topic };
  const source = `${partition.topic}:${partition.partition}`;

  return createLanding({
    partition,
    persist,
    reread,
    crashAt,
    commit: (position, metadata) => ctx.commit(position, metadata),
    store,
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
      return rejectRecord(
        record,
        { reason: "row_refused", field: null, schemaId: null },
        { ...partition, service: "lander", codeVersion },
      );
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

export const createWork = (owned: Owned, ports: WorkPorts): Work => {
  const { topic, partition, ctx, over } = owned;
  const { reader, outages, log } = ports;
  const persist = createPersist({ ctx, over, outages });

  const readUnder = (inc: number, tries: number, until: number): Read => {
    const own = createTopicReader(owned, inc, persist, ports);
    if (tries < breakerAt) return own.read;
    log.warn({ ...partition, tries, until }, "assigned again and again without progress: trying each record first");
    const survives = (value: Buffer | null) => persist("registry", () => ports.probe.survives(topic.kind, value));
    return readCarefully(own, { until, survives });
  };

  const packing: Packing = { targets: targetsOf(topic.kind), pack: (rows) => ports.store.pack(rows) };
  const reread: Work["reread"] = (bounds, inc, tries) =>
    rereadRange({ partition, reader, persist, over }, bounds, readUnder(inc, tries, bounds[1] + 1), packing);

  return { persist, packing, readUnder, reread, landing: createTopicLanding(owned, { persist, reread }, ports) };
};
