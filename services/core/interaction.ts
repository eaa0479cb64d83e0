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
