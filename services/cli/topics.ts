// npm run topics: creates the topics of the table and verifies them; with --recreate deletes them first.

import { connectBroker } from "#adapters/broker.ts";
import type { Admin, TopicSettings } from "#adapters/broker-port.ts";
import { type CommandContext, command, execute } from "#runtime/command.ts";
import type { SettingsOf } from "#runtime/config.ts";
import { AppError } from "#runtime/errors.ts";
import { brokerAccess, kafkaSettings, topicSettings } from "#runtime/shared-settings.ts";
import { topicsFor } from "#schemas/topics.ts";

const settings = { ...kafkaSettings, ...topicSettings };

const options = {
  recreate: {
    flags: "--recreate",
    help: "delete the topics with all they hold and create them anew, under a raised EARSHOT_INCARNATION",
  },
  dryRun: { flags: "--dry-run", help: "say what would be done" },
} as const;

type Context = CommandContext<SettingsOf<typeof settings>, typeof options>;

/** Groups that commit offsets of these topics; all end with the topics. */
const groupsOf = (prefix: string): readonly string[] =>
  ["detector", "lander", "alerter", "alerter-changes"].map((name) => `${prefix}${name}`);

/** The lander notes its incarnation in what it commits (streams.md 5.4). */
const incarnationIn = (metadata: string): number => {
  try {
    const { inc } = JSON.parse(metadata) as { inc?: unknown };
    return typeof inc === "number" ? inc : 0;
  } catch {
    return 0;
  }
};

/** The highest incarnation that landed rows of these topics; 0 where none is known. */
const usedIncarnation = async (admin: Admin, group: string, topics: readonly TopicSettings[]): Promise<number> => {
  let used = 0;
  for (const { topic } of topics)
    for (const { metadata } of (await admin.committed(group, topic)).values())
      used = Math.max(used, incarnationIn(metadata));
  return used;
};

/** Rows of the old topics and of the new ones would share their tokens, and the new would be swallowed as copies. */
const checkRecreation = async (admin: Admin, { settings: given }: Context, topics: readonly TopicSettings[]) => {
  for (const group of groupsOf(given.groupPrefix))
    if ((await admin.members(group)) > 0)
      throw new AppError("usage", `Services of group ${group} are running`, {
        cure: "Stop detector, lander and alerter first: they would read the new topics from their old places.",
      });
  const used = await usedIncarnation(admin, `${given.groupPrefix}lander`, topics);
  if (given.incarnation <= used)
    throw new AppError("config", `EARSHOT_INCARNATION is ${given.incarnation}, but ${used} has landed rows already`, {
      cure: `Raise it here and for every service: EARSHOT_INCARNATION=${used + 1} npm run topics -- --recreate`,
    });
};

interface Done {
  readonly deleted: ReadonlySet<string>;
  readonly created: ReadonlySet<string>;
}

const planned = (present: readonly TopicSettings[], topics: readonly TopicSettings[], recreate: boolean): Done => {
  const deleted = new Set(recreate ? present.map(({ topic }) => topic) : []);
  const kept = new Set(present.map(({ topic }) => topic).filter((topic) => !deleted.has(topic)));
  return { deleted, created: new Set(topics.map(({ topic }) => topic).filter((topic) => !kept.has(topic))) };
};

const perform = async (admin: Admin, plan: Done, topics: readonly TopicSettings[], replication: number) => {
  await admin.deleteTopics([...plan.deleted]);
  await admin.createTopics(topics, replication);
  const troubles = await admin.verifyTopics(topics);
  if (troubles.length > 0)
    throw new AppError("topic_mismatch", `Topics differ from the table:\n  ${troubles.join("\n  ")}`, {
      cure: "Change them with Kafka's own tools, or set EARSHOT_PARTITIONS to what is there, or create them anew: npm run topics -- --recreate (deletes what they hold).",
    });
};

const stateOf = ({ deleted, created }: Done, topic: string): string => {
  if (deleted.has(topic)) return "recreated";
  return created.has(topic) ? "created" : "as it should be";
};

export const topics = command({
  name: "topics",
  summary: "Creates the topics that are missing and verifies all of them. Repeating it changes nothing.",
  settings,
  options,
  tabular: true,
  run: async (context) => {
    const { settings: given, options: chosen, own, log, out, say } = context;
    const table = Object.values(topicsFor(given.topicPrefix, given.partitions));
    const broker = own(await connectBroker({ ...brokerAccess(given), clientId: "earshot-topics", log }));
    const admin = own(await broker.admin());
    const onBroker = await admin.topics();
    const present = table.filter(({ topic }) => onBroker.has(topic));
    if (chosen.recreate) await checkRecreation(admin, context, present);
    const plan = planned(present, table, chosen.recreate);
    if (!chosen.dryRun) await perform(admin, plan, table, given.replication);
    await out.table(
      table.map(({ topic, partitions, config }) => ({
        topic,
        partitions,
        retention_days: config["retention.ms"] === undefined ? "newest" : Number(config["retention.ms"]) / 86_400_000,
        state: `${chosen.dryRun ? "would be " : ""}${stateOf(plan, topic)}`.replace("would be as", "is as"),
      })),
    );
    if (chosen.recreate)
      say(`From now on every service needs EARSHOT_INCARNATION=${given.incarnation}; it is part of what lands.`);
    return 0;
  },
});

if (import.meta.main) await execute(topics);
