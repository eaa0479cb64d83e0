// An incident as people are told of it: from the record's own fields to the allow-listed payload. No user text, no user, no hash of one.
import type { IncidentRecord } from "#schemas/generated/records.ts";
import type { IncidentPayload } from "#schemas/incident-payload.ts";
import { buildSummary, isoTime, limitOf, safeSlice, safeSliceValue } from "./payload.ts";
import type { Severity } from "./rules.ts";
import { scopeNamed } from "./scope.ts";

/** As JSON lists in the record. */
export type VersionRate = IncidentPayload["versions"][number];
export type CandidateChange = IncidentPayload["changes"][number];
export type GroupedSignal = IncidentPayload["signals"][number];

/** A list that this fold wrote itself. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- who reads knows what it wrote.
export const readList = <T>(json: string | null): readonly T[] => (json === null ? [] : (JSON.parse(json) as T[]));

const isLink = (text: string | null): text is string =>
  text !== null && text.length <= 2048 && /^https?:\/\/[\w.:[\]-]+(?:\/[\w.:/%~+,;=?&#*-]*)?$/.test(text);

export const safeLink = (text: string | null): string | null => (isLink(text) ? text : null);
export const safeWord = (text: string | null): string | null => (text === null ? null : safeSliceValue(text));

/** A slice's name in which only allow-listed dimensions and plain values occur; at most three conditions. */
export const safeName = (name: string): string => (name === "~other" ? name : safeSlice(scopeNamed(name).slice(0, 3)));

/** `~stream` and `~pipeline` are names of the fold's own. */
const safeSignal = (signal: string): string =>
  signal.startsWith("~") ? `~${safeSliceValue(signal.slice(1))}` : safeSliceValue(signal);

const states = ["open", "acknowledged", "silenced", "resolved", "closed"] as const;
type State = (typeof states)[number];

export const isLive = ({ state }: Pick<IncidentRecord, "state">): boolean => state !== "resolved" && state !== "closed";

const severities = ["SEV1", "SEV2", "SEV3", "SEV4"] as const;

export const severityIn = ({ severity }: Pick<IncidentRecord, "severity">): Severity =>
  severities.find((known) => known === severity) ?? "SEV4";

const stateIn = ({ state }: IncidentRecord): State => states.find((known) => known === state) ?? "open";

/** The record holds how many times worse it must be; of a fall the reader wants to know what is left. */
const limitIn = ({ class: kind, direction, min_detectable_ratio: least }: IncidentRecord): string | null => {
  if (kind !== "quality" || least === null) return null;
  return direction === "fall" ? limitOf("fall", 1 / least) : limitOf("rise", least);
};

const timeOrNull = (at: number | null): string | null => (at === null ? null : isoTime(at));

/** Everything that leaves the house, from a record alone: the same record, the same body. */
export const renderPayload = (
  record: IncidentRecord,
  incidentUrl: string | null,
  severityBefore: Severity | null,
): IncidentPayload => {
  const fields = {
    incident_id: record.incident_id,
    tenant: record.tenant === "~" ? "~" : safeSliceValue(record.tenant),
    rule: safeSliceValue(record.rule),
    rule_version: safeSliceValue(record.rule_version),
    state: stateIn(record),
    severity: severityIn(record),
    severity_before: severityBefore,
    markers: readList<string>(record.markers).slice(0, 8),
    class: record.class,
    signal_type: safeSignal(record.signal_type),
    direction: record.direction === "fall" ? ("fall" as const) : ("rise" as const),
    slice: safeName(record.slice),
    parent_slice: record.parent_slice === null ? null : safeName(record.parent_slice),
    causes: readList<string>(record.causes).map(safeName).slice(0, 3),
    window_start: timeOrNull(record.window_start),
    window_end: timeOrNull(record.window_end),
    trials: record.trials,
    fired: record.fired,
    users: record.users,
    rate: record.rate,
    baseline: record.baseline,
    ratio: record.ratio,
    ratio_low: record.ratio_low,
    ratio_high: record.ratio_high,
    p: record.p,
    ln_e: record.ln_e,
    method: record.method,
    min_detectable_ratio: record.min_detectable_ratio,
    onset: timeOrNull(record.onset),
    opened_at: isoTime(record.opened_at),
    acked_at: timeOrNull(record.acked_at),
    resolved_at: timeOrNull(record.resolved_at),
    versions: readList<VersionRate>(record.versions),
    changes: readList<CandidateChange>(record.changes),
    examples: readList<string>(record.examples),
    signals: readList<GroupedSignal>(record.signals),
    owner: safeWord(record.owner),
    runbook_url: safeLink(record.runbook_url),
    query_url: safeLink(record.query_url),
    incident_url: incidentUrl === null ? null : safeLink(`${incidentUrl}${record.incident_id}`),
    flap_count: record.flap_count ?? 0,
    notice: "reads behaviour, is no verdict" as const,
    limit: limitIn(record),
  };
  return { summary: buildSummary(fields), ...fields };
};
