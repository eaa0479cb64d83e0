// Explicit feedback passed through: thumbs, rating, comment and form as signals, without any text; the last answer wins.
import { type Detector, type Sighting, type Turn, unchanged } from "#core/detector.ts";
import type { Event } from "#core/event.ts";

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
  readonly evidence: readonly Event[];
  readonly count: number;
  readonly firstAt: number;
}

type State = ReadonlyMap<string, Answers>;

const maxEvidence = 20;
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

const sighting = (turn: Turn, anchor: string, answers: Answers): Sighting => {
  const { event, about } = turn;
  return {
    kind: "sighting",
    type: event.label ?? "",
    anchor,
    at: event.ts,
    from: turn.placed,
    responseId: event.responseId,
    response: about?.event ?? null,
    windowStart: about?.event.ts ?? answers.firstAt,
    windowEnd: event.ts,
    evidence: about === null ? answers.evidence : [about.event, ...answers.evidence].slice(0, maxEvidence),
    grade: gradeOf(event),
    category: polarityOf(event),
    score: scoreOf(event),
    ambiguity: null,
    value: { ...valueOf(event), acts: answers.count },
    retracted: event.type === "feedback_retracted",
  };
};

export const explicit: Detector<State> = {
  id: "explicit-feedback",
  version: "1",
  types: kinds,
  settings: [],
  readsText: false,
  hears: ["feedback", "feedback_retracted"],
  start: new Map(),
  onTurn(state, turn) {
    const { event } = turn;
    if (!isExplicitKind(event.label)) return unchanged(state);
    const anchor = anchorOf(event);
    const before = state.get(anchor);
    const answers: Answers = {
      evidence: [...(before?.evidence ?? []), event].slice(-maxEvidence),
      count: (before?.count ?? 0) + 1,
      firstAt: before?.firstAt ?? event.ts,
    };
    return { state: new Map(state).set(anchor, answers), seen: [sighting(turn, anchor, answers)] };
  },
};
