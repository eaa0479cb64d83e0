// One incident: its state, and the transitions that people and evidence may make.
//
//   – ──opened──▶ open ──ack──▶ acknowledged          told: opened; acknowledged
//                   │ ▲              │
//            silence│ │over, graver  │silence          told: opened again when a silence is over
//                   ▼ │              ▼
//                 silenced ◀─────────┘
//   open, acknowledged, silenced ──rate is back, or a person──▶ resolved   told: resolved, to those told it was open
//   resolved ──again within two hours──▶ open          told only if graver, or when it flaps
//   resolved ──a person, with verdict and eval case──▶ closed
import { incidentId } from "#core/ids.ts";
import { type EventTime, hour, minute } from "#core/time.ts";
import type { IncidentRecord } from "#schemas/generated/records.ts";
import type { Act, Postmortem } from "./alert-port.ts";
import type { Bin, Sums } from "./book-port.ts";
import { isGraver, isPage } from "./markers.ts";
import { type Notification, owe, type Telling } from "./notify.ts";
import { isoTime } from "./payload.ts";
import { isLive, readList, renderPayload, severityIn } from "./render.ts";
import type { Severity } from "./rules.ts";

/** An incident in the fold: plain data that changes with each transition. */
export interface Case {
  /** As of the newest transition. */
  record: IncidentRecord;
  /** Bins running in which the rate was back. */
  quiet: number;
  /** First bin of the evidence. */
  onset: Bin;
  /** When one of its candidate changes was taken back: from here on the rate is judged. */
  rolledBackAt: EventTime | null;
  /** Whether people know it as open, when they were last told, and how grave it was then. */
  isKnownOpen: boolean;
  toldAt: EventTime;
  toldSeverity: Severity | null;
  reopenedAt: readonly EventTime[];
  /** `signal|slice` of tracks that alarmed in it. */
  tracks: readonly string[];
  /** What its whole life has cost, the evidence window included. */
  harm: Sums;
  /** Something has changed since people were told. */
  hasNews: boolean;
  timeline: readonly Moment[];
}

interface Moment {
  readonly at: string;
  readonly what: string;
}

/** Everything of a record that the evidence decides. */
export type Opening = Omit<
  IncidentRecord,
  | "incident_id"
  | "query_url"
  | "rev"
  | "ts"
  | "state"
  | "notify"
  | "acked_at"
  | "acked_by"
  | "silenced_until"
  | "silenced_by"
  | "silence_reason"
  | "resolved_at"
  | "resolved_by"
  | "resolve_reason"
  | "closed_at"
  | "closed_by"
  | "flap_count"
  | "postmortem"
  | "verdict"
  | "reported_at"
  | "act_id"
  | "actor"
  | "log_offset"
>;

/** Where in the log a transition is decided, and what its links begin with. */
export interface Scene extends Links {
  readonly at: EventTime;
  readonly offset: number;
}

/** What links begin with; null: none. */
export interface Links {
  readonly incidentUrl: string | null;
  readonly queryUrl: string | null;
}

/** The named query that shows the rate around an incident. */
const queryOf = ({ queryUrl }: Links, id: string): string | null =>
  queryUrl === null ? null : `${queryUrl}?query=incident-rate&id=${id}`;

export interface Transition {
  readonly patch: Partial<IncidentRecord>;
  readonly tell: Telling | null;
  readonly what: string;
  readonly act: { readonly id: string; readonly actor: string } | null;
}

const mostMoments = 100;

/** Makes a transition; the new record. */
export const move = (own: Case, { patch, tell, what, act }: Transition, scene: Scene): IncidentRecord => {
  const { record } = own;
  const next: IncidentRecord = {
    ...record,
    ...patch,
    rev: record.rev + 1,
    ts: scene.at,
    act_id: act?.id ?? null,
    actor: act?.actor ?? null,
    log_offset: scene.offset,
  };
  const severity = severityIn(next);
  const before = own.toldSeverity === severity ? null : own.toldSeverity;
  own.timeline = [...own.timeline, { at: isoTime(scene.at), what }].slice(-mostMoments);
  own.record =
    tell === null
      ? next
      : {
          ...next,
          notify: JSON.stringify(
            owe(readList<Notification>(record.notify), {
              incident: next.incident_id,
              kind: tell,
              page: isPage(severity),
              at: scene.at,
              data: renderPayload(next, scene.incidentUrl, before),
            }),
          ),
        };
  if (tell !== null) {
    own.isKnownOpen = tell !== "resolved";
    own.toldSeverity = severity;
    own.hasNews = false;
    if (tell !== "acknowledged") own.toldAt = scene.at;
  }
  return own.record;
};

export interface SilenceUntil {
  readonly until: EventTime;
  readonly by: string;
  readonly reason: string;
}

/** A new incident, told unless a silence holds. */
export const openCase = (
  opening: Opening,
  { onset, harm, tracks }: Pick<Case, "onset" | "harm" | "tracks">,
  silence: SilenceUntil | undefined,
  scene: Scene,
): Case => {
  const { tenant, rule, signal_type: signal, slice, opened_at: openedAt } = opening;
  const id = incidentId({ tenant, rule, signal, slice, openedAt });
  const own: Case = {
    record: {
      ...opening,
      incident_id: id,
      query_url: queryOf(scene, id),
      rev: 0,
      ts: scene.at,
      state: "open",
      notify: null,
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
      flap_count: 0,
      postmortem: null,
      verdict: null,
      reported_at: null,
      act_id: null,
      actor: null,
      log_offset: null,
    },
    quiet: 0,
    onset,
    rolledBackAt: null,
    isKnownOpen: false,
    toldAt: scene.at,
    toldSeverity: null,
    reopenedAt: [],
    tracks,
    harm,
    hasNews: false,
    timeline: [],
  };
  if (silence === undefined) move(own, { patch: {}, tell: "opened", what: "opened", act: null }, scene);
  else move(own, { patch: silencedBy(silence), tell: null, what: "opened in silence", act: null }, scene);
  return own;
};

/** A live incident of the log whose beginning the fold has not seen. */
export const adoptCase = (record: IncidentRecord): Case => {
  const [last] = readList<Notification>(record.notify).slice(-1);
  return {
    record,
    quiet: 0,
    onset: Math.floor((record.onset ?? record.opened_at) / (5 * minute)),
    rolledBackAt: null,
    isKnownOpen: last !== undefined && last.kind !== "resolved",
    toldAt: last?.at ?? record.ts,
    toldSeverity: last?.data.severity ?? null,
    reopenedAt: [],
    tracks: [`${record.signal_type}|${record.slice}`],
    harm: { n: record.trials ?? 0, x: record.fired ?? 0, expected: (record.trials ?? 0) * (record.baseline ?? 0) },
    hasNews: false,
    timeline: [{ at: isoTime(record.opened_at), what: "opened" }],
  };
};

const silencedBy = ({ until, by, reason }: SilenceUntil): Partial<IncidentRecord> => ({
  state: "silenced",
  silenced_until: until,
  silenced_by: by,
  silence_reason: reason,
});

const notSilenced = { silenced_until: null, silenced_by: null, silence_reason: null } as const;

/** By a silence rule; an act of a person comes through `applyAct`. */
export const silence = (own: Case, silenceUntil: SilenceUntil, scene: Scene): IncidentRecord =>
  move(own, { patch: silencedBy(silenceUntil), tell: null, what: `silenced: ${silenceUntil.by}`, act: null }, scene);

/** A silence that is over, or broken by something graver: told as if it opened now. */
export const unsilence = (own: Case, patch: Partial<IncidentRecord>, scene: Scene): IncidentRecord =>
  move(
    own,
    { patch: { ...patch, state: "open", ...notSilenced }, tell: "opened", what: "silence over", act: null },
    scene,
  );

export interface Resolution {
  readonly reason: string;
  readonly patch: Partial<IncidentRecord>;
}

export const resolve = (own: Case, { reason, patch }: Resolution, scene: Scene): IncidentRecord => {
  own.quiet = 0;
  return move(
    own,
    {
      patch: {
        ...patch,
        ...notSilenced,
        state: "resolved",
        resolved_at: scene.at,
        resolved_by: null,
        resolve_reason: reason,
      },
      tell: own.isKnownOpen ? "resolved" : null,
      what: `resolved: ${reason}`,
      act: null,
    },
    scene,
  );
};

/** Coming back so soon it is the same episode. */
export const reopenWithin = 2 * hour;
const flapsWithin = 6 * hour;
const flapsToTell = 3;

export const isFlapping = ({ record }: Case): boolean => readList<string>(record.markers).includes("flapping");

export const reopen = (own: Case, patch: Partial<IncidentRecord>, scene: Scene): IncidentRecord => {
  own.reopenedAt = [...own.reopenedAt.filter((at) => at > scene.at - flapsWithin), scene.at];
  own.quiet = 0;
  own.rolledBackAt = null;
  const markers = readList<string>(own.record.markers);
  const flaps = own.reopenedAt.length >= flapsToTell && !markers.includes("flapping");
  const graver = own.toldSeverity === null || isGraver(severityIn({ ...own.record, ...patch }), own.toldSeverity);
  const reset = { resolved_at: null, resolved_by: null, resolve_reason: null, acked_at: null, acked_by: null } as const;
  return move(
    own,
    {
      patch: {
        ...patch,
        ...reset,
        state: "open",
        flap_count: (own.record.flap_count ?? 0) + 1,
        markers: JSON.stringify(flaps ? [...markers, "flapping"] : markers),
      },
      tell: graver ? "opened" : flaps ? "updated" : null,
      what: "came back",
      act: null,
    },
    scene,
  );
};

const updateEvery = 5 * minute;
const remindEvery = 4 * hour;

/** What is new since people were told, at most once in five minutes unless it became graver. */
export const updateIfDue = (own: Case, patch: Partial<IncidentRecord>, scene: Scene): IncidentRecord | undefined => {
  const graver = isGraver(severityIn({ ...own.record, ...patch }), severityIn(own.record));
  if (graver && own.record.state === "silenced") return unsilence(own, patch, scene);
  if (!graver && !(own.hasNews && scene.at - own.toldAt >= updateEvery)) return undefined;
  const tell = own.record.state === "silenced" ? null : "updated";
  own.hasNews = false;
  return move(own, { patch, tell, what: graver ? "became graver" : "updated", act: null }, scene);
};

/** Each four hours while nobody has taken it; reports that are not about quality are told once. */
export const remindIfDue = (
  own: Case,
  refreshed: () => Partial<IncidentRecord>,
  scene: Scene,
): IncidentRecord | undefined => {
  const isReport = severityIn(own.record) === "SEV4";
  if (own.record.state !== "open" || isReport || scene.at - own.toldAt < remindEvery) return undefined;
  return move(own, { patch: refreshed(), tell: "reminder", what: "reminded", act: null }, scene);
};

/** Why an act changed nothing. */
export type Refusal = "act_not_now" | "act_without_reason" | "act_without_end" | "act_without_postmortem";

const isComplete = ({ verdict, eval_cases: cases, no_eval_case_reason: reason }: Postmortem): boolean =>
  verdict !== null && (cases.length > 0 || reason !== null);

/** Where people named no blast radius, what the record knows: responses, users, harm beyond what was expected. */
const draftBlastRadius = ({ record, harm }: Case): string => {
  const excess = harm.x - harm.expected;
  const spread = 1.96 * Math.sqrt(Math.max(harm.x, harm.expected));
  const range = `${Math.round(excess - spread)} to ${Math.round(excess + spread)}`;
  return `${harm.n} trials, ${harm.x} fired, ${Math.round(excess)} (${range}) more than expected, ${record.users ?? 0} users in the window`;
};

const write = (own: Case, postmortem: Postmortem): Partial<IncidentRecord> => ({
  postmortem: JSON.stringify({
    ...postmortem,
    blast_radius: postmortem.blast_radius ?? draftBlastRadius(own),
    timeline: own.timeline,
  }),
  verdict: postmortem.verdict,
  reported_at: postmortem.reported_at,
});

const storedPostmortem = ({ record }: Case): Postmortem | null =>
  record.postmortem === null ? null : (JSON.parse(record.postmortem) as Postmortem);

type Step = Pick<Transition, "patch" | "tell" | "what"> | Refusal;

const stepOf = (own: Case, act: Act): Step => {
  const { record } = own;
  const live = isLive(record);
  const { action, actor, at, reason, until, postmortem } = act;
  switch (action) {
    case "ack":
      if (record.state !== "open") return "act_not_now";
      return {
        patch: { state: "acknowledged", acked_at: at, acked_by: actor },
        tell: "acknowledged",
        what: "acknowledged",
      };
    case "silence":
      if (!live) return "act_not_now";
      if (until === null || until <= at) return "act_without_end";
      if (reason === null) return "act_without_reason";
      return { patch: silencedBy({ until, by: actor, reason }), tell: null, what: "silenced" };
    case "unsilence":
      if (record.state !== "silenced") return "act_not_now";
      return { patch: { state: "open", ...notSilenced }, tell: "opened", what: "silence ended" };
    case "resolve":
      if (!live) return "act_not_now";
      if (reason === null) return "act_without_reason";
      return {
        patch: { ...notSilenced, state: "resolved", resolved_at: at, resolved_by: actor, resolve_reason: reason },
        tell: own.isKnownOpen ? "resolved" : null,
        what: "resolved by a person",
      };
    case "postmortem":
      if (postmortem === null) return "act_without_postmortem";
      return { patch: write(own, postmortem), tell: null, what: "postmortem written" };
    case "close": {
      if (record.state !== "resolved") return "act_not_now";
      const final = postmortem ?? storedPostmortem(own);
      if (final === null || !isComplete(final)) return "act_without_postmortem";
      return {
        patch: { ...write(own, final), state: "closed", closed_at: at, closed_by: actor },
        tell: null,
        what: "closed",
      };
    }
    default:
      return action satisfies never;
  }
};

/** What a person does; the transition carries the command's id. A refusal changes nothing. */
export const applyAct = (own: Case, act: Act, id: string, scene: Omit<Scene, "at">): IncidentRecord | Refusal => {
  const step = stepOf(own, act);
  if (typeof step === "string") return step;
  return move(own, { ...step, act: { id, actor: act.actor } }, { ...scene, at: act.at });
};
