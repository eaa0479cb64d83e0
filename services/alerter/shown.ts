// Incidents and deliveries as the API shows them: the record's own fields, those that carry JSON as what they say, times ISO 8601.
import { z } from "zod";
import {
  type DeliveryRecord,
  deliveryFields,
  type IncidentRecord,
  incidentFields,
} from "#schemas/generated/records.ts";
import type { Case, Transition } from "./ledger.ts";

const carriers: ReadonlySet<string> = new Set([
  "markers",
  "causes",
  "signals",
  "versions",
  "changes",
  "examples",
  "routes",
] satisfies readonly (keyof IncidentRecord)[]);

const times: ReadonlySet<string> = new Set([
  "ts",
  "opened_at",
  "onset",
  "window_start",
  "window_end",
  "acked_at",
  "silenced_until",
  "resolved_at",
  "closed_at",
  "reported_at",
  "next_at",
  "accepted_at",
]);

/** The payloads are in `notify`; what was sent when is in the deliveries. */
const hidden: ReadonlySet<string> = new Set(["notify"] satisfies readonly (keyof IncidentRecord)[]);

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
};

const show = (name: string, value: unknown): unknown => {
  if (times.has(name)) return typeof value === "number" ? new Date(value).toISOString() : null;
  if (carriers.has(name)) return typeof value === "string" ? (parsed(value) ?? []) : [];
  if (name === "postmortem") return typeof value === "string" ? parsed(value) : null;
  return value;
};

export type Shown = Readonly<Record<string, unknown>>;

export const showIncident = (record: IncidentRecord): Shown =>
  Object.fromEntries(
    incidentFields.filter((name) => !hidden.has(name)).map((name) => [name, show(name, record[name])]),
  );

export const showDelivery = (record: DeliveryRecord): Shown =>
  Object.fromEntries(deliveryFields.map((name) => [name, show(name, record[name])]));

const showTransition = ({ rev, ts, state, severity, class: kind, act_id, actor }: Transition): Shown => ({
  rev,
  ts: new Date(ts).toISOString(),
  state,
  severity,
  class: kind,
  act_id,
  actor,
});

/** With its audit and with what was sent to whom. */
export const showCase = ({ record, transitions, deliveries }: Case): Shown => ({
  ...showIncident(record),
  transitions: [...transitions.values()].toSorted((a, b) => a.rev - b.rev).map(showTransition),
  deliveries: [...deliveries.values()].toSorted((a, b) => a.ts - b.ts).map(showDelivery),
});

/** For the description of the API; the fields beyond these are those of the record. */
export const incidentShape = z.looseObject({
  incident_id: z.string(),
  rev: z.int(),
  tenant: z.string(),
  state: z.enum(["open", "acknowledged", "silenced", "resolved", "closed"]),
  severity: z.enum(["SEV1", "SEV2", "SEV3", "SEV4"]),
  class: z.string(),
  signal_type: z.string(),
  slice: z.string(),
  opened_at: z.iso.datetime(),
  act_id: z.string().nullable(),
  actor: z.string().nullable(),
});

export const transitionShape = z.object({
  rev: z.int(),
  ts: z.iso.datetime(),
  state: z.string(),
  severity: z.string(),
  class: z.string(),
  act_id: z.string().nullable(),
  actor: z.string().nullable(),
});

export const deliveryShape = z.looseObject({
  incident_id: z.string(),
  notification_id: z.string(),
  destination: z.string(),
  kind: z.string(),
  status: z.enum(["delivered", "retrying", "failed", "collapsed", "disabled", "suppressed", "requested"]),
  attempt: z.int(),
  ts: z.iso.datetime(),
});
