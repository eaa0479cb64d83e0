// npm run publish: JSON Lines of interaction events, or of changes, to Kafka as Avro.
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type Codecs, openCodecs } from "#adapters/avro/codecs.ts";
import { connectBroker } from "#adapters/broker.ts";
import type { OutRecord } from "#adapters/broker-port.ts";
import { requireTopics } from "#adapters/require-topics.ts";
import { engineSettings } from "#core/settings.ts";
import { type CommandContext, command, execute } from "#runtime/command.ts";
import { needed, optional, type SettingsOf, settingsFromTable } from "#runtime/config.ts";
import { AppError } from "#runtime/errors.ts";
import { readLines, tooLong } from "#runtime/lines.ts";
import { createProgress } from "#runtime/progress.ts";
import {
  brokerAccess,
  kafkaSettings,
  registryAccess,
  registrySettings,
  topicSettings,
} from "#runtime/shared-settings.ts";
import { topicsFor } from "#schemas/topics.ts";
import { changeLines } from "./publish/changes.ts";
import { interactionLines } from "./publish/interactions.ts";
import type { Event, Judged, Sort } from "./publish/lines.ts";

const settings = {
  ...kafkaSettings,
  brokers: optional(kafkaSettings.brokers),
  ...registrySettings,
  registry: optional(registrySettings.registry),
  topicPrefix: topicSettings.topicPrefix,
  partitions: topicSettings.partitions,
  pastWindow: settingsFromTable(engineSettings).pastWindow,
};

const options = {
  changes: {
    flags: "--changes",
    help: "the lines are changes: change_id, ts, kind, and what is known of tenant, scope, from, to, reverts, rollback_ref, owner, url",
  },
  rebase: { flags: "--rebase <when>", help: "now: shift all times so that the last event is now" },
  rate: { flags: "--rate <events/s>", help: "no faster than this" },
  dryRun: { flags: "--dry-run", help: "only check the lines" },
} as const;

type Context = CommandContext<SettingsOf<typeof settings>, typeof options>;

/** A send holds this many events; 2,000 of 300 bytes are about one request of 600 KB. */
const batchSize = 2000;

const sortOf = ({ settings: given, options: { changes } }: Context): Sort => {
  const rules = { topics: topicsFor(given.topicPrefix, given.partitions), pastWindow: given.pastWindow };
  return changes ? changeLines(rules) : interactionLines(rules);
};

/** What a line parses as; undefined where it is no JSON. */
const parsed = (line: string): { readonly json: unknown } | undefined => {
  try {
    return { json: JSON.parse(line) };
  } catch {
    return undefined;
  }
};

const judge = (sort: Sort, line: string, shift: number): Judged => {
  if (line === tooLong) return { bad: "longer than 8 MiB" };
  const read = parsed(line);
  return read === undefined ? { bad: "not JSON" } : sort.judge(read.json, shift, Date.now());
};

/** Where the lines come from; standard input is kept in a file when it must be read twice. */
interface Input {
  readonly size: number | undefined;
  open(): AsyncIterable<Buffer>;
}

const openInput = async ({ args, options: { rebase }, path, own, stopping }: Context): Promise<Input> => {
  const [name] = args;
  if (name !== "-") {
    const file = path(name ?? "");
    try {
      return { size: statSync(file).size, open: () => createReadStream(file, { highWaterMark: 1 << 18 }) };
    } catch (cause) {
      throw new AppError("usage", `Cannot read ${file}`, { cause });
    }
  }
  if (rebase === undefined) return { size: undefined, open: () => process.stdin };
  const folder = mkdtempSync(join(tmpdir(), "earshot-publish-"));
  own({ [Symbol.dispose]: () => rmSync(folder, { recursive: true }) });
  const file = join(folder, "stdin.jsonl");
  await pipeline(process.stdin, createWriteStream(file), { signal: stopping });
  return { size: statSync(file).size, open: () => createReadStream(file, { highWaterMark: 1 << 18 }) };
};

/** The latest event time in the input, over all lines that can be read; the second pass reports the others with their numbers. */
const lastEventTime = async (input: Input, sort: Sort): Promise<number> => {
  let last = Number.NEGATIVE_INFINITY;
  for await (const lines of readLines(input.open()))
    for (const line of lines) {
      const read = parsed(line);
      last = Math.max(last, (read && sort.timeOf(read.json)) ?? Number.NEGATIVE_INFINITY);
    }
  return last;
};

const shiftFor = async (input: Input, sort: Sort, rebase: string | undefined): Promise<number> => {
  if (rebase === undefined) return 0;
  if (rebase !== "now") throw new AppError("usage", `--rebase ${rebase}: expected now`);
  const last = await lastEventTime(input, sort);
  return Number.isFinite(last) ? Date.now() - last : 0;
};

const rateOf = (text: string | undefined): number => {
  const rate = text === undefined ? Number.POSITIVE_INFINITY : Number(text);
  if (!(rate > 0)) throw new AppError("usage", `--rate ${text ?? ""}: expected a number of events a second`);
  return rate;
};

/** Sends one batch after another, the next one being read while the last is on its way. */
interface Sink {
  send(events: readonly Event[]): Promise<void>;
  flush(): Promise<void>;
}

const discard: Sink = { send: () => Promise.resolve(), flush: () => Promise.resolve() };

const openSink = async ({ settings: given, own, log, stopping }: Context, kind: Sort["kind"]): Promise<Sink> => {
  const brokers = needed(kafkaSettings.brokers, given.brokers);
  const registry = needed(registrySettings.registry, given.registry);
  const codecs: Codecs = own(
    await openCodecs({ ...registryAccess({ ...given, registry }), prefix: given.topicPrefix, log, signal: stopping }),
  );
  const broker = own(await connectBroker({ ...brokerAccess({ ...given, brokers }), clientId: "earshot-publish", log }));
  const target = topicsFor(given.topicPrefix, given.partitions)[kind];
  await using admin = await broker.admin();
  await requireTopics(admin, [target], { log, signal: stopping });
  const producer = own(await broker.producer());

  const encode = ({ kind: of, record, key, partition }: Event): OutRecord => ({
    topic: target.topic,
    partition,
    key,
    value: codecs.encode(of, record),
  });
  let underWay: Promise<void> = Promise.resolve();
  return {
    send: async (events) => {
      const records = events.map(encode);
      await underWay;
      underWay = producer.send(records, stopping);
      // Awaited by the next call; until then a failure must not count as unhandled.
      underWay.catch(() => undefined);
    },
    flush: () => underWay,
  };
};

/** Waits until `sent` events are due at `rate`. */
const createPace = (rate: number, stopping: AbortSignal) => {
  const start = Date.now();
  return async (sent: number): Promise<void> => {
    const ahead = start + (sent / rate) * 1000 - Date.now();
    if (ahead > 0) await sleep(ahead, undefined, { signal: stopping });
  };
};

interface Playing {
  readonly sort: Sort;
  readonly sink: Sink;
  /** Added to every event time, ms. */
  readonly shift: number;
  /** Events a second. */
  readonly rate: number;
}

interface Counts {
  lines: number;
  sent: number;
  bad: number;
}

/** Plays every line of the input into the sink, in batches, and reports the bad ones as they come. */
const play = async (context: Context, input: Input, { sort, sink, shift, rate }: Playing): Promise<Counts> => {
  const { say, stopping } = context;
  const pace = createPace(rate, stopping);
  const progress = createProgress({ label: "publishing", total: input.size });
  const size = Math.max(1, Math.min(batchSize, Math.floor(rate / 10)));
  const counts: Counts = { lines: 0, sent: 0, bad: 0 };
  let [bytes, batch]: [number, Event[]] = [0, []];

  const send = async (): Promise<void> => {
    await pace(counts.sent);
    await sink.send(batch);
    counts.sent += batch.length;
    batch = [];
    progress.update(bytes, `${counts.sent.toLocaleString("en")} events`);
  };

  for await (const lines of readLines(input.open()))
    for (const line of lines) {
      stopping.throwIfAborted();
      counts.lines++;
      bytes += Buffer.byteLength(line) + 1;
      if (line.trim() === "") continue;
      const found = judge(sort, line, shift);
      if ("bad" in found) {
        counts.bad++;
        progress.clear();
        say(`line ${counts.lines}: ${found.bad}`);
        continue;
      }
      batch.push(found.event);
      if (batch.length >= size) await send();
    }
  await send();
  await sink.flush();
  progress.clear();
  return counts;
};

const summary = ({ sent, bad }: Counts, noun: string, verb: string, ms: number): string => {
  const perSecond = Math.round((sent / Math.max(1, ms)) * 1000);
  const good = `${sent.toLocaleString("en")} ${noun} ${verb} in ${(ms / 1000).toFixed(1)} s (${perSecond.toLocaleString("en")}/s)`;
  return bad === 0 ? good : `${good}; ${bad.toLocaleString("en")} bad lines left out`;
};

export const publish = command({
  name: "publish",
  summary: "Publishes interaction events, or changes, one JSON object a line, to Kafka as Avro.",
  arguments: [{ name: "<file>", help: "JSON Lines; - for standard input" }],
  settings,
  options,
  run: async (context) => {
    const { options: given, say } = context;
    const rate = rateOf(given.rate);
    const input = await openInput(context);
    const sort = sortOf(context);
    const shift = await shiftFor(input, sort, given.rebase);
    const sink = given.dryRun ? discard : await openSink(context, sort.kind);
    const started = Date.now();
    const counts = await play(context, input, { sort, sink, shift, rate });
    say(
      summary(counts, given.changes ? "changes" : "events", given.dryRun ? "valid" : "published", Date.now() - started),
    );
    return counts.bad === 0 ? 0 : 1;
  },
});

if (import.meta.main) await execute(publish);
