// interactions in, implicit feedback signals out: one task per input partition.
import { openCodecs } from "#adapters/avro/codecs.ts";
import { createProbe } from "#adapters/avro/probe.ts";
import { connectBroker } from "#adapters/broker.ts";
import { Fenced } from "#adapters/broker-port.ts";
import { watchConsumer } from "#adapters/consumer-health.ts";
import { requireTopics } from "#adapters/require-topics.ts";
import { createTextAnalyser } from "#core/text/analyser.ts";
import { createCrashAt } from "#runtime/crash.ts";
import { toError } from "#runtime/errors.ts";
import { createOutages } from "#runtime/outages.ts";
import { service } from "#runtime/service.ts";
import { brokerAccess, registryAccess } from "#runtime/shared-settings.ts";
import { topicsFor } from "#schemas/topics.ts";
import { announcement } from "./announcement.ts";
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

  const rules = engineSettingsOf(given);
  const text = createTextAnalyser({ key: given.hashKey, unicode: process.versions["unicode"] });
  const tasks = createTasks({
    ...given,
    topics,
    admin,
    producer,
    codecs,
    probe,
    outages,
    log,
    rules,
    text,
    reader: broker.reader(),
    meter: createMeter(metrics),
    crashAt: createCrashAt(given.crashAt),
  });

  const consumer = own(
    broker.consumer({ group: `${given.groupPrefix}detector`, topics: [topics.interactions.topic], fail }),
  );
  watchConsumer(consumer, health);
  watch({ ...given, producer, tasks, metrics, health });
  const { tallies } = topics;
  const announced = producer
    .send(announcement({ rules, text, tallies, codecs, now: Date.now() }), stopping)
    .catch((cause: unknown) => {
      if (!stopping.aborted) fail(toError(cause));
      throw new Fenced("what this detector counts under was not announced", { cause });
    });
  // Awaited by each assignment; before the first one a failure must not count as unhandled.
  announced.catch(() => undefined);
  await consumer.run({
    ...tasks,
    // No tally before the word of who counts; heartbeats go on while the broker takes nothing.
    onAssigned: async (...assigned) => {
      await announced;
      return tasks.onAssigned(...assigned);
    },
  });
});
