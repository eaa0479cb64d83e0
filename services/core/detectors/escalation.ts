// implicit:escalation: the user pressed for a person, by button or in words.
import { type Close, type Detector, type Seen, type Sighting, type Turn, unchanged } from "#core/detector.ts";
import type { Event } from "#core/event.ts";

const type = "implicit:escalation";
const maxEvidence = 20;

interface Escalated {
  /** The anchor: the visit's first prompt, or without one the first act itself. */
  readonly from: Turn;
  /** The first act, with what was known then. */
  readonly first: Turn;
  readonly last: Event;
  readonly events: readonly Event[];
  readonly count: number;
  readonly byAction: boolean;
}

interface State {
  readonly firstPrompt: Turn | null;
  readonly escalated: Escalated | null;
}

const escalate = ({ escalated: before, firstPrompt }: State, turn: Turn): Escalated => {
  const byAction = turn.escalation === "action";
  if (before === null) {
    return { from: firstPrompt ?? turn, first: turn, last: turn.event, events: [turn.event], count: 1, byAction };
  }
  return {
    from: before.from,
    first: before.first,
    last: turn.event,
    events: before.events.length < maxEvidence ? [...before.events, turn.event] : before.events,
    count: before.count + 1,
    byAction: before.byAction || byAction,
  };
};

const sighting = ({ from, first, last, events, count, byAction }: Escalated): Sighting => {
  const { event, about } = first;
  const named = event.type === "escalation" ? event.responseId : null;
  return {
    kind: "sighting",
    type,
    anchor: from.event.id,
    at: from.event.ts,
    from,
    responseId: named ?? about?.event.responseId ?? null,
    response: about?.event ?? null,
    windowStart: first.first.ts,
    windowEnd: last.ts,
    evidence: events,
    grade: byAction ? "action" : "request",
    category: null,
    score: null,
    ambiguity: null,
    value: {
      acts: count,
      by: event.label,
      after_ms: event.ts - first.first.ts,
      turns_before: event.type === "prompt" ? first.prompts - 1 : first.prompts,
      prior_friction: [...new Set(first.frictions.filter((seen) => seen.event !== event).map(({ name }) => name))],
      text_cut: event.textCut,
    },
    retracted: false,
  };
};

/** The same trials as the other end states: closed visits with a response. */
const trials = (state: State, { closing, ending, lastResponse }: Close): readonly Seen[] => {
  if (ending === null || lastResponse === null) return [];
  return [
    {
      kind: "trial",
      type,
      key: "",
      endsAt: closing.at,
      fired: state.escalated !== null,
      from: lastResponse,
      responseId: lastResponse.event.responseId,
      response: lastResponse.event,
    },
  ];
};

export const escalation: Detector<State> = {
  id: "escalation",
  version: "1",
  types: [type],
  settings: [],
  readsText: true,
  hears: ["prompt", "escalation"],
  start: { firstPrompt: null, escalated: null },

  onTurn(state, turn) {
    const firstPrompt = state.firstPrompt ?? (turn.event.type === "prompt" ? turn : null);
    if (turn.escalation === null)
      return unchanged(firstPrompt === state.firstPrompt ? state : { ...state, firstPrompt });
    const escalated = escalate({ ...state, firstPrompt }, turn);
    return { state: { firstPrompt, escalated }, seen: [sighting(escalated)] };
  },

  onClose: (state, close) => ({ state, seen: trials(state, close) }),
};
