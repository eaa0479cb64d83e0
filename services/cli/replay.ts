// npm run replay: folds a log of interactions offline through the detector's own engine, without Kafka or ClickHouse.
import { createEngine } from "#core/engine.ts";
import type { Engine, Output } from "#core/engine-port.ts";
import { tickType } from "#core/interaction.ts";
import { partitionFor } from "#core/partition.ts";
import { type EngineSetting, type EngineSettings, engineSettings, parseEngineSetting } from "#core/settings.ts";
import { createTextAnalyser } from "#core/text/analyser.ts";
import { type CommandContext, command, execute } from "#runtime/command.ts";
import { type SettingsOf, secret, settingsFromTable } from "#runtime/config.ts";
import { AppError } from "#runtime/errors.ts";
import { readLines, tooLong } from "#runtime/lines.ts";
import { createProgress } from "#runtime/progress.ts";
import { topicSettings } from "#runtime/shared-settings.ts";
import { codeVersion } from "#runtime/version.ts";
import type { InteractionRecord, RejectRecord, SignalRecord } from "#schemas/generated/records.ts";
import { createInteractionParser, type LogPlace } from "#schemas/interaction-json.ts";
import { topicsFor } from "#schemas/topics.ts";
import { type LineFile, openInput, openLineFile } from "./files/lines.ts";
import { replayAlerts } from "./replay-alerts.ts";

const settings = {
  ...settingsFromTable(engineSettings),
  topicPrefix: topicSettings.topicPrefix,
  incarnation: topicSettings.incarnation,
  hashKey: secret("EARSHOT_HASH_KEY", {
    default: "earshot",
    help: "key of the daily hashes by which tallies tell users apart; the detector's",
  }),
};

const options = {
  in: {
    flags: "--in <file>",
    help: "interactions (with --alerts: tallies) as JSON Lines, - for standard input",
    default: "-",
  },
  out: {
    flags: "--out <file>",
    help: "signals (with --alerts: transitions of incidents) as JSON Lines, - for standard output",
    default: "-",
  },
  tallies: { flags: "--tallies <file>", help: "tallies and progress records" },
  late: { flags: "--late <file>", help: "records that came too late" },
  rejects: { flags: "--rejects <file>", help: "records that break a rule" },
  final: { flags: "--final", help: "only the highest revisions without retracted ones, sorted by id" },
  flush: { flags: "--flush", help: "end every visit, as if silence followed the log" },
  set: { flags: "--set <name=value...>", help: "another setting than the environment's, as gap=10m" },
  partitions: {
    flags: "--partitions <n>",
    help: "partitions of the log's topic: records outside their session's partition are left out, as the detector does",
  },
  alerts: { flags: "--alerts", help: "fold tallies into incidents, as the alerter does" },
  changes: { flags: "--changes <file>", help: "with --alerts: what was changed and when, as JSON Lines" },
  rules: { flags: "--rules <file>", help: "with --alerts: alerts.yaml instead of the default rules" },
} as const;

type Context = CommandContext<SettingsOf<typeof settings>, typeof options>;

const wrongUse = (message: string, cure?: string): AppError =>
  new AppError("usage", message, cure === undefined ? {} : { cure });

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The environment's settings with those of `--set` instead. */
const settingsWith = (given: SettingsOf<typeof settings>, changes: readonly string[]): EngineSettings => {
  const values: Record<string, number | string> = {};
  for (const { name } of engineSettings) values[name] = given[name];
  for (const change of changes) {
    const [name = "", text = ""] = change.split(/=(.*)/s);
    if (!change.includes("=")) throw wrongUse(`--set ${change}: expected name=value`);
    const row: EngineSetting | undefined = engineSettings.find(
      (setting) => setting.name === name || snakeCase(setting.name) === name,
    );
    if (row === undefined) {
      const names = engineSettings.map((setting) => `${snakeCase(setting.name)} (${setting.default || '""'})`);
      throw wrongUse(`--set ${change}: no setting is called "${name}"`, `There are ${names.join(", ")}.`);
    }
    const value = parseEngineSetting(row.kind, text);
    if (value === undefined)
      throw wrongUse(`--set ${change}: expected ${row.expectation ?? `a ${row.kind} such as ${row.default}`}`);
    values[row.name] = value;
  }
  return values as unknown as EngineSettings;
};

const countOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,3}$/.test(text)) throw wrongUse(`--partitions ${text}: expected a number from 1 to 9999`);
  return Number(text);
};

/** Signals as they are said, or with `--final` what is left of them at the end. */
const createSignalFile = (file: LineFile, final: boolean) => {
  const standing = new Map<string, { readonly revision: number; readonly signal: SignalRecord | undefined }>();
  return {
    write(signal: SignalRecord): void {
      if (!final) return file.write(signal);
      if (signal.revision < (standing.get(signal.event_id)?.revision ?? 0)) return;
      standing.set(signal.event_id, { revision: signal.revision, signal: signal.retracted ? undefined : signal });
    },
    async finish(): Promise<void> {
      for (const [, { signal }] of [...standing].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
        if (signal !== undefined) file.write(signal);
        await file.drain();
      }
    },
  };
};

interface Line {
  readonly number: number;
  readonly bytes: number;
  readonly record: InteractionRecord;
  readonly place: Required<Pick<LogPlace, "partition" | "offset" | "appended_at" | "key" | "schema_id">>;
}

/** Reads one line; the reason never quotes it: it may hold a user's words. */
const createLineReader = () => {
  const parse = createInteractionParser();
  return (text: string, number: number): Line | { readonly bad: string } => {
    if (text === tooLong) return { bad: "longer than 8 MiB" };
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      return { bad: "not JSON" };
    }
    const read = parse(json);
    if ("why" in read) return { bad: read.field === "" ? read.why : `${read.field}: ${read.why}` };
    const { record, place } = read;
    const appended = place.appended_at ?? record.ts;
    if (record.type === tickType && appended === 0) return { bad: "appended_at: a tick needs one" };
    const complete = {
      partition: place.partition ?? 0,
      offset: place.offset ?? number - 1,
      appended_at: appended,
      schema_id: place.schema_id ?? 0,
    };
    const wrong = Object.entries(complete).find(([, value]) => !Number.isSafeInteger(value));
    if (wrong !== undefined) return { bad: `${wrong[0]}: expected a whole number` };
    const key = place.key ?? record.session_id;
    if (typeof key !== "string") return { bad: "key: expected a string" };
    return { number, bytes: Buffer.byteLength(text), record, place: { ...complete, key } };
  };
};

interface Counts {
  lines: number;
  bad: number;
  signals: number;
  readonly verdicts: Map<string, number>;
}

const createReplay = (context: Context) => {
  const { settings: given, options: chosen, say } = context;
  const partitions = countOf(chosen.partitions);
  const { topic } = topicsFor(given.topicPrefix, partitions ?? 1).interactions;
  const text = createTextAnalyser({ key: given.hashKey, unicode: process.versions["unicode"] });
  const rules = settingsWith(given, chosen.set);
  const files = {
    tallies: openLineFile(chosen.tallies, context),
    late: openLineFile(chosen.late, context),
    rejects: openLineFile(chosen.rejects, context),
    out: openLineFile(chosen.out, context),
  };
  const signals = createSignalFile(files.out, chosen.final);
  const engines = new Map<number, Engine>();
  const counts: Counts = { lines: 0, bad: 0, signals: 0, verdicts: new Map() };

  const engineOf = (partition: number): Engine => {
    const known = engines.get(partition);
    if (known !== undefined) return known;
    const source = { topic, partition, partitions: partitions ?? 1, incarnation: given.incarnation };
    const engine = createEngine({ settings: rules, text, source, hashKey: given.hashKey, origin: "backfill" });
    engines.set(partition, engine);
    return engine;
  };

  const deliver = ({ kind, record }: Output): void => {
    switch (kind) {
      case "signal":
        counts.signals += 1;
        return signals.write(record);
      case "late":
        return files.late.write(record);
      case "tally":
      case "progress":
        return files.tallies.write(record);
    }
  };
  const deliverAll = (engine: Engine): void => {
    for (const output of engine.drain()) deliver(output);
  };
  const drain = async (): Promise<void> => {
    for (const file of Object.values(files)) await file.drain();
  };

  const toReject = ({ place, bytes }: Line, reason: string, field: string): RejectRecord => ({
    reject_id: `${topic}:${place.partition}:${place.offset}`,
    reason,
    source_topic: topic,
    source_partition: place.partition,
    source_offset: place.offset,
    append_ts: place.appended_at,
    field,
    schema_id: place.schema_id,
    key: Buffer.from(place.key),
    value: null, // the line itself is at hand
    bytes_total: bytes,
    truncated: true,
    service: "replay",
    code_version: codeVersion,
  });

  const count = (verdict: string): void => {
    counts.verdicts.set(verdict, (counts.verdicts.get(verdict) ?? 0) + 1);
  };

  const fold = (line: Line): void => {
    const { record, place } = line;
    const engine = engineOf(place.partition);
    if (record.type === tickType) {
      engine.tick(place.appended_at, place.offset);
      return count("ticks");
    }
    const isMisplaced = partitions !== undefined && partitionFor(record.session_id, partitions) !== place.partition;
    if (isMisplaced && record.session_id !== "") return count("in another partition");
    const verdict = engine.apply({
      interaction: record,
      offset: place.offset,
      appendTs: place.appended_at,
      schemaId: place.schema_id,
    });
    count(verdict.kind);
    if (verdict.kind !== "reject") return;
    if (chosen.rejects === undefined) say(`line ${line.number}: ${verdict.field}: ${verdict.reason}`);
    files.rejects.write(toReject(line, verdict.reason, verdict.field));
  };

  return {
    counts,
    take(line: Line): void {
      fold(line);
      deliverAll(engineOf(line.place.partition));
    },
    drain,
    async finish(): Promise<void> {
      const inOrder = [...engines].toSorted(([a], [b]) => a - b).map(([, engine]) => engine);
      for (const engine of chosen.flush ? inOrder : []) {
        engine.flush();
        deliverAll(engine);
        await drain();
      }
      await signals.finish();
    },
  };
};

/** Options of the other kind of log would be ignored in silence. */
const refuseStray = ({ options: chosen }: Context): void => {
  const { alerts, changes, rules, tallies, late, rejects, final, flush, set, partitions } = chosen;
  const stray = alerts
    ? { tallies, late, rejects, final, flush, set: set.length > 0 ? set : undefined, partitions }
    : { changes, rules };
  const [name] = Object.entries(stray).find(([, value]) => value !== undefined && value !== false) ?? [];
  if (name !== undefined) throw wrongUse(`--${name} goes ${alerts ? "without" : "only with"} --alerts`);
};

const summaryOf = ({ lines, signals, bad, verdicts }: Counts, ms: number): string => {
  const parts = [...verdicts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, n]) => `${n} ${name}`);
  const perSecond = Math.round((lines / Math.max(1, ms)) * 1000).toLocaleString("en");
  const badLines = bad === 0 ? "" : `; ${bad} bad lines left out`;
  return `${lines} lines (${parts.join(", ")}) gave ${signals} signals in ${(ms / 1000).toFixed(1)} s (${perSecond}/s)${badLines}`;
};

export const replay = command({
  name: "replay",
  summary:
    "Folds a log of interactions, one JSON object a line, into signals, tallies, late records and rejects; with --alerts a log of tallies into incidents.",
  settings,
  options,
  run: async (context) => {
    refuseStray(context);
    if (context.options.alerts) return replayAlerts(context.options, context);
    const { say, stopping } = context;
    const input = openInput(context.options.in, context);
    const fold = createReplay(context);
    const { counts } = fold;
    const read = createLineReader();
    const progress = createProgress({ label: "replaying", total: input.size });
    const started = performance.now();
    let bytes = 0;
    for await (const lines of readLines(input.stream)) {
      for (const text of lines) {
        stopping.throwIfAborted();
        counts.lines += 1;
        bytes += text.length + 1;
        if (text.trim() === "") continue;
        const line = read(text, counts.lines);
        if ("bad" in line) {
          counts.bad += 1;
          progress.clear();
          say(`line ${counts.lines}: ${line.bad}`);
          continue;
        }
        fold.take(line);
      }
      await fold.drain();
      progress.update(bytes, `${counts.lines.toLocaleString("en")} lines`);
    }
    await fold.finish();
    progress.clear();
    say(summaryOf(counts, performance.now() - started));
    return counts.bad === 0 ? 0 : 1;
  },
});

if (import.meta.main) await execute(replay);
