// Lanes under test: real sender over no network, receivers to order, time moved by hand, deliveries in a list as in their log.
import { setImmediate as nextTurn } from "node:timers/promises";
import { createMemoryInbox } from "#adapters/webhook/memory.ts";
import type { Destination, Sender } from "#adapters/webhook-port.ts";
import { silentLogger } from "#runtime/logger.ts";
import type { DeliveryRecord, IncidentRecord } from "#schemas/generated/records.ts";
import type { DeliverySettings, Route } from "./delivery-settings.ts";
import { createLanes, type Lanes } from "./lanes.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import type { Timers } from "./timers.ts";

export const destination = (name: string, type: Destination["type"] = "standard"): Destination => {
  const secrets = type === "standard" ? [`whsec_${Buffer.from("x".repeat(24)).toString("base64")}`] : [];
  const common = {
    name,
    url: `https://${name}.test/hook`,
    secrets: type === "pagerduty" ? ["routing-key"] : secrets,
    allowPrivate: [],
    allowPorts: [],
    proxy: null,
  };
  return type === "standard" ? { ...common, type, format: "json" } : { ...common, type };
};

export const route = (name: string, destinations: readonly string[], over: Partial<Route> = {}): Route => ({
  name,
  destinations,
  fallback: null,
  rateLimit: null,
  minSeverity: "SEV4",
  classes: null,
  groupWaitMs: 0,
  ...over,
});

export const settingsOf = (
  destinations: readonly Destination[],
  over: Partial<DeliverySettings> = {},
): DeliverySettings => ({
  destinations,
  routes: [
    route(
      "all",
      destinations.map(({ name }) => name),
    ),
  ],
  quietHours: {},
  ...over,
});

/** What was set off runs until it waits for time again. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await nextTurn();
};

/** Timers that fire only when the test moves time on. */
export const createManualTimers = (start: number) => {
  let now = start;
  let chance = 0.5;
  const waiting = new Set<{ readonly at: number; readonly run: () => void }>();
  const timers: Timers = {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      waiting.add(timer);
      return () => void waiting.delete(timer);
    },
    random: () => chance,
  };
  const fireUntil = async (until: number): Promise<void> => {
    for (;;) {
      await settle();
      const [next] = [...waiting].filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at);
      if (next === undefined) return;
      waiting.delete(next);
      now = Math.max(now, next.at);
      next.run();
    }
  };
  return {
    timers,
    setChance: (value: number): void => void (chance = value),
    async advance(ms: number): Promise<void> {
      const until = now + ms;
      await fireUntil(until);
      now = until;
      await settle();
    },
  };
};

interface LanesWorldOptions {
  readonly start?: number;
  /** Instead of the inbox's. */
  readonly sender?: Pick<Sender, "send">;
}

const noon = Date.UTC(2026, 2, 1, 12);

export const openLanes = (given: DeliverySettings, { start = noon, sender }: LanesWorldOptions = {}) => {
  const clock = createManualTimers(start);
  const inbox = createMemoryInbox(() => clock.timers.now());
  const written: DeliveryRecord[] = [];
  let settings = given;
  let ledger: Ledger = createLedger();
  const failures: unknown[] = [];

  const make = (): Lanes =>
    createLanes({
      ledger,
      settings: () => settings,
      sender: sender ?? inbox.sender,
      write: async (_partition, record) => void written.push(record),
      timers: clock.timers,
      crashAt: () => undefined,
      log: silentLogger,
      meter: { attempt: () => undefined },
      fail: (error) => void failures.push(error),
    });
  let lanes = make();
  lanes.own(0);

  const incidents: IncidentRecord[] = [];
  const say = async (record: IncidentRecord): Promise<IncidentRecord> => {
    incidents.push(record);
    ledger.addIncident({ partition: 0, at: clock.timers.now(), fromLog: false }, record);
    await clock.advance(0);
    return record;
  };

  return {
    ...clock,
    inbox,
    written,
    failures,
    say,
    get lanes() {
      return lanes;
    },
    /** Who was sent which notification, in order: `name kind`. */
    sent: (): readonly string[] =>
      inbox.taken.map(({ destination: name, body }) => {
        const { type } = JSON.parse(body.toString()) as { readonly type?: string };
        return `${name} ${type?.replace("incident.", "") ?? "?"}`;
      }),
    /** The newest record of each key: `name kind status attempt`. */
    standings: (): readonly string[] => {
      const newest = new Map(written.map((one) => [`${one.notification_id}|${one.destination}`, one]));
      return [...newest.values()].map(
        ({ destination: name, kind, status, attempt }) => `${name} ${kind} ${status} ${attempt}`,
      );
    },
    ask: async (record: DeliveryRecord): Promise<void> => {
      written.push(record);
      ledger.addDelivery({ partition: 0, at: clock.timers.now(), fromLog: false }, record);
      await clock.advance(0);
    },
    async change(next: DeliverySettings): Promise<void> {
      settings = next;
      lanes.settingsChanged();
      await clock.advance(0);
    },
    /** As after a crash: nothing is left but the logs. */
    async restart(): Promise<void> {
      await lanes[Symbol.asyncDispose]();
      ledger = createLedger();
      for (const record of incidents)
        ledger.addIncident({ partition: 0, at: clock.timers.now(), fromLog: true }, record);
      for (const record of written) ledger.addDelivery({ partition: 0, at: record.ts, fromLog: true }, record);
      lanes = make();
      lanes.own(0);
      await clock.advance(0);
    },
  };
};
