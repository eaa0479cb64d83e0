// interactions in, implicit feedback signals out: one task per input partition.
import { openCodecs } from "#adapters/avro/codecs.ts";
import { createProbe } from "#adapters/avro/probe.ts";
import { connectBroker } from "#adapters/broker.ts";
import { watchConsumer } from "#adapters/consumer-health.ts";
import { requireTopics } from "#adapters/require-topics.ts";
import { createTextAnalyser } from "#core/text/analyser.ts";
import { createCrashAt } from "#runtime/crash.ts";
import { createOutages } from "#runtime/outages.ts";
import { service } from "#runtime/service.ts";
import { brokerAccess, registryAccess } from "#runtime/shared-settings.ts";
import { topicsFor } from "#schemas/topics.ts";
import { engineSettingsOf, settings } from "./config.ts";
import { createMeter } from "./meters.ts";
import { createTasks } from "./tasks.ts";
import { watch } from "./watch.ts";

export const detector = service("detector", settings, async (context) => {
  const { settings: given, own, fail, log, metrics, health, stopping } = context;
  const topics = topicsFor(given.topicPrefix, given.partitions);
  const outages = createOutages({ dependencies: ["broker", "registry"], log, metrics, health });

  const broker = own(await connectBroker({ ...brokerAccess(given), clientId: "earshot-detector", log, metrics }));
  const admin = own(await broker.admin());
  await requireTopics(admin, Object.values(topics), { log, signal: stopping });
  const registry = { ...registryAccess(given), prefix: given.topicPrefix };
  const codecs = own(await openCodecs({ ...registry, log, metrics, signal: stopping }));
  const probe = own(createProbe(registry));
  const producer = own(await broker.producer());

  const tasks = createTasks({
    ...given,
    topics,
    admin,
    producer,
    codecs,
    probe,
    outages,
    log,
    rules: engineSettingsOf(given),
    text: createTextAnalyser({ key: given.hashKey, unicode: process.versions["unicode"] }),
    reader: broker.reader(),
    meter: createMeter(metrics),
    crashAt: createCrashAt(given.crashAt),
  });

  const consumer = own(
    broker.consumer({ group: `${given.groupPrefix}detector`, topics: [topics.interactions.topic], fail }),
  );
  watchConsumer(consumer, health);
  watch({ ...given, producer, tasks, metrics, health });
  await consumer.run(tasks);
});
