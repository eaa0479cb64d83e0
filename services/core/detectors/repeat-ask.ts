// implicit:repeat-ask: the same or a similar question asked again in the visit, after it was answered.
import { type Detector, type Repeat, type Sighting, type Turn, unchanged } from "#core/detector.ts";
import { repeatSettings } from "./depends-on.ts";
import { userTurnTrial } from "./user-turn.ts";

const type = "implicit:repeat-ask";

const sighting = (turn: Turn, repeat: Repeat): Sighting => {
  const { ask, answer, match } = repeat;
  return {
    kind: "sighting",
    type,
    anchor: turn.event.id,
    at: turn.event.ts,
    from: turn.placed,
    responseId: answer.event.responseId,
    response: answer.event,
    windowStart: ask.ts,
    windowEnd: turn.event.ts,
    evidence: [ask, answer.event, turn.event],
    grade: repeat.grade,
    category: turn.category,
    score: match.score,
    ambiguity: match.newContent ? "probing,slot_change" : "probing",
    value: {
      word_cosine: match.wordCosine,
      char_cosine: match.charCosine,
      equal: match.equal,
      containment: match.containment,
      number_mismatch: match.numberMismatch,
      negation_mismatch: match.negationMismatch,
      length_ratio: match.lengthRatio,
      gap_ms: turn.event.ts - ask.ts,
      turns_between: repeat.turnsBetween,
      ask_count: repeat.askCount,
      answer_label: answer.event.label,
      answer_latency_ms: answer.event.value,
      regenerated: repeat.regenerated,
      preceding_response_id: turn.about?.event.responseId ?? null,
      text_chars: turn.event.asked?.chars ?? null,
      text_cut: turn.event.asked?.cut === true || ask.asked?.cut === true,
    },
    retracted: false,
  };
};

export const repeatAsk: Detector<null> = {
  id: "repeat-ask",
  version: "1",
  types: [type],
  settings: repeatSettings,
  readsText: true,
  hears: ["prompt"],
  start: null,
  onTurn(state, turn) {
    if (!turn.counts) return unchanged(state);
    const trial = userTurnTrial(type, turn, turn.repeat !== null);
    return { state, seen: turn.repeat === null ? [trial] : [sighting(turn, turn.repeat), trial] };
  },
};
