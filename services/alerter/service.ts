// tallies, changes and people's acts in, incidents out, and whoever is on call is told: one task per partition of tallies.
import { openCodecs } from "#adapters/avro/codecs.ts";
import { connectBroker } from "#adapters/broker.ts";
import { watchConsumer } from "#adapters/consumer-health.ts";
import { requireTopics } from "#adapters/require-topics.ts";
import { openSender } from "#adapters/webhook/sender.ts";
import { systemClock } from "#runtime/clock.ts";
import { createCrashAt } from "#runtime/crash.ts";
import { AppError, toError } from "#runtime/errors.ts";
import { createOutages } from "#runtime/outages.ts";
import { service } from "#runtime/service.ts";
import { brokerAccess, registryAccess } from "#runtime/shared-settings.ts";
import { codeVersion } from "#runtime/version.ts";
import type { DeliveryRecord } from "#schemas/generated/records.ts";
import { type Topics, topicsFor } from "#schemas/topics.ts";
import { openActiveRules } from "./active-rules.ts";
import { openActiveTokens } from "./active-tokens.ts";
import { openApi } from "./api.ts";
import { settings } from "./config.ts";
import { controlOut } from "./control.ts";
import { createFollower } from "./follow.ts";
import { createIntake } from "./intake.ts";
import { createLanes } from "./lanes.ts";
import { createLedger } from "./ledger.ts";
import { declareMetrics } from "./metrics.ts";
import { createOwnership } from "./ownership.ts";
import { createRead } from "./reading.ts";
import { type Folds, realFolds } from "./recovery.ts";
import { createSnapshots } from "./snapshots.ts";
import { createTasks, incidentOut } from "./tasks.ts";
import { systemTimers } from "./timers.ts";
import { createUpkeep } from "./upkeep.ts";
import { watch } from "./watch.ts";

/** A task writes to its own partition of these: with other counts an incident would have no owner. */
const requireSamePartitions = ({ tallies, incidents, deliveries, "alerter-state": state }: Topics): void => {
  for (const { topic, partitions } of [incidents, deliveries, state])
    if (partitions !== tallies.partitions)
      throw new AppError(
        "topic_mismatch",
        `${topic} has ${partitions} partitions, ${tallies.topic} ${tallies.partitions}`,
      );
};

/** Tests hand in their own folds. */
export const alerterWith = (folds: Folds) =>
  service("alerter", settings, async (context) => {
    const { settings: given, own, log, metrics, health, stopping } = context;
    const fail = (error: unknown): void => context.fail(toError(error));
    const topics = topicsFor(given.topicPrefix, given.partitions);
    requireSamePartitions(topics);
    const crashAt = createCrashAt(given.crashAt);
    const counted = declareMetrics(metrics);
    const outages = createOutages({ dependencies: ["broker", "registry"], log, metrics, health });

    const rules = own(
      openActiveRules({
        path: given.rulesFile,
        every: given.rulesEvery,
        env: process.env,
        log,
        tried: (valid) => counted.rulesValid.set(valid ? 1 : 0),
      }),
    );

    const broker = own(await connectBroker({ ...brokerAccess(given), clientId: "earshot-alerter", log, metrics }));
    const admin = own(await broker.admin());
    await requireTopics(admin, Object.values(topics), { log, signal: stopping });
    const registry = { ...registryAccess(given), prefix: given.topicPrefix };
    const codecs = own(await openCodecs({ ...registry, log, metrics, signal: stopping }));
    const producer = own(await broker.producer());
    const reader = broker.reader();
    const read = createRead({ codecs, outages });

    const ledger = createLedger();
    const follower = own(
      createFollower({ topics, admin, reader, read, ledger, outages, log, every: given.followEvery, fail }),
    );
    const control = { topic: topics.tallies.topic, codecs };
    const writeDelivery = (partition: number, record: DeliveryRecord, signal: AbortSignal): Promise<void> =>
      producer.send(
        [
          {
            topic: topics.deliveries.topic,
            partition,
            key: `${record.incident_id}|${record.notification_id}|${record.destination}`,
            value: codecs.encode("deliveries", record),
          },
        ],
        signal,
      );
    const sender = own(openSender());
    const lanes = own(
      createLanes({
        ledger,
        settings: () => rules.current.delivery,
        sender,
        write: writeDelivery,
        timers: systemTimers,
        crashAt,
        log,
        meter: {
          attempt(destination, outcome, seconds) {
            counted.attempts.inc({ destination, outcome });
            counted.attemptSeconds.observe({ destination }, seconds);
          },
        },
        fail,
      }),
    );
    const ownership = own(
      createOwnership({
        control,
        rules,
        lanes,
        upkeep: createUpkeep({
          topics,
          ledger,
          producer,
          log,
          encode: (partition, record) => incidentOut({ topics, codecs }, partition, record),
        }),
        producer,
        clock: systemClock,
        log,
        fail,
      }),
    );
    const tasks = createTasks({
      gained: ownership.gained,
      lost: ownership.lost,
      topics,
      folds,
      settings: {
        incidentUrl: given.incidentUrl ?? null,
        queryUrl: given.queryUrl ?? null,
        slices: given.slices,
        cells: given.cells,
      },
      reader,
      producer,
      codecs,
      read,
      ledger,
      follower,
      snapshots: createSnapshots({
        topic: topics["alerter-state"].topic,
        admin,
        reader,
        producer,
        codecs,
        read,
        log,
        crashAt,
      }),
      snapshotEvery: given.snapshotEvery,
      outages,
      metrics: counted,
      log,
      crashAt,
      clock: systemClock,
    });
    const intake = createIntake({
      topics,
      read,
      codecs,
      producer,
      outages,
      count: (kind, reason) => counted.changes.inc({ kind, outcome: reason ?? "taken" }),
    });

    const tokens = own(openActiveTokens({ path: given.tokensFile, every: given.rulesEvery, log }));
    const api = own(
      await openApi({
        host: given.apiHost,
        port: given.apiPort,
        tokens: () => tokens.current,
        rate: given.apiRate,
        failures: given.apiFailures,
        version: codeVersion,
        log,
        meter: { answered: (endpoint, status) => counted.requests.inc({ endpoint, status }) },
        ledger,
        writeAct: ({ partition, record: { tenant } }, id, act) =>
          producer.send(
            [controlOut(control, partition, { tenant, at: act.at, control: { kind: "act", id, act } })],
            stopping,
          ),
        async writeDelivery(partition, record) {
          await writeDelivery(partition, record, stopping);
          ledger.addDelivery({ partition, at: systemClock(), fromLog: false }, record);
        },
        now: systemClock,
        patience: 10_000,
        stopping,
      }),
    );
    log.info({ port: api.port, host: given.apiHost, tokens: tokens.current.count }, "api listening");

    metrics.beforeScrape(() => {
      counted.rulesVersion.reset();
      counted.rulesVersion.set({ version: rules.current.rules.version }, 1);
    });
    watch({ producer, tasks, lanes, ledger, metrics, health });

    const changes = own(
      broker.consumer({
        group: `${given.groupPrefix}alerter-changes`,
        topics: [topics.changes.topic],
        fail: context.fail,
      }),
    );
    const consumer = own(
      broker.consumer({ group: `${given.groupPrefix}alerter`, topics: [topics.tallies.topic], fail: context.fail }),
    );
    watchConsumer(consumer, health);
    watchConsumer(changes, health, systemClock, "changes ");
    // Closed before the consumers: as long as attempts are in flight no successor gets the partitions, and repeats them.
    own({ [Symbol.asyncDispose]: () => lanes.stop() });
    await follower.caughtUp(stopping);
    follower.start();
    await Promise.all([consumer.run(tasks), changes.run(intake)]);
  });

export const alerter = alerterWith(realFolds);
