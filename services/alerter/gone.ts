// Destinations that answered 410: switched off until their URL changes or a person asks for them again, and told to the others.
import { hash } from "node:crypto";
import type { Destination } from "#adapters/webhook-port.ts";
import { isoTime } from "#core/alerts/payload.ts";
import type { DeliveryRecord } from "#schemas/generated/records.ts";
import type { IncidentPayload } from "#schemas/incident-payload.ts";
import type { DeliverySettings } from "./delivery-settings.ts";
import { deliveryKey, destinationIncident, type GoneDelivery, type Ledger } from "./ledger.ts";
import type { Owed } from "./outbox.ts";

/** A destination with another URL is another destination: then this id is another too. */
const goneId = ({ name, url }: Destination): string =>
  `ntf_${hash("sha256", `${destinationIncident}|${name}|${url}`, "hex").slice(0, 32)}`;

/** Where a destination that answered 410 is written down. */
export const goneRecord = (destination: Destination, answered: DeliveryRecord): DeliveryRecord => ({
  ...answered,
  incident_id: destinationIncident,
  notification_id: goneId(destination),
  kind: "opened",
  rev: null,
});

const standing = (destination: Destination, ledger: Ledger): GoneDelivery | undefined =>
  ledger.gone().get(deliveryKey(goneId(destination), destination.name));

const isOff = (found: GoneDelivery | undefined): boolean => found?.record.status === "disabled";

export const disabledNames = ({ destinations }: DeliverySettings, ledger: Ledger): ReadonlySet<string> =>
  new Set(destinations.filter((one) => isOff(standing(one, ledger))).map(({ name }) => name));

const payloadOf = ({ destination, tenant, ts }: DeliveryRecord): IncidentPayload => {
  const at = isoTime(ts);
  return {
    summary: `SEV4 destination ${destination.replaceAll(/[^\w.:/ -]/g, "-")} answered 410 and is told nothing more · * since ${at.slice(11, 16)}`,
    incident_id: `destination-${destination}`,
    tenant,
    rule: "delivery",
    rule_version: "delivery",
    state: "open",
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
    resolved_at: null,
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

/** What is owed to the others about destinations that are off; `owns`: which partitions are this process's to tell for. */
export const planGone = (
  settings: DeliverySettings,
  ledger: Ledger,
  owns: (partition: number) => boolean,
): readonly Owed[] =>
  settings.destinations.flatMap((off) => {
    const found = standing(off, ledger);
    if (found === undefined || !isOff(found) || !owns(found.partition)) return [];
    const { record, partition } = found;
    const notice = { id: record.notification_id, kind: "opened", page: false, data: payloadOf(record) } as const;
    return neighbours(settings, off.name).flatMap((destination): readonly Owed[] => {
      const told = ledger.gone().get(deliveryKey(record.notification_id, destination.name))?.record;
      if (isOff(standing(destination, ledger)) || (told !== undefined && told.status !== "retrying")) return [];
      return [
        {
          incidentId: destinationIncident,
          partition,
          tenant: record.tenant,
          rev: null,
          notice,
          destination,
          route: undefined,
          due: told?.next_at ?? record.ts,
          record: told,
        },
      ];
    });
  });
