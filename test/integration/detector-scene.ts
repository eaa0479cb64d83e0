// The surroundings of detectors under test, and what holds what they said against one plain fold of the log.
import { expect } from "vitest";
import type { LogRecord } from "#adapters/broker-port.ts";
import { partitionFor } from "#core/partition.ts";
import { defaultEngineSettings } from "#core/settings.ts";
import { createTextAnalyser } from "#core/text/analyser.ts";
import type { RunningProcess } from "#infra/dev/processes.ts";
import { type Event, generateTraffic } from "#infra/dev/traffic.ts";
import { bundledSchema } from "#schemas/bundled.ts";
import type { InteractionRecord } from "#schemas/generated/records.ts";
import { createInteractionParser } from "#schemas/interaction-json.ts";
import type { TopicKind } from "#schemas/topics.ts";
import { eventually } from "#test/helpers/eventually.ts";
import { expectSame, foldLog, readTopic } from "#test/helpers/plain-fold.ts";
import { type Env, openSurroundings } from "./surroundings.ts";

/** Of the topic `interactions`. */
export const partitions = 4;

const hashKey = "test key";

const hour = 3_600_000;
const parse = createInteractionParser();
const toRecord = (event: Event): InteractionRecord => {
  const read = parse(event);
  if ("why" in read) throw new Error(`${read.field}: ${read.why}`);
  return read.record;
};

/** Simulated traffic of the last three hours with duplicates and disorder. */
export const traffic = (seed: number, sessions: number): readonly InteractionRecord[] =>
  generateTraffic({
    seed,
    sessions,
    dialogues: Math.round(sessions / 10),
    from: Date.now() - 3 * hour,
    to: Date.now() - 60_000,
    duplicates: 0.05,
    disorder: 0.1,
    disorderMs: 25_000,
  }).events.map(toRecord);

export interface Placed {
  readonly partition?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export const openScene = async () => {
  const around = await openSurroundings("detector", partitions);
  const { stack, topics, group, broker, admin, producer, codecs, registry } = around;
  const env: Env = { ...around.env, EARSHOT_HASH_KEY: hashKey };
  const { topic } = topics.interactions;
  const decode = (value: Buffer | null) => {
    const decoded = codecs.decode("interactions", value);
    return decoded.kind === "record" ? { interaction: decoded.record, schemaId: decoded.schemaId } : undefined;
  };

  const positions = async (): Promise<
    ReadonlyMap<number, { readonly offset: number | null; readonly metadata: string }>
  > => admin.committed(group, topic);

  const isCaughtUp = async (): Promise<void> => {
    const committed = await positions();
    for (const [partition, { end }] of await admin.offsets(topic))
      expect(committed.get(partition)?.offset ?? 0, `partition ${partition}`).toBe(end);
  };

  /** Everything a topic holds, decoded, copies included. */
  const said = async <K extends TopicKind>(kind: K) =>
    [...(await readTopic(broker, topics[kind].topic)).values()].flat().map(({ value }) => {
      const decoded = codecs.decode(kind, value);
      if (decoded.kind !== "record") throw new Error(`${kind}: ${decoded.kind}`);
      return decoded.record;
    });

  return {
    env,
    topics,
    codecs,
    registry,
    positions,
    said,
    /** Registers a schema that equals ours but for its text, past the proxy: an id that no detector knows yet. */
    registerCopy: async (): Promise<number> => {
      const ours = JSON.parse(bundledSchema("interaction")) as object;
      const answer = await fetch(`${stack.SCHEMA_REGISTRY_URL}/subjects/${topic}-value/versions`, {
        method: "POST",
        headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
        body: JSON.stringify({ schema: JSON.stringify({ ...ours, doc: "another producer's copy" }) }),
      });
      return ((await answer.json()) as { readonly id: number }).id;
    },
    /** Records of one partition as they lie there. */
    records: async (kind: TopicKind, partition: number): Promise<readonly LogRecord[]> =>
      (await readTopic(broker, topics[kind].topic)).get(partition) ?? [],
    /** Records in a whole topic. */
    size: async (kind: TopicKind): Promise<number> =>
      [...(await admin.offsets(topics[kind].topic)).values()].reduce((sum, { start, end }) => sum + end - start, 0),
    /** For partition 0, while no detector runs. */
    commit: (offset: number, metadata: string): Promise<void> =>
      eventually(() => admin.setCommitted(group, { topic, partition: 0 }, offset, metadata)),

    /** Values as they are, to one partition. */
    send: (values: readonly Buffer[], { partition = 0, headers = {} }: Placed = {}): Promise<void> =>
      producer.send(values.map((value) => ({ topic, partition, key: null, value, headers }))),

    /** Each where its session belongs. */
    publish: (events: readonly InteractionRecord[]): Promise<void> =>
      producer.send(
        events.map((event) => ({
          topic,
          partition: partitionFor(event.session_id, partitions),
          key: event.session_id,
          value: codecs.encode("interactions", event),
        })),
      ),

    start: (over: Env = {}, name = "detector"): Promise<RunningProcess> =>
      around.start(name, { EARSHOT_HASH_KEY: hashKey, ...over }),

    /** Everything in the log is folded, sent and committed. */
    caughtUp: () => eventually(isCaughtUp, { within: 60_000 }),

    /** Holds what was said against one plain fold of the log. */
    check: async (): Promise<void> => {
      const fold = {
        topic,
        settings: defaultEngineSettings,
        text: createTextAnalyser({ key: hashKey, unicode: process.versions["unicode"] }),
        hashKey,
        incarnation: 1,
        decode,
      };
      const folded = foldLog(await readTopic(broker, topic), fold);
      // The service announces itself; no fold does.
      const tallies = (await said("tallies")).filter(({ signal_type }) => signal_type !== "~control");
      expectSame({ signals: await said("signals"), tallies, late: await said("late") }, folded);
    },

    /** All that its processes have logged. */
    logs: async (): Promise<string> => (await around.logs()).join(""),
    [Symbol.asyncDispose]: () => around[Symbol.asyncDispose](),
  };
};

export type Scene = Awaited<ReturnType<typeof openScene>>;
