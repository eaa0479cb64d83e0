// Destinations that answered 410: switched off until their URL changes or a person asks for them again, and told to the others.
import { hash } from "node:crypto";
import type { Destination } from "#adapters/webhook-port.ts";
import { isoTime } from "#core/alerts/payload.ts";
import type { DeliveryRecord } from "#schemas/generated/records.ts";
import type { IncidentPayload } from "#schemas/incident-payload.ts";
import type { DeliverySettings } from "./delivery-settings.ts";
import { deliveryKey, destinationIncident, type GoneDelivery, type Ledger } from "./ledger.ts";
import type { Owed } from "./outbox.ts";

/**
 * Of the record that says a destination is off, and of what the others are told of it. A destination with another URL is another
 * one; `time` counts how often it went, so that each time is news to receivers that drop repeats.
 */
const goneId = ({ name, url }: Destination, time: number): string =>
  `ntf_${hash("sha256", `${destinationIncident}|${name}|${url}|${time}`, "hex").slice(0, 32)}`;

/** Of what the others are told when it is back. */
const backId = (id: string): string => `ntf_${hash("sha256", `${id}|resolved`, "hex").slice(0, 32)}`;

/** What says that a destination is off bears which time it is; what others were told of that bears none. */
const isStanding = ({ rev }: DeliveryRecord): boolean => rev !== null;

/** Of this destination under this URL: each time that it went, the newest last. */
const standingsOf = (destination: Destination, ledger: Ledger): readonly GoneDelivery[] => {
  const found: GoneDelivery[] = [];
  for (;;) {
    const next = ledger.gone().get(deliveryKey(goneId(destination, found.length + 1), destination.name));
    if (next === undefined) return found;
    found.push(next);
  }
};

const isOff = (found: GoneDelivery | undefined): boolean => found?.record.status === "disabled";

/** What writes down that a destination answered 410; undefined: that is known. */
export const goneRecord = (
  destination: Destination,
  answered: DeliveryRecord,
  ledger: Ledger,
): DeliveryRecord | undefined => {
  const known = standingsOf(destination, ledger);
  if (isOff(known.at(-1))) return undefined;
  const time = known.length + 1;
  return {
    ...answered,
    incident_id: destinationIncident,
    notification_id: goneId(destination, time),
    kind: "opened",
    rev: time,
  };
};

/** What writes down that a destination which was off took what a person asked for; undefined: it was not off. */
export const backRecord = (
  destination: Destination,
  taken: DeliveryRecord,
  ledger: Ledger,
): GoneDelivery | undefined => {
  const known = standingsOf(destination, ledger).at(-1);
  if (known === undefined || !isOff(known)) return undefined;
  const { partition, record } = known;
  return {
    partition,
    record: { ...record, status: "requested", ts: Math.max(taken.ts, record.ts + 1), actor: taken.actor },
  };
};

export const disabledNames = ({ destinations }: DeliverySettings, ledger: Ledger): ReadonlySet<string> =>
  new Set(destinations.filter((one) => isOff(standingsOf(one, ledger).at(-1))).map(({ name }) => name));

/** The same as long as the record is: it is what every attempt sends. */
const payloadOf = ({ destination, tenant, ts }: DeliveryRecord, state: "open" | "resolved"): IncidentPayload => {
  const at = isoTime(ts);
  const what =
    state === "open" ? "answered 410 and is told nothing more" : "was given up and is used again, or replaced";
  return {
    summary: `SEV4 destination ${destination.replaceAll(/[^\w.:/ -]/g, "-")} ${what} · * since ${at.slice(11, 16)}`,
    incident_id: `destination-${destination}`,
    tenant,
    rule: "delivery",
    rule_version: "delivery",
    state,
    severity: "SEV4",
    severity_before: null,
    markers: [],
    class: "destination_disabled",
    signal_type: destinationIncident,
    direction: "rise",
    slice: "*",
    parent_slice: null,
    causes: [],
    window_start: null,
    window_end: null,
    trials: null,
    fired: null,
    users: null,
    rate: null,
    baseline: null,
    ratio: null,
    ratio_low: null,
    ratio_high: null,
    p: null,
    ln_e: null,
    method: null,
    min_detectable_ratio: null,
    onset: null,
    opened_at: at,
    acked_at: null,
    resolved_at: state === "open" ? null : at,
    versions: [],
    changes: [],
    examples: [],
    signals: [],
    owner: null,
    runbook_url: null,
    query_url: null,
    incident_url: null,
    flap_count: 0,
    notice: "reads behaviour, is no verdict",
    limit: null,
  };
};

/** Those that share a route with it, or stand in for it; all others where there are none. */
const neighbours = ({ routes, destinations }: DeliverySettings, name: string): readonly Destination[] => {
  const shared = routes.filter((route) => route.destinations.includes(name));
  const fallbacks = routes.filter((route) => shared.some(({ fallback }) => fallback === route.name));
  const names = new Set([...shared, ...fallbacks].flatMap((route) => route.destinations));
  const near = destinations.filter((one) => one.name !== name && names.has(one.name));
  return near.length > 0 ? near : destinations.filter((one) => one.name !== name);
};

const owedTo = (
  destination: Destination,
  about: { readonly found: GoneDelivery; readonly kind: "opened" | "resolved"; readonly ledger: Ledger },
): readonly Owed[] => {
  const { found, kind, ledger } = about;
  const { record, partition } = found;
  const id = kind === "opened" ? record.notification_id : backId(record.notification_id);
  const told = ledger.gone().get(deliveryKey(id, destination.name))?.record;
  if (told !== undefined && told.status !== "retrying") return [];
  const data = payloadOf(record, kind === "opened" ? "open" : "resolved");
  return [
    {
      incidentId: destinationIncident,
      partition,
      tenant: record.tenant,
      rev: null,
      notice: { id, kind, page: false, data },
      destination,
      route: undefined,
      due: told?.next_at ?? record.ts,
      record: told,
    },
  ];
};

/**
 * What is owed to the others about destinations that are off, and, to those who were told, about those that are no longer: asked
 * for by a person, under another URL, or taken out of the file. `owns`: which partitions are this process's to tell for.
 */
export const planGone = (
  settings: DeliverySettings,
  ledger: Ledger,
  owns: (partition: number) => boolean,
): readonly Owed[] => {
  const off = new Map(
    settings.destinations.flatMap((one) => {
      const newest = standingsOf(one, ledger).at(-1);
      return newest !== undefined && isOff(newest) ? [[newest.record.notification_id, one]] : [];
    }),
  );
  const offNames = new Set([...off.values()].map(({ name }) => name));
  const wasTold = ({ notification_id: id }: DeliveryRecord, { name }: Destination): boolean =>
    ledger.gone().get(deliveryKey(id, name))?.record.status === "delivered";

  return [...ledger.gone().values()].flatMap((found): readonly Owed[] => {
    const { record, partition } = found;
    if (!isStanding(record) || !owns(partition)) return [];
    const gone = off.get(record.notification_id);
    const listeners =
      gone === undefined
        ? settings.destinations.filter((one) => one.name !== record.destination && wasTold(record, one))
        : neighbours(settings, gone.name);
    const kind = gone === undefined ? "resolved" : "opened";
    return listeners
      .filter(({ name }) => !offNames.has(name))
      .flatMap((destination) => owedTo(destination, { found, kind, ledger }));
  });
};
