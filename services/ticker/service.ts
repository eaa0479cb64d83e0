// one tick to every partition of interactions and tallies each few seconds, so that silence has a time.
import { randomUUID } from "node:crypto";
import { openCodecs } from "#adapters/avro/codecs.ts";
import { connectBroker } from "#adapters/broker.ts";
import { requireTopics } from "#adapters/require-topics.ts";
import { systemClock } from "#runtime/clock.ts";
import { service } from "#runtime/service.ts";
import { brokerAccess, registryAccess } from "#runtime/shared-settings.ts";
import { topicsFor } from "#schemas/topics.ts";
import { settings } from "./config.ts";
import { startTicking } from "./ticking.ts";
import { ticksFor } from "./ticks.ts";

/** Ticks missed before the ticker counts as not ready. */
const missed = 3;

export const ticker = service("ticker", settings, async (context) => {
  const { settings: given, own, fail, log, metrics, health, stopping } = context;
  const topics = topicsFor(given.topicPrefix, given.partitions);
  const sent = metrics.counter("earshot_ticks_total", "Ticks acknowledged by the broker, one for all partitions");

  const broker = own(await connectBroker({ ...brokerAccess(given), clientId: "earshot-ticker", log, metrics }));
  const admin = own(await broker.admin());
  await requireTopics(admin, [topics.interactions, topics.tallies], { log, signal: stopping });
  const codecs = own(
    await openCodecs({ ...registryAccess(given), prefix: given.topicPrefix, log, metrics, signal: stopping }),
  );
  const producer = own(await broker.producer());

  const send = async (signal: AbortSignal): Promise<void> => {
    await producer.send(ticksFor(topics, codecs, { id: `tick-${randomUUID()}`, now: systemClock() }), signal);
    sent.inc();
  };
  const ticking = own(startTicking({ interval: given.interval, send, fail }));

  health.check("ticks", () => {
    const seconds = Math.round((systemClock() - ticking.last) / 1000);
    return seconds * 1000 <= missed * given.interval + 1000
      ? { ok: true }
      : { ok: false, detail: `the last tick was acknowledged ${seconds} s ago` };
  });
});
