// npm run doctor: is everything well? Each check with its evidence and, where something is wrong, the cure.
import { setTimeout as sleep } from "node:timers/promises";
import pc from "picocolors";
import { registerSchemas } from "#adapters/avro/registration.ts";
import { connectBroker } from "#adapters/broker.ts";
import type { Admin, PartitionReader } from "#adapters/broker-port.ts";
import { openStore } from "#adapters/store.ts";
import { landingTables, lands } from "#lander/rows.ts";
import { type CommandContext, command, execute } from "#runtime/command.ts";
import type { SettingsOf } from "#runtime/config.ts";
import { AppError } from "#runtime/errors.ts";
import {
  brokerAccess,
  clickhouseSettings,
  kafkaSettings,
  registryAccess,
  registrySettings,
  storeAccess,
  topicSettings,
} from "#runtime/shared-settings.ts";
import { parseDuration } from "#runtime/units.ts";
import { readHistory } from "#schemas/history.ts";
import { type Topic, type Topics, topicsFor } from "#schemas/topics.ts";
import { judgeAlerts } from "./doctor/alerts.ts";
import { conclude, examine, type Finding, ok, unknown, wrong } from "./doctor/finding.ts";
import { type GroupView, judgeAlerter, judgeDetectorState, judgeGroup, type Place } from "./doctor/groups.ts";
import { judgeStore } from "./doctor/store.ts";
import { judgeTraffic, type LastHour } from "./doctor/traffic.ts";

const settings = { ...kafkaSettings, ...registrySettings, ...clickhouseSettings, ...topicSettings };

const options = {
  maxLag: { flags: "--max-lag <records>", help: "records a partition may be behind", default: "10000" },
  maxAge: { flags: "--max-age <duration>", help: "age a watermark may have", default: "5m" },
  wait: { flags: "--wait <duration>", help: "time between the two looks that tell a stall from a lag", default: "3s" },
} as const;

type Context = CommandContext<SettingsOf<typeof settings>, typeof options>;

interface Limits {
  readonly maxLag: number;
  readonly maxAge: number;
  readonly wait: number;
}

const limitsOf = ({ maxLag, maxAge, wait }: Context["options"]): Limits => {
  const limits = { maxLag: Number(maxLag), maxAge: parseDuration(maxAge), wait: parseDuration(wait) };
  if (!Number.isInteger(limits.maxLag))
    throw new AppError("usage", `--max-lag ${maxLag}: expected a number of records`);
  if (limits.maxAge === undefined || limits.wait === undefined)
    throw new AppError("usage", "--max-age and --wait: expected a duration such as 30s or 5m");
  return { ...limits, maxAge: limits.maxAge, wait: limits.wait };
};

/** What was appended before it should be done by now: the lander takes some seconds over ranges without rows. */
const settled = 30_000;

const placesOf = async (admin: Admin, group: string, topics: readonly Topic[]): Promise<readonly Place[]> => {
  const perTopic = await Promise.all(
    topics.map(async ({ topic }) => {
      const [committed, offsets, recent] = await Promise.all([
        admin.committed(group, topic),
        admin.offsets(topic),
        admin.offsetsAt(topic, Date.now() - settled),
      ]);
      return [...offsets].map(([partition, { start, end }]) => {
        const { offset = null, metadata = "" } = committed.get(partition) ?? {};
        return { topic, partition, committed: offset, metadata, start, end, recent: recent.get(partition) ?? end };
      });
    }),
  );
  return perTopic.flat();
};

const hour = 3_600_000;
/** Newest records of a partition that are looked at. */
const sample = 300;

/** A tick has no key, for it belongs to no session. */
const tickShare = async (reader: PartitionReader, places: readonly Place[]): Promise<number> => {
  let [ticks, all] = [0, 0];
  for (const { topic, partition, start, end } of places)
    for await (const { records } of reader.read({ topic, partition }, Math.max(start, end - sample), end)) {
      all += records.length;
      ticks += records.filter(({ key }) => key === null).length;
    }
  return all === 0 ? 0 : ticks / all;
};

const appendedSince = async (admin: Admin, { topic }: Topic, time: number): Promise<number> => {
  const [ends, firsts] = await Promise.all([admin.offsets(topic), admin.offsetsAt(topic, time)]);
  return [...ends].reduce((sum, [partition, { end }]) => sum + end - (firsts.get(partition) ?? end), 0);
};

const lastHour = async (
  admin: Admin,
  { interactions, late, rejects }: Topics,
): Promise<Omit<LastHour, "tickShare">> => {
  const since = Date.now() - hour;
  return {
    interactions: await appendedSince(admin, interactions, since),
    late: await appendedSince(admin, late, since),
    rejects: await appendedSince(admin, rejects, since),
  };
};

const examineKafka = async (
  { settings: given, own, log, stopping }: Context,
  topics: Topics,
  { maxLag, maxAge, wait }: Limits,
): Promise<readonly Finding[]> => {
  const broker = own(await connectBroker({ ...brokerAccess(given), clientId: "earshot-doctor", log }));
  const admin = own(await broker.admin());
  const differences = await admin.verifyTopics(Object.values(topics));
  if (differences.length > 0)
    return [
      wrong(
        "topics",
        differences.join("; "),
        "npm run topics; one that exists otherwise: set EARSHOT_PARTITIONS to it",
      ),
      unknown("groups", "the topics must be right first"),
    ];

  const read: Readonly<Record<GroupView["service"], readonly Topic[]>> = {
    detector: [topics.interactions],
    lander: Object.values(topics).filter(lands),
    alerter: [topics.tallies],
  };
  const look = async (service: GroupView["service"]) => {
    const group = `${given.groupPrefix}${service}`;
    const [members, places] = await Promise.all([admin.members(group), placesOf(admin, group, read[service])]);
    return { service, members, places };
  };
  const lookAtAll = () => Promise.all([look("detector"), look("lander"), look("alerter")]);
  const [before, beforeLander, beforeAlerter] = await lookAtAll();
  await sleep(wait, undefined, { signal: stopping });
  const [detector, lander, alerter] = await lookAtAll();

  return [
    ok("topics", "all there, as the table says"),
    ...judgeGroup({ ...detector, earlier: before.places }, { maxLag }),
    ...judgeDetectorState(detector.places, { now: Date.now(), maxAge }),
    ...judgeGroup({ ...lander, earlier: beforeLander.places }, { maxLag }),
    ...judgeAlerter({ ...alerter, earlier: beforeAlerter.places }, { maxLag }),
    ...judgeTraffic({
      ...(await lastHour(admin, topics)),
      tickShare: await tickShare(broker.reader(), detector.places),
    }),
  ];
};

const examineRegistry = async ({ settings: given }: Context): Promise<readonly Finding[]> => {
  const { registry: url, username, password } = registryAccess(given);
  const access = { url, username, password };
  const found = await registerSchemas({ access, prefix: given.topicPrefix, history: readHistory(), dryRun: true });
  const missing = found.filter(({ state }) => state === "missing").map(({ subject }) => subject);
  if (missing.length === 0) return [ok("schemas", `${found.length} subjects registered`)];
  return [wrong("schemas", `not registered: ${missing.join(", ")}`, "npm run schemas")];
};

const examineStore = async ({ settings: given, own, log }: Context): Promise<readonly Finding[]> => {
  const store = own(await openStore({ ...storeAccess(given), log }));
  await store.verify(landingTables);
  return [
    ok("tables", "all there, set for exactly-once inserts"),
    ...(await judgeStore(store)),
    ...(await judgeAlerts(store)),
  ];
};

const mark = { ok: pc.green("ok     "), wrong: pc.red("wrong  "), unknown: pc.yellow("unknown") };

const render = (findings: readonly Finding[]): string => {
  const width = Math.max(...findings.map(({ check }) => check.length));
  return findings
    .map(({ check, state, evidence, cure }) => {
      const line = `${mark[state]} ${check.padEnd(width)}  ${evidence}\n`;
      return cure === "" ? line : `${line}${" ".repeat(width + 10)}${pc.bold("cure:")} ${cure}\n`;
    })
    .join("");
};

export const doctor = command({
  name: "doctor",
  summary:
    "Looks whether everything is well: topics, schemas, tables, lag, stalls, watermarks, late, rejected and unresolved shares, teams without responses, disk, incidents about the pipeline, destinations that are gone, changes that explain nothing. Where something is wrong it names the cure. Exit 0 only when every check was made and is well; 1 when one is wrong or could not be made (unknown); 2 for bad configuration or usage.",
  settings,
  options,
  tabular: true,
  run: async (context) => {
    const { settings: given, out, say } = context;
    const limits = limitsOf(context.options);
    const topics = topicsFor(given.topicPrefix, given.partitions);
    const findings = (
      await Promise.all([
        examine(
          "kafka",
          () => examineKafka(context, topics, limits),
          "Is Kafka running, and does KAFKA_BROKERS name it?",
        ),
        examine("registry", () => examineRegistry(context), "Check SCHEMA_REGISTRY_URL."),
        examine("clickhouse", () => examineStore(context), "Check CLICKHOUSE_URL, user and password; npm run migrate."),
      ])
    ).flat();
    await (out.json ? out.table(findings.map((finding) => ({ ...finding }))) : out.write(render(findings)));
    const { message, code } = conclude(findings);
    say(message);
    return code;
  },
});

if (import.meta.main) await execute(doctor);
