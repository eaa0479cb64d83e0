// npm run lander:reset: with the lander stopped, finishes or drops pending ranges, then moves its offsets.
import { openCodecs } from "#adapters/avro/codecs.ts";
import { createProbe } from "#adapters/avro/probe.ts";
import { connectBroker } from "#adapters/broker.ts";
import { openStore } from "#adapters/store.ts";
import { workSettings } from "#lander/config.ts";
import { landedUpTo } from "#lander/landed.ts";
import { declareMetrics } from "#lander/metrics.ts";
import { reset, type Target } from "#lander/reset.ts";
import { lands } from "#lander/rows.ts";
import { systemTimers } from "#lander/timers.ts";
import { command, execute } from "#runtime/command.ts";
import { AppError } from "#runtime/errors.ts";
import { createMetrics } from "#runtime/metrics.ts";
import { brokerAccess, registryAccess, storeAccess } from "#runtime/shared-settings.ts";
import { codeVersion } from "#runtime/version.ts";
import { topicsFor } from "#schemas/topics.ts";

const targetOf = (text: string): Target => {
  if (text === "stay" || text === "earliest" || text === "latest" || text === "landed") return text;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new AppError("usage", `--to is "${text}": expected stay, earliest, latest, landed or an offset`);
};

const pendingOf = (text: string): "finish" | "drop" => {
  if (text === "finish" || text === "drop") return text;
  throw new AppError("usage", `--pending is "${text}": expected finish or drop`);
};

const partitionOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new AppError("usage", `--partition is "${text}": expected a number`);
};

export const landerReset = command({
  name: "lander:reset",
  summary:
    "With every lander stopped: finishes or drops pending ranges, then moves offsets. Ranges that are to land once more need a raised EARSHOT_INCARNATION, else ClickHouse takes them for copies.",
  settings: workSettings,
  options: {
    to: {
      flags: "--to <where>",
      help: "stay, earliest, latest, landed (after the last range in ClickHouse) or an offset",
      default: "stay",
    },
    pending: {
      flags: "--pending <how>",
      help: "finish: insert the range under its token; drop: forget it",
      default: "finish",
    },
    topic: {
      flags: "--topic <name>",
      help: "one of interactions, signals, tallies, late, rejects, changes, incidents, deliveries; default: all",
    },
    partition: { flags: "--partition <number>", help: "one partition; default: all" },
    dryRun: { flags: "--dry-run", help: "say what would be done" },
  },
  tabular: true,
  run: async ({ settings: given, options, own, log, out, stopping }) => {
    const chosen = { target: targetOf(options.to), pending: pendingOf(options.pending), dryRun: options.dryRun };
    const only = partitionOf(options.partition);
    const topics = topicsFor(given.topicPrefix, given.partitions);
    const wanted = Object.values(topics)
      .filter(lands)
      .filter(({ kind }) => options.topic === undefined || kind === options.topic);
    if (wanted.length === 0) throw new AppError("usage", `no topic is called ${options.topic}`);

    const broker = own(await connectBroker({ ...brokerAccess(given), clientId: "earshot-lander-reset", log }));
    const registry = { ...registryAccess(given), prefix: given.topicPrefix };
    const store = own(await openStore({ ...storeAccess(given), log }));
    const done = await reset(wanted, only, chosen, {
      topics,
      group: `${given.groupPrefix}lander`,
      inc: given.incarnation,
      pastWindow: given.pastWindow,
      codeVersion,
      admin: own(await broker.admin()),
      codecs: own(await openCodecs({ ...registry, log, signal: stopping })),
      store,
      landedUpTo: (partition) => landedUpTo(store, partition, given.incarnation),
      reader: broker.reader(),
      producer: own(await broker.producer()),
      probe: own(createProbe(registry)),
      // A command does not wait out an outage: it says so and ends, and changes nothing that a second run would not repeat.
      outages: { wait: (_, work) => work() },
      timers: systemTimers,
      metrics: declareMetrics(createMetrics("lander-reset", { defaults: false })),
      log,
      crashAt: () => undefined,
      over: stopping,
    });
    await out.table(done.map((row) => ({ ...row, action: `${options.dryRun ? "would " : ""}${row.action}` })));
    return 0;
  },
});

if (import.meta.main) await execute(landerReset);
