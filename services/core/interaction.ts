// The kinds of interaction: their names, which name a response, and their rank among events of one instant.

export const interactionTypes = [
  "prompt",
  "response",
  "copy",
  "share",
  "regenerate",
  "edit",
  "stop",
  "dwell",
  "escalation",
  "resolved",
  "impression",
  "feedback",
  "feedback_retracted",
  "session_end",
] as const;

/** What a record of the log may be, apart from a tick. */
export type InteractionType = (typeof interactionTypes)[number];

const known: ReadonlySet<string> = new Set(interactionTypes);
export const isInteractionType = (type: string): type is InteractionType => known.has(type);

/** A clock tick: carries nothing but the append time that the broker gives it. */
export const tickType = "tick";

/** Types that are about one response and say nothing without its id; an escalation names one if it can. */
const bound: ReadonlySet<string> = new Set([
  "response",
  "copy",
  "share",
  "regenerate",
  "edit",
  "stop",
  "dwell",
  "impression",
  "feedback",
  "feedback_retracted",
] satisfies InteractionType[]);
export const namesResponse = (type: InteractionType): boolean => bound.has(type);

const endLabels = ["user", "product", "logout", "closed"];
const answerLabels = ["thumbs", "rating", "comment", "form"];

/** The labels that mean something, by type. */
const labels: Readonly<Partial<Record<InteractionType, ReadonlySet<string>>>> = {
  prompt: new Set(["edited", "retry"]),
  response: new Set(["ok", "error", "refusal", "truncated", "handoff"]),
  copy: new Set(["all", "part", "code"]),
  share: new Set(["all", "part", "code"]),
  edit: new Set(["prompt", "response"]),
  dwell: new Set(["visible", "scroll"]),
  escalation: new Set(["button", "agent", "ticket"]),
  resolved: new Set(endLabels),
  session_end: new Set(endLabels),
  feedback: new Set(answerLabels),
  feedback_retracted: new Set(answerLabels),
};

/** The label, if it means something: any other is the producer's affair, may be text, and is ignored. */
export const knownLabel = (type: InteractionType, label: string | null): string | null =>
  label !== null && labels[type]?.has(label) === true ? label : null;

/** Order among events of one instant: a question before its answer, an answer before what is done with it, the end last. */
export const rankOf = (type: InteractionType): number => {
  switch (type) {
    case "prompt":
      return 0;
    case "response":
      return 1;
    case "session_end":
      return 3;
    default:
      return 2;
  }
};
