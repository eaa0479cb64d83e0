// What a person may do to an incident: the bodies of the API's requests, and whether an act fits the incident's state.
import { z } from "zod";
import type { Act } from "#core/alerts/alert-port.ts";
import type { IncidentRecord } from "#schemas/generated/records.ts";

export type Action = Act["action"];
export const actions = ["ack", "silence", "unsilence", "resolve", "postmortem", "close"] as const;

/** What people write about it; shown to people with a token only, never sent anywhere. */
const words = z.string().trim().min(1).max(2000);
const name = z.string().regex(/^[\w.:/ -]{1,64}$/);

const reasonOrNone = z.strictObject({ reason: words.nullable().default(null) });
const reason = z.strictObject({ reason: words });

const postmortem = z.strictObject({
  cause: z
    .enum(["prompt", "model", "retrieval", "data", "tooling", "gateway", "upstream", "apparatus"])
    .nullable()
    .default(null),
  verdict: z.enum(["confirmed", "false_alarm", "duplicate", "known_change", "data_fault"]).nullable().default(null),
  blast_radius: words.nullable().default(null).meta({ description: "responses, users, expected excess with interval" }),
  eval_cases: z.array(z.string().min(1).max(256)).max(100).default([]),
  no_eval_case_reason: words.nullable().default(null),
  eval_delta: z.number().nullable().default(null),
  follow_ups: z
    .array(z.strictObject({ what: words, owner: name, due: z.iso.date() }))
    .max(100)
    .default([]),
  apparatus_updates: z.array(words).max(100).default([]),
  reported_at: z.iso
    .datetime({ offset: true })
    .nullable()
    .default(null)
    .meta({ description: "when people reported it, if they did before the alert" }),
});

export const bodies = {
  ack: reasonOrNone,
  silence: z.strictObject({
    reason: words,
    until: z.iso.datetime({ offset: true }).meta({ description: "its end; evidence goes on" }),
  }),
  unsilence: reasonOrNone,
  resolve: reason,
  postmortem,
  close: reasonOrNone,
} as const satisfies Readonly<Record<Action, z.ZodType>>;

/** States from which an act leads somewhere. */
const fits: Readonly<Record<Action, readonly string[]>> = {
  ack: ["open", "silenced"],
  silence: ["open", "acknowledged", "silenced"],
  unsilence: ["silenced"],
  resolve: ["open", "acknowledged", "silenced"],
  postmortem: ["open", "acknowledged", "silenced", "resolved", "closed"],
  close: ["resolved"],
};

interface Learnt {
  readonly verdict?: unknown;
  readonly eval_cases?: unknown;
  readonly no_eval_case_reason?: unknown;
}

const learntOf = ({ postmortem: text }: IncidentRecord): Learnt => {
  try {
    return (JSON.parse(text ?? "{}") as Learnt | null) ?? {};
  } catch {
    return {};
  }
};

/** Closing needs a verdict and an eval case, or a reason for none. */
const lacks = (record: IncidentRecord): string | undefined => {
  const { verdict = record.verdict, eval_cases: cases, no_eval_case_reason: why } = learntOf(record);
  if (record.verdict === null && (verdict === null || verdict === undefined)) return "a verdict";
  const hasCase = Array.isArray(cases) && cases.length > 0;
  return hasCase || (typeof why === "string" && why !== "") ? undefined : "an eval case, or the reason for none";
};

/** Why an act does not fit; undefined: it does. */
export const misfit = (action: Action, record: IncidentRecord): string | undefined => {
  if (!fits[action].includes(record.state))
    return `${action} needs an incident that is ${fits[action].join(" or ")}, and this one is ${record.state}`;
  const missing = action === "close" ? lacks(record) : undefined;
  return missing === undefined ? undefined : `close needs a postmortem with ${missing}`;
};

/** `body` as its schema has read it. */
export const actOf = (
  action: Action,
  body: Readonly<Record<string, unknown>>,
  { incidentId, actor, at }: Pick<Act, "incidentId" | "actor" | "at">,
): Act => {
  const about = { incidentId, action, actor, at };
  if (action === "postmortem") {
    const { reported_at: reported, ...fields } = postmortem.parse(body);
    const reportedAt = reported === null ? null : Date.parse(reported);
    return { ...about, reason: null, until: null, postmortem: { ...fields, reported_at: reportedAt } };
  }
  const { reason: why, until } = body;
  return {
    ...about,
    reason: typeof why === "string" ? why : null,
    until: typeof until === "string" ? Date.parse(until) : null,
    postmortem: null,
  };
};
