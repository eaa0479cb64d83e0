// What is owed to whom, and when: the notifications of an incident's newest record minus what `deliveries` shows done. Pure.
import { type Destination, mannersOf } from "#adapters/webhook-port.ts";
import type { DeliveryRecord, IncidentRecord } from "#schemas/generated/records.ts";
import { type DeliverySettings, type Route, routesFor } from "./delivery-settings.ts";
import { type Case, deliveryKey } from "./ledger.ts";
import { type Notice, readWords } from "./notices.ts";
import { quietUntil } from "./quiet-hours.ts";

export interface Owed {
  readonly incidentId: string;
  readonly partition: number;
  readonly tenant: string;
  /** Of the incident whose data is sent. */
  readonly rev: number | null;
  readonly notice: Pick<Notice, "id" | "kind" | "page" | "data">;
  readonly destination: Destination;
  /** Whose rate it counts against. */
  readonly route: Route | undefined;
  /** Epoch ms. */
  readonly due: number;
  /** Where it stands; undefined: never tried. */
  readonly record: DeliveryRecord | undefined;
}

/** What will not be sent any more, and must be said once. */
export interface Dropped extends Pick<Owed, "incidentId" | "partition" | "tenant" | "rev" | "notice" | "record"> {
  readonly destination: string;
  readonly status: "collapsed" | "suppressed";
}

/** What a receiver that forgets must hear again and again. */
export interface Resend extends Owed {
  readonly everyMs: number;
  /** Epoch ms; null: as long as it is open. */
  readonly until: number | null;
}

export interface Plan {
  readonly owed: readonly Owed[];
  readonly dropped: readonly Dropped[];
  readonly resends: readonly Resend[];
}

export interface PlanOptions {
  readonly settings: DeliverySettings;
  /** Names of destinations that answered 410. */
  readonly disabled: ReadonlySet<string>;
  /** Epoch ms. */
  readonly now: number;
}

const minute = 60_000;
/** One update per incident and 5 min. */
const updateGap = 5 * minute;
/** So long a page may wait for a destination of its route before the fallback is told too. */
const fallbackAfter = 2 * minute;
/** A drop is worth a record while somebody may ask why nothing came. */
const explainFor = 24 * 60 * minute;

/** Marks the code of an attempt whose outcome nobody knows: the request was on its way when the connection ended. */
export const afterSending = "_after_sending";

const isUnknown = (record: DeliveryRecord | undefined): boolean => record?.code?.endsWith(afterSending) ?? false;

/** Asked for by a person: owed whatever the incident's state. */
const isForced = (record: DeliveryRecord | undefined): boolean =>
  record !== undefined && record.actor !== null && (record.status === "requested" || record.status === "retrying");

const isDone = (record: DeliveryRecord | undefined): boolean =>
  record !== undefined && record.status !== "retrying" && record.status !== "requested";

/** Gathered for a while: what only tells of the end does not wait. */
const isGathered = ({ kind }: Pick<Notice, "kind">): boolean =>
  kind === "opened" || kind === "updated" || kind === "reminder";

interface Target {
  readonly destination: Destination;
  readonly route: Route | undefined;
  /** Of a fallback route: the pages of these destinations are told only when none of them was accepted. */
  readonly insteadOf: readonly string[] | undefined;
}

/** The destinations of an incident, those first that its routes name; one that was told stays, whatever the routes say now. */
const targetsOf = ({ record, deliveries }: Case, settings: DeliverySettings): readonly Target[] => {
  const byName = new Map(settings.destinations.map((one) => [one.name, one]));
  const targets = new Map<string, Target>();
  const add = (name: string, route: Route | undefined, insteadOf?: readonly string[]): void => {
    const destination = byName.get(name);
    if (destination !== undefined && !targets.has(name)) targets.set(name, { destination, route, insteadOf });
  };
  const routes = routesFor(settings, readWords(record.routes), record);
  for (const route of routes) for (const name of route.destinations) add(name, route);
  for (const one of deliveries.values())
    if (one.status === "delivered" || isForced(one)) add(one.destination, undefined);
  for (const route of routes) {
    const fallback = settings.routes.find(({ name }) => name === route.fallback);
    for (const name of fallback?.destinations ?? []) add(name, fallback, route.destinations);
  }
  return [...targets.values()];
};

const isEnded = ({ state }: IncidentRecord): boolean => state === "resolved" || state === "closed";

interface Pair {
  readonly notice: Notice;
  readonly record: DeliveryRecord | undefined;
}

interface Sorted {
  /** In order: only the first is tried, the next when it is done. */
  readonly pending: readonly Pair[];
  readonly collapsed: readonly Pair[];
  readonly suppressed: readonly Pair[];
  /** Of what the destination was told, the newest. */
  readonly told: Pair | undefined;
}

/** Whether a later notice says all that this one would. */
const isOvertaken = ({ notice: { kind } }: Pair, later: readonly Pair[]): boolean =>
  (kind === "updated" || kind === "reminder") &&
  later.some(({ notice }) => notice.kind === "updated" || notice.kind === "reminder" || notice.kind === "resolved");

/** What one destination has heard, has still to hear, and need not hear. */
const sortFor = ({ record, notices, deliveries }: Case, destination: string): Sorted => {
  let pending: Pair[] = [];
  const collapsed: Pair[] = [];
  let suppressed: Pair[] = [];
  let told: Pair | undefined;
  /** Whether the receiver takes the incident for open, or may. */
  let heard = false;
  for (const notice of notices) {
    const pair = { notice, record: deliveries.get(deliveryKey(notice.id, destination)) };
    if (pair.record?.status === "delivered") {
      heard = notice.kind !== "resolved";
      told = pair;
    } else if (isUnknown(pair.record)) heard ||= notice.kind === "opened";
    // An end that was dropped while the opening was on its way after all: who opened must close.
    const isMissing = notice.kind === "resolved" && heard && pair.record?.status === "collapsed";
    if (isDone(pair.record) && !isMissing) continue;
    if (notice.kind === "resolved" && !heard) {
      // Opening and end, both untold: nothing happened, as far as this receiver knows.
      collapsed.push(...pending, pair);
      pending = [];
      continue;
    }
    if (notice.kind === "resolved") {
      // Told that it is open, or perhaps told: the end must follow, the rest is history.
      collapsed.push(...pending.filter((one) => one.notice.kind !== "resolved"));
      pending = pending.filter((one) => one.notice.kind === "resolved");
    }
    pending.push(pair);
  }
  const overtaken = pending.filter((pair, index) => isOvertaken(pair, pending.slice(index + 1)));
  collapsed.push(...overtaken);
  pending = pending.filter((pair) => !overtaken.includes(pair));
  if (record.state === "silenced") {
    suppressed = pending.filter(({ notice }) => isGathered(notice));
    pending = pending.filter(({ notice }) => !isGathered(notice));
  }
  if (isEnded(record) && !heard) {
    collapsed.push(...pending);
    pending = [];
  }
  const asked = (pair: Pair): boolean => !isForced(pair.record);
  const forced = [...collapsed, ...suppressed].filter((pair) => !asked(pair));
  return {
    pending: [...forced, ...pending],
    collapsed: collapsed.filter(asked),
    suppressed: suppressed.filter(asked),
    told,
  };
};

const acceptedAt = (pair: Pair | undefined): number => pair?.record?.accepted_at ?? Number.NEGATIVE_INFINITY;

/** "SEV1" is less than "SEV2". */
const isWorse = (notice: Notice): boolean => {
  const { severity, severity_before: before } = notice.data;
  return before !== null && severity < before;
};

interface DueOptions extends PlanOptions {
  readonly found: Case;
  readonly target: Target;
  readonly told: Pair | undefined;
}

const dueOf = ({ notice, record }: Pair, { found, target, told, settings, now }: DueOptions): number => {
  if (isForced(record)) return record?.next_at ?? record?.ts ?? now;
  const seen = found.seenAt.get(notice.id) ?? notice.at;
  const gathered = seen + (isGathered(notice) ? (target.route?.groupWaitMs ?? 0) : 0);
  let due = record?.next_at ?? gathered;
  if (notice.kind === "updated" && !isWorse(notice)) due = Math.max(due, acceptedAt(told) + updateGap);
  if (target.insteadOf !== undefined) due = Math.max(due, gathered + fallbackAfter);
  const quiet = settings.quietHours[found.record.rule];
  if (quiet === undefined || (notice.page && quiet.pages === "through")) return due;
  const at = Math.max(due, now);
  return quietUntil(quiet, at) ?? due;
};

/** A fallback hears only of pages that nobody of the route has taken. */
const isWanted = ({ notice, record }: Pair, { insteadOf }: Target, { deliveries }: Case): boolean => {
  if (insteadOf === undefined || record !== undefined) return true;
  if (!notice.page || !isGathered(notice)) return false;
  return !insteadOf.some((name) => deliveries.get(deliveryKey(notice.id, name))?.status === "delivered");
};

export const planCase = (found: Case, options: PlanOptions): Plan => {
  const { settings, disabled, now } = options;
  const { record, partition } = found;
  const about = { incidentId: record.incident_id, partition, tenant: record.tenant, rev: record.rev };
  const [owed, dropped, resends]: [Owed[], Dropped[], Resend[]] = [[], [], []];

  for (const target of targetsOf(found, settings)) {
    const { destination, route } = target;
    const { name } = destination;
    const { pending, collapsed, suppressed, told } = sortFor(found, name);
    if (disabled.has(name)) {
      // What a person asks for is tried: that it is taken shows that the destination is back.
      const asked = pending.find((pair) => isForced(pair.record));
      if (asked !== undefined)
        owed.push({ ...about, ...asked, destination, route, due: dueOf(asked, { ...options, found, target, told }) });
      continue;
    }

    const drop = (pairs: readonly Pair[], status: Dropped["status"]): void => {
      for (const pair of pairs)
        if (pair.record !== undefined || (found.seenAt.get(pair.notice.id) ?? 0) > now - explainFor)
          dropped.push({ ...about, ...pair, destination: name, status });
    };
    if (target.insteadOf === undefined) {
      drop(collapsed, "collapsed");
      drop(suppressed, "suppressed");
    }

    const first = pending.find((pair) => isWanted(pair, target, found));
    if (first !== undefined)
      owed.push({ ...about, ...first, destination, route, due: dueOf(first, { ...options, found, target, told }) });

    const { resend } = mannersOf(destination);
    if (resend === null || told === undefined || first?.record !== undefined) continue;
    const until = told.notice.kind === "resolved" ? acceptedAt(told) + resend.resolvedForMs : null;
    if (until === null || until > now)
      resends.push({
        ...about,
        ...told,
        destination,
        route,
        due: acceptedAt(told) + resend.everyMs,
        everyMs: resend.everyMs,
        until,
      });
  }
  return { owed, dropped, resends };
};
