// signals, tallies, late, rejects and the responses among interactions in; rows of ClickHouse out, each exactly once.
import { openCodecs } from "#adapters/avro/codecs.ts";
import { createProbe } from "#adapters/avro/probe.ts";
import { connectBroker } from "#adapters/broker.ts";
import { watchConsumer } from "#adapters/consumer-health.ts";
import { requireTopics } from "#adapters/require-topics.ts";
import { openStore } from "#adapters/store.ts";
import { createCrashAt } from "#runtime/crash.ts";
import { toError } from "#runtime/errors.ts";
import { createOutages } from "#runtime/outages.ts";
import { service } from "#runtime/service.ts";
import { brokerAccess, registryAccess, storeAccess } from "#runtime/shared-settings.ts";
import { codeVersion } from "#runtime/version.ts";
import { topicsFor } from "#schemas/topics.ts";
import { createBudget } from "./budget.ts";
import { settings } from "./config.ts";
import { landedBefore } from "./landed.ts";
import { createLanes } from "./lanes.ts";
import { declareMetrics } from "./metrics.ts";
import { isAway } from "./persist.ts";
import { landingTables, lands } from "./rows.ts";
import { systemTimers } from "./timers.ts";
import { watch } from "./watch.ts";

export const lander = service("lander", settings, async (context) => {
  const { settings: given, own, log, metrics, health, stopping } = context;
  const { incarnation: inc, pastWindow, blockRows, blockBytes, blockAge, rowlessAge, bufferBytes } = given;
  const topics = topicsFor(given.topicPrefix, given.partitions);
  const names = Object.values(topics)
    .filter(lands)
    .map(({ topic }) => topic);
  const fail = (error: unknown): void => context.fail(toError(error));
  const outages = createOutages({ dependencies: ["broker", "clickhouse", "registry"], log, metrics, health });

  const broker = own(await connectBroker({ ...brokerAccess(given), clientId: "earshot-lander", log }));
  const admin = own(await broker.admin());
  await requireTopics(admin, Object.values(topics), { log, signal: stopping });
  const registry = { ...registryAccess(given), prefix: given.topicPrefix };
  const codecs = own(await openCodecs({ ...registry, log, metrics, signal: stopping }));
  const probe = own(createProbe(registry));
  const store = own(await openStore({ ...storeAccess(given), log }));
  await outages.wait("clickhouse", () => store.verify(landingTables), { signal: stopping, isOutage: isAway });
  const producer = own(await broker.producer());
  const consumer = own(broker.consumer({ group: `${given.groupPrefix}lander`, topics: names, fail }));

  const lanes = createLanes({
    topics,
    inc,
    limits: { rows: blockRows, bytes: blockBytes, age: blockAge, backlogAge: 3000, rowlessAge, idle: 1000 },
    budget: createBudget(bufferBytes),
    pastWindow,
    codeVersion,
    codecs,
    store,
    landedBefore: (tables, partition) => landedBefore(store, tables, partition, inc),
    reader: broker.reader(),
    producer,
    probe,
    flow: consumer,
    outages,
    timers: systemTimers,
    metrics: declareMetrics(metrics),
    log,
    crashAt: createCrashAt(given.crashAt),
    fail,
  });
  watchConsumer(consumer, health);
  watch({ lanes, metrics });
  await consumer.run(lanes.handlers);
});
