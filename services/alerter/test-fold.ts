// A fold for the alerter's tests whose decisions are plain to see: half of the trials fired opens, none resolves, acts do what they say.
import { hash } from "node:crypto";
import type { AlertFold, AlertSnapshot, Control } from "#core/alerts/alert-port.ts";
import type { IncidentRecord, TallyRecord } from "#schemas/generated/records.ts";
import type { IncidentPayload } from "#schemas/incident-payload.ts";
import type { Folds } from "./recovery.ts";

interface State {
  readonly incidents: Map<string, IncidentRecord>;
  readonly applied: Set<string>;
  folded: number;
}

const iso = (at: number): string => new Date(at).toISOString();

/** Everything null that may be. */
export const blankIncident = (over: Partial<IncidentRecord> = {}): IncidentRecord => ({
  incident_id: "inc_1",
  rev: 1,
  ts: 0,
  tenant: "acme",
  rule: "default",
  rule_version: "default",
  signal_type: "implicit:repeat-ask",
  direction: "rise",
  state: "open",
  severity: "SEV2",
  class: "quality",
  slice: "feature=billing",
  opened_at: 0,
  markers: null,
  parent_slice: null,
  causes: null,
  signals: null,
  onset: null,
  window_start: null,
  window_end: null,
  trials: null,
  fired: null,
  users: null,
  sessions: null,
  rate: null,
  baseline: null,
  ratio: null,
  ratio_low: null,
  ratio_high: null,
  p: null,
  ln_e: null,
  method: null,
  min_detectable_ratio: null,
  versions: null,
  changes: null,
  examples: null,
  acked_at: null,
  acked_by: null,
  silenced_until: null,
  silenced_by: null,
  silence_reason: null,
  resolved_at: null,
  resolved_by: null,
  resolve_reason: null,
  closed_at: null,
  closed_by: null,
  flap_count: null,
  owner: null,
  runbook_url: null,
  query_url: null,
  routes: null,
  notify: null,
  postmortem: null,
  verdict: null,
  reported_at: null,
  act_id: null,
  actor: null,
  detector: null,
  log_offset: null,
  ...over,
});

export const payloadFor = (record: IncidentRecord, over: Partial<IncidentPayload> = {}): IncidentPayload => ({
  summary: `${record.severity} ${record.rule} ${record.state}`,
  incident_id: record.incident_id,
  tenant: record.tenant,
  rule: record.rule,
  rule_version: record.rule_version,
  state: record.state as IncidentPayload["state"],
  severity: record.severity as IncidentPayload["severity"],
  severity_before: null,
  markers: [],
  class: record.class,
  signal_type: record.signal_type,
  direction: "rise",
  slice: record.slice,
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
  opened_at: iso(record.opened_at),
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
  ...over,
});

const digest = (text: string): string => hash("sha256", text, "hex").slice(0, 32);

export const noticeId = (incidentId: string, kind: string, seq: number): string =>
  `ntf_${digest(`${incidentId}|${kind}|${seq}`)}`;

/** The record's next revision with one more notice, as the fold renders it. */
export const withNotice = (
  record: IncidentRecord,
  kind: string,
  more: { readonly page?: boolean; readonly data?: Partial<IncidentPayload> } = {},
): IncidentRecord => {
  const before = JSON.parse(record.notify ?? "[]") as readonly unknown[];
  const seq = before.length + 1;
  const id = noticeId(record.incident_id, kind, seq);
  const { page = true, data } = more;
  return {
    ...record,
    notify: JSON.stringify([...before, { id, kind, seq, page, at: record.ts, data: payloadFor(record, data) }]),
  };
};

const createFold = (state: State): AlertFold => {
  let out: IncidentRecord[] = [];
  let time = Number.NEGATIVE_INFINITY;

  const say = (record: IncidentRecord): void => {
    state.incidents.set(record.incident_id, record);
    out.push(record);
  };

  const liveOf = (tenant: string): IncidentRecord | undefined =>
    [...state.incidents.values()].find((one) => one.tenant === tenant && one.state !== "resolved");

  const tally = ({ tenant, minute, trials, fired }: TallyRecord, offset: number): void => {
    time = Math.max(time, minute);
    const live = liveOf(tenant);
    if (live === undefined && fired * 2 >= trials && trials > 0) {
      const incident_id = `inc_${digest(`${tenant}|${minute}`)}`;
      const opened = { incident_id, tenant, ts: minute, opened_at: minute, log_offset: offset };
      say(withNotice(blankIncident(opened), "opened"));
    } else if (live !== undefined && fired === 0) {
      const over = { state: "resolved", resolved_at: minute, ts: minute, rev: live.rev + 1, log_offset: offset };
      say(withNotice({ ...live, ...over, act_id: null, actor: null }, "resolved"));
    }
  };

  const states: Readonly<Record<string, string>> = {
    ack: "acknowledged",
    silence: "silenced",
    unsilence: "open",
    resolve: "resolved",
    close: "closed",
  };

  const control = (text: string): void => {
    const given = JSON.parse(text) as Control;
    if (state.applied.has(given.id)) return;
    state.applied.add(given.id);
    if (given.kind !== "act") return;
    const { incidentId, action, actor, at, postmortem } = given.act;
    const record = state.incidents.get(incidentId);
    if (record === undefined) return;
    say({
      ...record,
      rev: record.rev + 1,
      ts: at,
      state: states[action] ?? record.state,
      acked_by: action === "ack" ? actor : record.acked_by,
      acked_at: action === "ack" ? at : record.acked_at,
      postmortem: postmortem === null ? record.postmortem : JSON.stringify(postmortem),
      verdict: postmortem?.verdict ?? record.verdict,
      closed_at: action === "close" ? at : record.closed_at,
      act_id: given.id,
      actor,
    });
  };

  return {
    get time() {
      return time;
    },
    add(record, offset) {
      state.folded += 1;
      if (record.signal_type === "~control" && record.control !== null) control(record.control);
      else if (!record.signal_type.startsWith("~")) tally(record, offset);
    },
    drain() {
      const said = out;
      out = [];
      return said;
    },
    advance: () => undefined,
    adopt(records) {
      for (const record of records)
        if (!state.incidents.has(record.incident_id)) state.incidents.set(record.incident_id, record);
    },
    snapshot: (): AlertSnapshot => ({
      offset: Number.NaN,
      parts: new Map<string, unknown>([
        ["acme", state.incidents],
        ["~", { applied: state.applied, folded: state.folded }],
      ]),
    }),
    meters: () => ({
      rejected: new Map([["negative", state.folded]]),
      slices: 1,
      cells: 2,
      folded: 0,
      warming: 1,
      tracks: 3,
    }),
  };
};

const track = (fold: AlertFold, from: number): AlertFold => {
  let next = from;
  return {
    ...fold,
    get time() {
      return fold.time;
    },
    add(record, offset, appendTs) {
      next = offset + 1;
      fold.add(record, offset, appendTs);
    },
    snapshot: () => ({ ...fold.snapshot(), offset: next }),
  };
};
/** `resumed`: how many records each fold that came from a snapshot had behind it. */
export const testFolds = (resumed: number[] = []): Folds => {
  return {
    create: () => track(createFold({ incidents: new Map(), applied: new Set(), folded: 0 }), 0),
    resume({ offset, parts }) {
      const { applied, folded } = parts.get("~") as { applied: Set<string>; folded: number };
      resumed.push(folded);
      const incidents = parts.get("acme") as Map<string, IncidentRecord>;
      return track(createFold({ incidents: new Map(incidents), applied: new Set(applied), folded }), offset);
    },
  };
};
