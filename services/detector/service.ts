// interactions in, implicit feedback signals out: one task per input partition.
import { openCodecs } from "#adapters/avro/codecs.ts";
import { createProbe } from "#adapters/avro/probe.ts";
import { connectBroker } from "#adapters/broker.ts";
import { requireTopics } from "#adapters/require-topics.ts";
import { createEngine } from "#core/engine.ts";
import { configHash } from "#core/ids.ts";
import { horizonOf } from "#core/settings.ts";
import { createTextAnalyser } from "#core/text/analyser.ts";
import { createCrashAt } from "#runtime/crash.ts";
import { createOutages } from "#runtime/outages.ts";
import { service } from "#runtime/service.ts";
import { brokerAccess, registryAccess } from "#runtime/shared-settings.ts";
import { codeVersion } from "#runtime/version.ts";
import { topicsFor } from "#schemas/topics.ts";
import { engineSettingsOf, settings } from "./config.ts";
import { createDependencies } from "./dependencies.ts";
import { createIntake } from "./intake.ts";
import { createMeter } from "./meters.ts";
import { createOutputs } from "./outputs.ts";
import { createPartitions } from "./partitions.ts";
import { createRestore } from "./restore.ts";
import { watch } from "./watch.ts";

export const detector = service("detector", settings, async (context) => {
  const { settings: given, own, fail, log, metrics, health, stopping } = context;
  const { partitions, incarnation, hashKey, acceptTruncated } = given;
  const topics = topicsFor(given.topicPrefix, partitions);
  const rules = engineSettingsOf(given);
  const outages = createOutages({ dependencies: ["broker", "registry"], log, metrics, health });

  const broker = own(await connectBroker({ ...brokerAccess(given), clientId: "earshot-detector", log }));
  const admin = own(await broker.admin());
  await requireTopics(admin, Object.values(topics), { log, signal: stopping });
  const registry = { ...registryAccess(given), prefix: given.topicPrefix };
  const codecs = own(await openCodecs({ ...registry, log, metrics, signal: stopping }));
  const probe = own(createProbe(registry));
  const producer = own(await broker.producer());
  const dependencies = createDependencies({ outages, producer, codecs, probe });
  const text = createTextAnalyser();

  const restore = createRestore({
    ...dependencies,
    admin,
    reader: broker.reader(),
    log,
    meter: createMeter(metrics),
    cfg: configHash(rules),
    horizon: horizonOf(rules),
    acceptTruncated,
    crashAt: createCrashAt(given.crashAt),
    openEngine: ({ topic, partition }) =>
      createEngine({
        settings: rules,
        text,
        hashKey,
        origin: "live",
        source: { topic, partition, partitions, incarnation },
      }),
    openIntake: (partition, past) =>
      createIntake({
        ...partition,
        ...past,
        partitions,
        settings: rules,
        decode: (value) => codecs.decode("interactions", value),
      }),
    openOutputs: (partition) => createOutputs({ ...partition, topics, codeVersion, codecs }),
  });
  const tasks = createPartitions({ restore, survives: dependencies.survives });

  const consumer = own(
    broker.consumer({ group: `${given.groupPrefix}detector`, topics: [topics.interactions.topic], fail }),
  );
  watch({ consumer, tasks, metrics, health });
  await consumer.run(tasks);
});
