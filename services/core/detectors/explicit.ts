// Explicit feedback passed through: thumbs, rating, comment and form as signals, without any text; the last answer wins.
import { type Detector, type Placed, type Sighting, type Step, unchanged } from "#core/detector.ts";
import type { Event } from "#core/event.ts";
import { maxEvidence, shownIn, windowOf, withResponse } from "./response-bound.ts";

const kinds = ["thumbs", "rating", "comment", "form"] as const;
export type ExplicitKind = (typeof kinds)[number];

const known: ReadonlySet<string | null> = new Set(kinds);
export const isExplicitKind = (label: string | null): label is ExplicitKind => known.has(label);

export type Polarity = "negative" | "neutral" | "positive";

/** What an answer says of the response: thumbs by sign, ratings by fifths of their scale; words and forms say neither. */
export const polarityOf = ({ label, value, opinion }: Event): Polarity | null => {
  if (value === null) return null;
  if (label === "thumbs") return value < 0 ? "negative" : "positive";
  const scale = opinion?.scaleMax ?? null;
  if (label !== "rating" || scale === null) return null;
  const share = value / scale;
  if (share <= 2 / 5) return "negative";
  return share >= 4 / 5 ? "positive" : "neutral";
};

/** What a user has said of a response, by one kind of control. */
interface Answers {
  readonly last: Placed;
  readonly evidence: readonly Event[];
  readonly count: number;
  readonly firstAt: number;
}

type State = ReadonlyMap<string, Answers>;

const round4 = (value: number): number => Math.round(value * 10_000) / 10_000;

/** (response, user, kind): a later answer of the same user by the same control is a revision. */
const anchorOf = ({ responseId, user, label }: Event): string => JSON.stringify([responseId, user, label]);

const gradeOf = ({ label, value }: Event): string | null => {
  if (value === null) return null;
  if (label === "thumbs") return value < 0 ? "down" : "up";
  return label === "rating" ? String(value) : null;
};

/** What was answered; of words only how many characters there were. */
const valueOf = (event: Event): Readonly<Record<string, unknown>> => {
  switch (event.label) {
    case "thumbs":
      return { value: event.value };
    case "rating":
      return { value: event.value, scale_max: event.opinion?.scaleMax ?? null };
    case "form":
      return { answers: JSON.parse(event.opinion?.form ?? "{}") as unknown };
    default:
      return { text_chars: event.opinion?.chars ?? 0, text_cut: event.opinion?.cut ?? false };
  }
};

const scoreOf = ({ label, value, opinion }: Event): number | null => {
  const scale = opinion?.scaleMax ?? null;
  return label === "rating" && value !== null && scale !== null ? round4(value / scale) : null;
};

const sighting = (about: Placed | null, anchor: string, answers: Answers): Sighting => {
  const { event } = answers.last;
  const response = about?.event ?? null;
  return {
    kind: "sighting",
    type: event.label ?? "",
    anchor,
    at: event.ts,
    from: answers.last,
    responseId: event.responseId,
    response,
    ...windowOf(response, answers.firstAt, event.ts),
    evidence: withResponse(response, answers.evidence),
    grade: gradeOf(event),
    category: polarityOf(event),
    score: scoreOf(event),
    ambiguity: null,
    value: { ...valueOf(event), acts: answers.count },
    retracted: event.type === "feedback_retracted",
  };
};

/** The record of a response comes after answers about it: now they have their provenance. */
const onResponse = (state: State, response: Placed | null): Step<State> => {
  if (response === null || state.size === 0) return unchanged(state);
  const about = [...state].filter(([, { last }]) => last.event.responseId === response.event.responseId);
  return { state, seen: about.map(([anchor, answers]) => sighting(response, anchor, answers)) };
};

export const explicit: Detector<State> = {
  id: "explicit-feedback",
  version: "1",
  types: kinds,
  settings: [],
  readsText: false,
  hears: ["response", "feedback", "feedback_retracted"],
  start: new Map(),
  onTurn(state, turn) {
    const { event } = turn;
    if (event.type === "response") return onResponse(state, shownIn(turn));
    if (!isExplicitKind(event.label)) return unchanged(state);
    const anchor = anchorOf(event);
    const before = state.get(anchor);
    const answers: Answers = {
      last: turn.placed,
      // With the response they are as many as a signal may name.
      evidence: [...(before?.evidence ?? []), event].slice(1 - maxEvidence),
      count: (before?.count ?? 0) + 1,
      firstAt: before?.firstAt ?? event.ts,
    };
    return { state: new Map(state).set(anchor, answers), seen: [sighting(turn.about, anchor, answers)] };
  },
};
