// explicit:negative: of the answers that can be negative, thumbs and ratings, which are? Decided at once, each answer for itself.
import { type Detector, unchanged } from "#core/detector.ts";
import { polarityOf } from "./explicit.ts";

const type = "explicit:negative";

export const negative: Detector<null> = {
  id: "negative",
  version: "1",
  types: [type],
  settings: [],
  readsText: false,
  hears: ["feedback"],
  start: null,
  onTurn(state, turn) {
    const polarity = polarityOf(turn.event);
    if (polarity === null) return unchanged(state);
    return {
      state,
      seen: [
        {
          kind: "trial",
          type,
          key: turn.event.id,
          endsAt: turn.event.ts,
          fired: polarity === "negative",
          from: turn.placed,
          responseId: turn.event.responseId,
          response: turn.about?.event ?? null,
        },
      ],
    };
  },
};
