// implicit:follow-up-clarification: the user asks for elaboration or corrects the assistant.
import { type Category, type Detector, type Placed, type Sighting, type Turn, unchanged } from "#core/detector.ts";
import { repeatSettings } from "./depends-on.ts";
import { userTurnTrial } from "./user-turn.ts";

const type = "implicit:follow-up-clarification";
const firing: ReadonlySet<Category | null> = new Set<Category>(["clarify", "correct-with", "correct-without"]);

const sighting = (turn: Turn, about: Placed): Sighting => ({
  kind: "sighting",
  type,
  anchor: turn.event.id,
  at: turn.event.ts,
  from: turn.placed,
  responseId: about.event.responseId,
  response: about.event,
  windowStart: about.event.ts,
  windowEnd: turn.event.ts,
  evidence: [about.event, turn.event],
  grade: turn.category === "clarify" ? "clarification" : "correction",
  category: turn.category,
  score: null,
  // Without the response's words, a "no" that answers its question cannot be told from a correction.
  ambiguity: (about.event.answered?.asksQuestion ?? null) === null ? "probing,no_response_text" : "probing",
  value: {
    content_tokens: turn.event.asked?.contentTokens ?? null,
    after_question: about.event.answered?.asksQuestion ?? null,
    repeats: turn.repeat?.grade ?? null,
    gap_ms: turn.event.ts - about.event.ts,
    answer_label: about.event.label,
    answer_latency_ms: about.event.value,
    text_chars: turn.event.asked?.chars ?? null,
    text_cut: turn.event.asked?.cut ?? false,
  },
  retracted: false,
});

export const followUpClarification: Detector<null> = {
  id: "follow-up-clarification",
  version: "1",
  types: [type],
  settings: repeatSettings,
  readsText: true,
  hears: ["prompt"],
  start: null,
  onTurn(state, turn) {
    if (!turn.counts) return unchanged(state);
    const fired = turn.about !== null && firing.has(turn.category);
    const trial = userTurnTrial(type, turn, fired);
    return { state, seen: fired && turn.about !== null ? [sighting(turn, turn.about), trial] : [trial] };
  },
};
