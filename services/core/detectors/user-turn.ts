// The trial that repeat-ask and follow-up-clarification share: a user turn after the visit's first, decided at the prompt.
import type { Trial, Turn } from "#core/detector.ts";
import type { RateType } from "#core/signals.ts";

/** The slice is that of the response just before, whichever response the signal is about. */
export const userTurnTrial = (type: RateType, turn: Turn, fired: boolean): Trial => ({
  kind: "trial",
  type,
  key: turn.event.id,
  endsAt: turn.event.ts,
  fired,
  from: turn.placed,
  responseId: turn.about?.event.responseId ?? null,
  response: turn.about?.event ?? null,
});
