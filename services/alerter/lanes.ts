// Drives delivery: a lane per destination, one attempt in flight in each, so that a dead receiver delays no other.
import { type Attempt, type Destination, mannersOf, type Sender } from "#adapters/webhook-port.ts";
import type { CrashAt } from "#runtime/crash.ts";
import type { Logger } from "#runtime/logger.ts";
import type { DeliveryRecord } from "#schemas/generated/records.ts";
import { type Breaker, createBreaker } from "./breaker.ts";
import type { DeliverySettings } from "./delivery-settings.ts";
import { backRecord, disabledNames, goneRecord, planGone } from "./gone.ts";
import { deliveryKey, destinationIncident, type Ledger } from "./ledger.ts";
import { afterSending, type Dropped, type Owed, type Plan, planCase, type Resend } from "./outbox.ts";
import { pauseAfter } from "./schedule.ts";
import type { Timers } from "./timers.ts";

export interface LanesPorts {
  readonly ledger: Ledger;
  readonly settings: () => DeliverySettings;
  readonly sender: Pick<Sender, "send">;
  /** Resolves when the record is acknowledged; rejects only with the signal's reason. */
  write(partition: number, record: DeliveryRecord, signal: AbortSignal): Promise<void>;
  readonly timers: Timers;
  readonly crashAt: CrashAt<"before-attempt" | "after-attempt" | "after-delivery">;
  readonly log: Logger;
  readonly meter: {
    attempt(destination: string, outcome: string, seconds: number): void;
  };
  /** What must not happen did. */
  readonly fail: (error: unknown) => void;
}

export interface LaneState {
  readonly destination: string;
  readonly owed: number;
  /** When the oldest of them was first due, epoch ms; null: none is due. */
  readonly oldestDue: number | null;
  readonly breakerOpen: boolean;
  readonly disabled: boolean;
}

export interface Lanes extends AsyncDisposable {
  /** From now on this process delivers for the partition. */
  own(partition: number): void;
  release(partition: number): void;
  settingsChanged(): void;
  states(): readonly LaneState[];
  /** Starts no attempt any more; resolves when those in flight are written down, or have had their time. */
  stop(): Promise<void>;
}

interface Lane {
  readonly breaker: Breaker;
  busy: boolean;
  /** Epoch ms before which nothing is sent: throttled, or too close to the last one. */
  restsUntil: number;
  /** When it came back after its breaker had been open: what failed before is due again then. */
  recoveredAt: number;
}

const hour = 3_600_000;
/** A receiver has 15 s to answer; so long a stop waits for those in flight. */
const stopPatience = 15_000;

const wasUnknown = (record: DeliveryRecord | undefined): boolean => record?.code?.endsWith(afterSending) ?? false;

/** What may have been taken once may have been taken, whatever later attempts answer. */
const ended = ({ code, unknown, outcome }: Attempt, before: DeliveryRecord | undefined): string =>
  outcome !== "accepted" && (unknown || wasUnknown(before)) ? `${code}${afterSending}` : code;

/** A person asked for it, so it is owed whatever becomes of the incident. */
const askedBy = (record: DeliveryRecord | undefined): string | null =>
  record?.status === "requested" || record?.status === "retrying" ? record.actor : null;

export const createLanes = (ports: LanesPorts): Lanes => {
  const { ledger, sender, timers, crashAt, log, meter, fail } = ports;
  const owned = new Set<number>();
  const lanes = new Map<string, Lane>();
  const plans = new Map<string, Plan>();
  const dirty = new Set<string>();
  /** By route: when notifications of the last hour were first sent. */
  const sentOf = new Map<string, number[]>();
  /** By incident and destination, for receivers that must hear again and again. */
  const heardAt = new Map<string, number>();
  const inFlight = new Set<Promise<void>>();
  /** Drops that are being written down. */
  const dropping = new Set<string>();
  const closing = new AbortController();
  let stopping = false;
  let scheduled: (() => void) | undefined;
  let wakeAt = Number.POSITIVE_INFINITY;

  const laneOf = (name: string): Lane => {
    const known = lanes.get(name);
    if (known !== undefined) return known;
    const lane: Lane = {
      breaker: createBreaker(),
      busy: false,
      restsUntil: Number.NEGATIVE_INFINITY,
      recoveredAt: Number.NEGATIVE_INFINITY,
    };
    lanes.set(name, lane);
    return lane;
  };

  const wake = (at: number): void => {
    if (stopping || at >= wakeAt) return;
    scheduled?.();
    wakeAt = at;
    scheduled = timers.after(Math.min(Math.max(0, at - timers.now()), hour), () => {
      wakeAt = Number.POSITIVE_INFINITY;
      scheduled = undefined;
      pump();
    });
  };

  const track = (work: Promise<void>): void => {
    const settled = work
      .catch((error: unknown) => {
        if (!closing.signal.aborted) fail(error);
      })
      .finally(() => inFlight.delete(settled));
    inFlight.add(settled);
  };

  const writeDown = async (partition: number, record: DeliveryRecord): Promise<void> => {
    await ports.write(partition, record, closing.signal);
    ledger.addDelivery({ partition, at: timers.now(), fromLog: false }, record);
  };

  /** Later than the last record of its key, whatever the clocks of two owners say. */
  const stampAfter = (record: DeliveryRecord | undefined): number => Math.max(timers.now(), (record?.ts ?? 0) + 1);

  const blank = (about: Omit<Owed, "destination" | "route" | "due">, destination: string): DeliveryRecord => ({
    incident_id: about.incidentId,
    notification_id: about.notice.id,
    destination,
    tenant: about.tenant,
    kind: about.notice.kind,
    status: "retrying",
    attempt: about.record?.status === "requested" ? 0 : (about.record?.attempt ?? 0),
    ts: stampAfter(about.record),
    rev: about.rev,
    next_at: null,
    http_status: null,
    code: null,
    duration_ms: null,
    body_sha256: about.record?.body_sha256 ?? null,
    accepted_at: null,
    actor: askedBy(about.record),
  });

  /** What an attempt leaves behind. */
  const recordOf = (owed: Owed, attempt: Attempt): DeliveryRecord => {
    const before = owed.record;
    const made: DeliveryRecord = {
      ...blank(owed, owed.destination.name),
      http_status: attempt.status,
      code: ended(attempt, before),
      duration_ms: Math.round(attempt.durationMs),
      body_sha256: attempt.bodySha256 === "" ? null : attempt.bodySha256,
    };
    const record = { ...made, attempt: made.attempt + 1 };
    if (attempt.outcome === "accepted") return { ...record, status: "delivered", accepted_at: record.ts };
    if (attempt.outcome === "disabled") return { ...record, status: "disabled" };
    if (attempt.outcome === "refused") return { ...record, status: "failed" };
    // Who cannot drop repeats gets one more after an attempt that it may have taken, and no third.
    if (!mannersOf(owed.destination).idempotent && wasUnknown(before)) return { ...record, status: "failed" };
    const pause = pauseAfter(
      {
        attempts: record.attempt,
        page: owed.notice.page,
        throttled: attempt.outcome === "throttled",
        retryAfterMs: attempt.retryAfterMs,
      },
      () => timers.random(),
    );
    return pause === null ? { ...record, status: "failed" } : { ...record, next_at: timers.now() + pause };
  };

  const settle = (lane: Lane, { destination }: Owed, attempt: Attempt): void => {
    const now = timers.now();
    // A throttled or refusing receiver lives.
    if (lane.breaker.note(attempt.outcome === "failed" ? "failed" : "alive", now)) lane.recoveredAt = now;
    const asked = attempt.outcome === "throttled" ? (attempt.retryAfterMs ?? 0) : 0;
    lane.restsUntil = now + Math.max(mannersOf(destination).gapMs, asked);
  };

  const post = async (lane: Lane, owed: Owed): Promise<Attempt> => {
    crashAt("before-attempt");
    const { notice, destination } = owed;
    const attempt = await sender.send({
      destination,
      notificationId: notice.id,
      kind: notice.kind,
      incident: notice.data,
      at: timers.now(),
    });
    crashAt("after-attempt");
    settle(lane, owed, attempt);
    meter.attempt(destination.name, attempt.outcome, attempt.durationMs / 1000);
    return attempt;
  };

  const tryOwed = async (lane: Lane, owed: Owed): Promise<void> => {
    const { notice, destination, partition } = owed;
    if (owed.record === undefined && owed.route !== undefined && notice.kind !== "resolved")
      sentOf.set(owed.route.name, [...(sentOf.get(owed.route.name) ?? []), timers.now()]);
    const attempt = await post(lane, owed);
    const record = recordOf(owed, attempt);
    await writeDown(partition, record);
    crashAt("after-delivery");
    heardAt.set(`${owed.incidentId}|${destination.name}`, timers.now());
    if (record.status === "delivered") {
      const back = backRecord(destination, record, ledger);
      if (back !== undefined) await writeDown(back.partition, back.record);
    }
    if (record.status !== "disabled") return;
    const gone = goneRecord(destination, record, ledger);
    if (gone === undefined) return;
    log.error({ destination: destination.name }, "a destination answered 410: it is told nothing more");
    await writeDown(partition, gone);
  };

  /** No record: it says nothing new, and would be one a minute. */
  const tryResend = async (lane: Lane, resend: Resend): Promise<void> => {
    heardAt.set(`${resend.incidentId}|${resend.destination.name}`, timers.now());
    await post(lane, resend);
  };

  const launch = (lane: Lane, work: Promise<void>): void => {
    lane.busy = true;
    track(
      work.finally(() => {
        lane.busy = false;
        wake(timers.now());
      }),
    );
  };

  const drop = async ({ partition, status, destination, ...about }: Dropped): Promise<void> => {
    const key = deliveryKey(about.notice.id, destination);
    if (dropping.has(key)) return;
    dropping.add(key);
    try {
      // With the last answer: from "may have been taken" follows that its end must be told.
      const code = about.record?.code ?? null;
      await writeDown(partition, { ...blank({ ...about, partition }, destination), status, code });
    } finally {
      dropping.delete(key);
    }
  };

  const replan = (): void => {
    const settings = ports.settings();
    const options = { settings, disabled: disabledNames(settings, ledger), now: timers.now() };
    for (const id of dirty) {
      const found = ledger.find(id);
      if (found === undefined || !owned.has(found.partition)) {
        plans.delete(id);
        continue;
      }
      const plan = planCase(found, options);
      for (const dropped of plan.dropped) track(drop(dropped));
      if (plan.owed.length === 0 && plan.resends.length === 0) plans.delete(id);
      else plans.set(id, plan);
    }
    dirty.clear();
    const gone = planGone(settings, ledger, (partition) => owned.has(partition));
    if (gone.length === 0) plans.delete(destinationIncident);
    else plans.set(destinationIncident, { owed: gone, dropped: [], resends: [] });
  };

  /** When the route has room again; -Infinity: now. */
  const roomAt = ({ route, record, notice }: Owed): number => {
    if (route === undefined || route.rateLimit === null || record !== undefined || notice.kind === "resolved")
      return Number.NEGATIVE_INFINITY;
    const recent = (sentOf.get(route.name) ?? []).filter((at) => at > timers.now() - hour);
    sentOf.set(route.name, recent);
    const oldest = recent[recent.length - route.rateLimit];
    return oldest === undefined ? Number.NEGATIVE_INFINITY : oldest + hour;
  };

  const dueIn = (lane: Lane, owed: Owed): number => {
    const { record, due } = owed;
    const isEarlier = record?.status === "retrying" && record.ts <= lane.recoveredAt;
    return Math.max(isEarlier ? Math.min(due, lane.recoveredAt) : due, roomAt(owed));
  };

  const resendDue = ({ incidentId, destination, due, everyMs }: Resend): number =>
    Math.max(due, (heardAt.get(`${incidentId}|${destination.name}`) ?? Number.NEGATIVE_INFINITY) + everyMs);

  interface Candidate {
    readonly at: number;
    readonly page: boolean;
    readonly start: (lane: Lane) => Promise<void>;
  }

  const candidatesOf = (lane: Lane, { name }: Destination): readonly Candidate[] => {
    const found: Candidate[] = [];
    const now = timers.now();
    for (const plan of plans.values()) {
      for (const owed of plan.owed)
        if (owed.destination.name === name)
          found.push({ at: dueIn(lane, owed), page: owed.notice.page, start: (to) => tryOwed(to, owed) });
      for (const resend of plan.resends) {
        const at = resendDue(resend);
        if (resend.destination.name === name && (resend.until === null || Math.max(at, now) < resend.until))
          found.push({ at, page: false, start: (to) => tryResend(to, resend) });
      }
    }
    return found;
  };

  const pump = (): void => {
    if (stopping) return;
    replan();
    const now = timers.now();
    for (const destination of ports.settings().destinations) {
      const lane = laneOf(destination.name);
      if (lane.busy) continue;
      const candidates = candidatesOf(lane, destination);
      if (candidates.length === 0) continue;
      const free = Math.max(lane.restsUntil, lane.breaker.opensAt);
      const ready = candidates
        .filter(({ at }) => at <= now)
        .toSorted((a, b) => Number(b.page) - Number(a.page) || a.at - b.at)[0];
      if (ready !== undefined && free <= now) launch(lane, ready.start(lane));
      else wake(Math.max(free, Math.min(...candidates.map(({ at }) => at))));
    }
  };

  const lookAtAll = (partition?: number): void => {
    for (const { record } of ledger.cases(partition)) dirty.add(record.incident_id);
    wake(timers.now());
  };

  const unwatch = ledger.watch((id) => {
    // A destination that went or came back changes what every incident owes.
    if (id === destinationIncident) return lookAtAll();
    dirty.add(id);
    wake(timers.now());
  });

  let stopped: Promise<void> | undefined;
  const finish = async (): Promise<void> => {
    stopping = true;
    scheduled?.();
    const patience = Promise.withResolvers<void>();
    const cancel = timers.after(stopPatience, () => patience.resolve());
    await Promise.race([Promise.allSettled(inFlight), patience.promise]);
    cancel();
  };
  const stop = (): Promise<void> => (stopped ??= finish());

  return {
    own(partition) {
      owned.add(partition);
      lookAtAll(partition);
    },
    release(partition) {
      owned.delete(partition);
      lookAtAll(partition);
    },
    settingsChanged: () => lookAtAll(),
    states() {
      const settings = ports.settings();
      const now = timers.now();
      const off = disabledNames(settings, ledger);
      return settings.destinations.map(({ name }) => {
        const due = [...plans.values()]
          .flatMap(({ owed }) => owed)
          .filter(({ destination }) => destination.name === name);
        const oldest = Math.min(...due.map((one) => one.due));
        return {
          destination: name,
          owed: due.length,
          oldestDue: oldest <= now ? oldest : null,
          breakerOpen: laneOf(name).breaker.open,
          disabled: off.has(name),
        };
      });
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      unwatch();
      // What is not acknowledged by now is tried again by a successor, under the same id.
      closing.abort(new Error("delivery has stopped"));
    },
  };
};
