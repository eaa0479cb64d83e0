// Random logs for the engine's properties: few sessions, dense in borders, disorder, foreign acts and answers that change.
import * as fc from "fast-check";
import { defaultEngineSettings, type EngineSettings } from "#core/settings.ts";
import { beginsVisit, gridShift } from "#core/visit.ts";
import type { InteractionRecord } from "#schemas/generated/records.ts";
import { act, event, prompt, response, start, thumbs } from "#test/helpers/timeline.ts";

const second = 1_000;
const minute = 60 * second;

/** Rules of time small enough that a log of hours crosses every border many times. */
export const quickSettings: EngineSettings = {
  ...defaultEngineSettings,
  gap: 5 * minute,
  maxSession: 30 * minute,
  grace: 3 * minute,
  lateness: 10 * second,
  idle: 20 * second,
  lookbackAge: 2 * minute,
  unreported: "stop@voice/*",
};

const texts = [
  "reset my password",
  "how to reset my password",
  "how to reset the password please",
  "room 4 for two",
  "room 5 for two",
  "thanks",
  "no that is wrong",
  "no reset the other one",
  "explain password",
  "a human please",
  "x",
] as const;

const shape = fc.record({
  kind: fc.constantFrom(
    ...(["prompt", "prompt", "prompt", "prompt", "prompt", "prompt"] as const),
    ...(["response", "response", "response", "response", "response", "response"] as const),
    ...(["copy", "share", "regenerate", "edit", "stop", "dwell", "escalation", "resolved"] as const),
    ...(["impression", "thumbs", "rating", "comment", "retracted", "session_end"] as const),
  ),
  session: fc.nat(2),
  /** Time since the session's previous event: mostly seconds, now and then a pause around `gap`, or hours. */
  pause: fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 0, max: 90 }).map((n) => n * second) },
    { weight: 2, arbitrary: fc.integer({ min: 4 * 60 + 57, max: 5 * 60 + 3 }).map((n) => n * second) },
    { weight: 1, arbitrary: fc.integer({ min: 6, max: 90 }).map((n) => n * minute) },
  ),
  /** How much later than it happened it is appended. */
  delay: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 179 }).map((n) => n * second) },
  ),
  text: fc.constantFrom(...texts, ...texts.slice(0, 3), ...texts.slice(0, 3)),
  /** Which response is meant, counted back from the newest; below zero: one still to come. */
  back: fc.integer({ min: -1, max: 2 }),
  value: fc.integer({ min: 0, max: 5 }),
  label: fc.constantFrom("ok", "ok", "ok", "error", "refusal", "edited", "retry", "truncated", "my secret plan"),
  user: fc.constantFrom("u1", "u1", "u2", null),
  feature: fc.constantFrom("help", "voice", null),
  questioning: fc.constantFrom("true", "false", null),
});
type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never;

/** An event and when it is appended, if everything goes as drawn. */
export interface Drawn {
  readonly interaction: InteractionRecord;
  readonly delay: number;
}

const build = (shapes: readonly Shape[]): Drawn[] => {
  const clocks = [start, start + 17 * minute, start + 40 * minute];
  const shown = [0, 0, 0];
  return shapes.map((drawn, index) => {
    const { session, kind } = drawn;
    const ts = (clocks[session] ?? start) + drawn.pause;
    clocks[session] = ts;
    const count = shown[session] ?? 0;
    if (kind === "response") shown[session] = count + 1;
    const responseId = kind === "response" ? `r${count}` : `r${Math.max(0, count - 1 - drawn.back)}`;
    const more = {
      event_id: `e${index}`,
      session_id: `s${session}`,
      ts,
      user_id_hash: drawn.user,
      feature: drawn.feature,
    };
    return { delay: drawn.delay, interaction: interactionOf(drawn, responseId, more) };
  });
};

const interactionOf = (drawn: Shape, responseId: string, more: Partial<InteractionRecord>): InteractionRecord => {
  const { kind, value, text, label } = drawn;
  switch (kind) {
    case "prompt":
      return prompt("0s", value === 0 ? null : text, { ...more, label: label === "ok" ? null : label });
    case "response": {
      const extra =
        drawn.questioning === null ? null : `{"asks_question":${drawn.questioning},"output_chars":${value * 20}}`;
      const words = value === 0 ? null : `answer about ${text}${value === 1 ? "?" : ""}`;
      const latency = value === 0 ? null : value * 8_000;
      return response("0s", responseId, {
        ...more,
        label,
        text: words,
        value: latency,
        extra,
        prompt_version: `p${value}`,
      });
    }
    case "thumbs":
      return thumbs("0s", responseId, value > 2 ? 1 : -1, more);
    case "rating":
    case "comment":
      return act("0s", "feedback", responseId, { ...more, label: kind, value: kind === "rating" ? value : null, text });
    case "retracted":
      return act("0s", "feedback_retracted", responseId, { ...more, label: value > 2 ? "thumbs" : "rating" });
    case "dwell":
      return act("0s", "dwell", responseId, { ...more, label: "visible", value: value * 700 });
    case "escalation":
      return event("0s", "escalation", {
        ...more,
        label: value > 1 ? "button" : label,
        response_id: value > 3 ? responseId : null,
      });
    case "resolved":
    case "session_end":
      return event("0s", kind, more);
    default:
      return act("0s", kind, responseId, { ...more, value: value * 5, label: value > 3 ? "code" : drawn.label });
  }
};

/** Events of three sessions over some hours. Left to itself fast-check draws few: a repeat-ask in one log of 500, now in one of three. */
export const drawnEvents = (most = 70): fc.Arbitrary<Drawn[]> =>
  fc.array(shape, { minLength: 2, maxLength: most, size: "max" }).map(build);

const nameOf = ({ session_id, response_id }: InteractionRecord): string => `${session_id} ${response_id ?? ""}`;

/** Leaves out acts on a response that a later visit shows, or minutes later: a visit cannot know that it will. */
export const withoutForesight = (events: readonly Drawn[]): Drawn[] => {
  const shown = new Map<string, number>();
  for (const { interaction } of events) {
    if (interaction.type === "response") shown.set(nameOf(interaction), interaction.ts);
  }
  const ends = events.flatMap(({ interaction }) => (interaction.type === "session_end" ? [interaction] : []));
  const isVisit = ({ tenant, session_id, ts }: InteractionRecord, until: number): boolean =>
    until <= ts + minute &&
    !beginsVisit({ type: "prompt", ts }, { ts: until }, gridShift(tenant, session_id, quickSettings), quickSettings) &&
    !ends.some((end) => end.session_id === session_id && end.ts >= ts && end.ts <= until);
  return events.filter(({ interaction }) => {
    const at = interaction.response_id === null ? undefined : shown.get(nameOf(interaction));
    return at === undefined || at <= interaction.ts || isVisit(interaction, at);
  });
};

/** What lies in the log: a tick, or an interaction, and when it was appended. */
export type Logged = { readonly appendTs: number; readonly interaction: InteractionRecord | null };

/** The log that results when every event is appended `delay` after it happened. */
export const arrived = (events: readonly Drawn[], delayOf: (drawn: Drawn) => number = ({ delay }) => delay): Logged[] =>
  events
    .map((drawn) => ({ interaction: drawn.interaction, appendTs: drawn.interaction.ts + delayOf(drawn) }))
    .toSorted((a, b) => a.appendTs - b.appendTs);

export const withTicks = (log: readonly Logged[], times: readonly number[]): Logged[] =>
  [...log, ...times.map((appendTs) => ({ appendTs, interaction: null }))].toSorted((a, b) => a.appendTs - b.appendTs);

/** Minutes after the start at which ticks lie. */
export const tickTimes: fc.Arbitrary<number[]> = fc
  .array(fc.integer({ min: 0, max: 600 }), { maxLength: 12 })
  .map((minutes) => minutes.map((n) => start + n * minute));
