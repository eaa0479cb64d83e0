// npm run dump: a topic as JSON Lines, the records' fields and where each lay, as replay reads them.
import { type Codecs, type Decoded, openCodecs } from "#adapters/avro/codecs.ts";
import { connectBroker } from "#adapters/broker.ts";
import type { Broker, LogRecord, Partition } from "#adapters/broker-port.ts";
import { countedAppendTs } from "#core/rekeyed.ts";
import { type CommandContext, command, execute } from "#runtime/command.ts";
import type { SettingsOf } from "#runtime/config.ts";
import { AppError } from "#runtime/errors.ts";
import { toJson } from "#runtime/json.ts";
import { createProgress } from "#runtime/progress.ts";
import {
  brokerAccess,
  kafkaSettings,
  registryAccess,
  registrySettings,
  topicSettings,
} from "#runtime/shared-settings.ts";
import { type Topic, type TopicKind, topicsFor } from "#schemas/topics.ts";

const settings = {
  ...kafkaSettings,
  ...registrySettings,
  topicPrefix: topicSettings.topicPrefix,
  partitions: topicSettings.partitions,
};

const options = {
  from: { flags: "--from <time>", help: "only what was appended at or after this: 2026-03-01T12:00Z, or epoch ms" },
  to: { flags: "--to <time>", help: "only what was appended before this" },
  partition: { flags: "--partition <n>", help: "only this partition" },
} as const;

type Context = CommandContext<SettingsOf<typeof settings>, typeof options>;

/** Text handed to stdout at a time. */
const chunk = 1 << 18;

const wrongUse = (message: string): AppError => new AppError("usage", message);

const topicNamed = (name: string, { settings: given }: Context): Topic => {
  const all = Object.values(topicsFor(given.topicPrefix, given.partitions));
  const found = all.find(({ kind, topic }) => kind === name || topic === name);
  if (found === undefined) throw wrongUse(`No topic ${name}; there are ${all.map(({ kind }) => kind).join(", ")}`);
  return found;
};

const timeOf = (flag: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const time = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (!Number.isSafeInteger(time)) throw wrongUse(`${flag} ${text}: expected a time as 2026-03-01T12:00Z, or epoch ms`);
  return time;
};

interface Stretch {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}

/** What to read: bounded by the log's ends now, so that a topic in use comes to an end. */
const stretchesOf = async (broker: Broker, { topic }: Topic, { options: chosen }: Context): Promise<Stretch[]> => {
  const [from, to] = [timeOf("--from", chosen.from), timeOf("--to", chosen.to)];
  await using admin = await broker.admin();
  if (!(await admin.topics()).has(topic))
    throw new AppError("missing_topic", `topic ${topic} does not exist`, { cure: "Create it: npm run topics" });
  const bounds = await admin.offsets(topic);
  const starts = from === undefined ? undefined : await admin.offsetsAt(topic, from);
  const ends = to === undefined ? undefined : await admin.offsetsAt(topic, to);
  return [...bounds]
    .filter(([partition]) => chosen.partition === undefined || String(partition) === chosen.partition)
    .map(([partition, { start, end }]) => ({
      partition,
      start: Math.max(start, starts?.get(partition) ?? start),
      end: Math.min(end, ends?.get(partition) ?? end),
    }))
    .toSorted((a, b) => a.partition - b.partition);
};

type Line = { readonly text: string } | { readonly leftOut: string };

/** Throws when the registry is away: a dump with gaps would be taken for the whole. */
const resolve = async (codecs: Codecs, schemaId: number): Promise<void> => {
  if ((await codecs.resolve(schemaId)) === "unavailable")
    throw new AppError("registry_unavailable", `The registry does not say what schema ${schemaId} is`);
};

/** Fields in Avro's order, then the record's place; a re-keyed copy has the append time of its original. */
const lineOf = (record: LogRecord, decoded: Decoded<TopicKind>, { topic, partition }: Partition): Line => {
  if (decoded.kind === "unresolved") return { leftOut: `schema ${decoded.schemaId} is unknown` };
  if (decoded.kind === "reject") return { leftOut: decoded.reason };
  const appended = countedAppendTs(record, topic);
  if (appended === undefined) return { leftOut: "a rekeyed-from header that no detector writes" };
  const { offset, key } = record;
  const place = { partition, offset, appended_at: appended, key: key?.toString(), schema_id: decoded.schemaId };
  return { text: `${toJson({ ...decoded.record, ...place })}\n` };
};

export const dump = command({
  name: "dump",
  summary: "Writes a topic as JSON Lines that replay reads, up to its end as of now.",
  arguments: [
    {
      name: "<topic>",
      help: "interactions, signals, tallies, late, rejects, changes, incidents, deliveries, alerter-state, or a topic's full name",
    },
  ],
  settings,
  options,
  run: async (context) => {
    const { settings: given, args, own, log, out, say, stopping } = context;
    const topic = topicNamed(args[0] ?? "", context);
    const broker = own(await connectBroker({ ...brokerAccess(given), clientId: "earshot-dump", log }));
    const codecs = own(
      await openCodecs({ ...registryAccess(given), prefix: given.topicPrefix, log, signal: stopping }),
    );
    const stretches = await stretchesOf(broker, topic, context);
    const reader = broker.reader();
    const progress = createProgress({
      label: "dumping",
      total: stretches.reduce((sum, { start, end }) => sum + Math.max(0, end - start), 0),
    });
    let [written, leftOut, text] = [0, 0, ""];
    for (const { partition, start, end } of stretches)
      for await (const batch of reader.read({ topic: topic.topic, partition }, start, end, stopping)) {
        for (const record of batch.records) {
          let decoded = codecs.decode(topic.kind, record.value);
          if (decoded.kind === "unresolved") {
            await resolve(codecs, decoded.schemaId);
            decoded = codecs.decode(topic.kind, record.value);
          }
          const line = lineOf(record, decoded, batch);
          if ("leftOut" in line) {
            leftOut++;
            progress.clear();
            say(`${topic.topic}:${partition}:${record.offset} left out: ${line.leftOut}`);
            continue;
          }
          written++;
          text += line.text;
        }
        if (text.length > chunk) {
          await out.write(text);
          text = "";
        }
        progress.update(written + leftOut, `${written.toLocaleString("en")} records`);
      }
    await out.write(text);
    progress.clear();
    say(`${written.toLocaleString("en")} records of ${topic.topic}${leftOut === 0 ? "" : `, ${leftOut} left out`}`);
    return 0;
  },
});

if (import.meta.main) await execute(dump);
