// implicit:escalation: the user pressed for a person, by button or in words.
import {
  type Close,
  type Detector,
  type Placed,
  type Seen,
  type Sighting,
  type Step,
  type Turn,
  unchanged,
} from "#core/detector.ts";
import type { Event } from "#core/event.ts";
import { frictionSettings } from "./depends-on.ts";
import { maxEvidence, shownIn } from "./response-bound.ts";

const type = "implicit:escalation";

interface Escalated {
  /** The anchor: the visit's first prompt, or without one the first act itself. */
  readonly from: Placed;
  /** The first act, and what was known then. */
  readonly first: Placed;
  readonly about: Placed | null;
  readonly visitStart: number;
  readonly priorFriction: readonly string[];
  readonly last: Event;
  readonly events: readonly Event[];
  readonly count: number;
  /** The first call that was no words. */
  readonly action: Event | null;
}

interface State {
  readonly firstPrompt: Placed | null;
  readonly escalated: Escalated | null;
}

const begin = (turn: Turn, firstPrompt: Placed | null): Escalated => ({
  from: firstPrompt ?? turn.placed,
  first: turn.placed,
  about: turn.about,
  visitStart: turn.first.ts,
  priorFriction: [...new Set(turn.frictions.filter(({ event }) => event !== turn.event).map(({ name }) => name))],
  last: turn.event,
  events: [turn.event],
  count: 1,
  action: turn.escalation === "action" ? turn.event : null,
});

const goOn = (before: Escalated, { event, escalation: how }: Turn): Escalated => ({
  ...before,
  last: event,
  events: before.events.length < maxEvidence ? [...before.events, event] : before.events,
  count: before.count + 1,
  action: before.action ?? (how === "action" ? event : null),
});

/** The response that the first act named. */
const namedBy = ({ first }: Escalated): string | null =>
  first.event.type === "escalation" ? first.event.responseId : null;

const sighting = (escalated: Escalated): Sighting => {
  const { from, first, about, events } = escalated;
  const { event, exchange } = first;
  return {
    kind: "sighting",
    type,
    anchor: from.event.id,
    at: from.event.ts,
    from,
    responseId: namedBy(escalated) ?? about?.event.responseId ?? null,
    response: about?.event ?? null,
    windowStart: escalated.visitStart,
    windowEnd: escalated.last.ts,
    evidence: events,
    grade: escalated.action === null ? "request" : "action",
    category: null,
    score: null,
    ambiguity: null,
    value: {
      acts: escalated.count,
      by: escalated.action?.label ?? null,
      after_ms: event.ts - escalated.visitStart,
      turns_before: event.type === "prompt" ? exchange - 1 : exchange,
      prior_friction: escalated.priorFriction,
      text_cut: event.asked?.cut ?? false,
    },
    retracted: false,
  };
};

/** The record of the response that the first act named comes after it. */
const onResponse = (state: State, response: Placed | null): Step<State> => {
  const { escalated } = state;
  if (response === null || escalated === null || escalated.about !== null) return unchanged(state);
  if (namedBy(escalated) !== response.event.responseId) return unchanged(state);
  const resolved = { ...escalated, about: response };
  return { state: { ...state, escalated: resolved }, seen: [sighting(resolved)] };
};

/** The same trials as the other end states: closed visits with a response. */
const trials = (state: State, { closing, ending, shown }: Close): readonly Seen[] => {
  const last = shown.at(-1);
  if (ending === null || last === undefined) return [];
  return [
    {
      kind: "trial",
      type,
      key: "",
      endsAt: closing.at,
      fired: state.escalated !== null,
      from: last,
      responseId: last.event.responseId,
      response: last.event,
    },
  ];
};

export const escalation: Detector<State> = {
  id: "escalation",
  version: "1",
  types: [type],
  // It says which friction came before.
  settings: frictionSettings,
  readsText: true,
  hears: ["prompt", "response", "escalation"],
  start: { firstPrompt: null, escalated: null },

  onTurn(state, turn) {
    if (turn.event.type === "response") return onResponse(state, shownIn(turn));
    const firstPrompt = state.firstPrompt ?? (turn.event.type === "prompt" ? turn.placed : null);
    if (turn.escalation === null)
      return unchanged(firstPrompt === state.firstPrompt ? state : { ...state, firstPrompt });
    const escalated = state.escalated === null ? begin(turn, firstPrompt) : goOn(state.escalated, turn);
    return { state: { firstPrompt, escalated }, seen: [sighting(escalated)] };
  },

  onClose: (state, close) => ({ state, seen: trials(state, close) }),
};
