// explicit:negative: of the answers that can be negative, thumbs and ratings, which are? Decided at once, each answer for itself.
import { type Detector, type Placed, type Step, type Trial, type Turn, unchanged } from "#core/detector.ts";
import { minuteOf } from "#core/time.ts";
import { polarityOf } from "./explicit.ts";
import { shownIn } from "./response-bound.ts";

const type = "explicit:negative";

/** The trials of this minute whose response has not been seen. */
type State = readonly Trial[];

const none: State = [];

const onAnswer = (state: State, { event, placed, about }: Turn): Step<State> => {
  const polarity = polarityOf(event);
  if (polarity === null) return unchanged(state);
  const trial: Trial = {
    kind: "trial",
    type,
    key: event.id,
    endsAt: event.ts,
    fired: polarity === "negative",
    from: placed,
    responseId: event.responseId,
    response: about?.event ?? null,
  };
  if (about !== null) return { state, seen: [trial] };
  const recent = state.filter(({ endsAt }) => minuteOf(endsAt) === minuteOf(event.ts));
  return { state: [...recent, trial], seen: [trial] };
};

/**
 * The record of a response comes after answers about it: their trials move to its slice, but only within their minute. A later
 * one may be sealed by then, and whether it is must not depend on what other sessions did.
 */
const onResponse = (state: State, response: Placed | null): Step<State> => {
  if (response === null || state.length === 0) return unchanged(state);
  const { event } = response;
  const isMoved = ({ endsAt, responseId }: Trial): boolean =>
    responseId === event.responseId && minuteOf(endsAt) === minuteOf(event.ts);
  const moved = state.filter(isMoved).map((trial) => ({ ...trial, response: event, replaces: trial }));
  return { state: state.filter((trial) => !isMoved(trial)), seen: moved };
};

export const negative: Detector<State> = {
  id: "negative",
  version: "1",
  types: [type],
  settings: [],
  readsText: false,
  hears: ["response", "feedback"],
  start: none,
  onTurn: (state, turn) => (turn.event.type === "response" ? onResponse(state, shownIn(turn)) : onAnswer(state, turn)),
};
