// What tells trouble and what tells success in a visit: friction with its weights, and resolution markers.
import type { Turn } from "./detector.ts";
import type { Event } from "./event.ts";
import type { EngineSettings } from "./settings.ts";

/**
 * How much each kind adds to the friction score, 1 − ∏(1 − weight). Fixed and published so that scores compare across
 * deployments; our choice, not fitted.
 */
export const frictionWeights = {
  "repeat-ask": 0.4,
  correction: 0.4,
  error: 0.5,
  refusal: 0.4,
  truncated: 0.2,
  "tool-error": 0.3,
  slow: 0.1,
  stop: 0.2,
  regenerate: 0.3,
  "thumbs-down": 0.5,
  "self-repeat": 0.3,
  "unanswered-question": 0.1,
} as const satisfies Readonly<Record<string, number>>;

export type Friction = keyof typeof frictionWeights;

export interface FrictionSeen {
  readonly name: Friction;
  readonly event: Event;
  readonly exchange: number;
}

const round4 = (value: number): number => Math.round(value * 10_000) / 10_000;

export const frictionScore = (frictions: readonly FrictionSeen[]): number =>
  round4(1 - frictions.reduce((calm, { name }) => calm * (1 - frictionWeights[name]), 1));

type Limits = Pick<EngineSettings, "slowResponse">;
type Read = Pick<Turn, "repeat" | "category">;

const ofResponse = (event: Event, limits: Limits): readonly Friction[] => {
  const found: Friction[] = [];
  if (event.label === "error" || event.label === "refusal" || event.label === "truncated") found.push(event.label);
  if (event.answered?.toolErrors === true) found.push("tool-error");
  if ((event.value ?? 0) > limits.slowResponse) found.push("slow");
  if (event.answered?.repeatsItself === true) found.push("self-repeat");
  return found;
};

const ofPrompt = ({ repeat, category }: Read): readonly Friction[] => {
  const found: Friction[] = [];
  if (repeat !== null) found.push("repeat-ask");
  if (category === "correct-with" || category === "correct-without") found.push("correction");
  return found;
};

const none: readonly Friction[] = [];

/** The friction in one turn. That a question of the assistant stays unanswered shows only at the end of the visit. */
export const frictionsIn = (event: Event, read: Read, limits: Limits): readonly Friction[] => {
  switch (event.type) {
    case "response":
      return ofResponse(event, limits);
    case "prompt":
      return ofPrompt(read);
    case "stop":
    case "regenerate":
      return [event.type];
    case "feedback":
      return event.label === "thumbs" && event.value === -1 ? ["thumbs-down"] : none;
    default:
      return none;
  }
};

/** The sign in one turn that the user got what they wanted; `seenEnough`: this dwell made half the reading time full. */
export const markerIn = (event: Event, category: Turn["category"], seenEnough: boolean): string | null => {
  switch (event.type) {
    case "copy":
    case "share":
    case "resolved":
      return event.type;
    case "feedback":
      return event.label === "thumbs" && event.value === 1 ? "thumbs-up" : null;
    case "prompt":
      return category === "positive" ? "thanks" : null;
    case "dwell":
      return seenEnough ? "dwell" : null;
    default:
      return null;
  }
};
