// The trial that repeat-ask and follow-up-clarification share: a user turn after the visit's first, decided at the prompt.
import type { Trial, Turn } from "#core/detector.ts";
import type { RateType } from "#core/signals.ts";

/** The slice, context and all, is that of the response just before, whichever response the signal is about. */
export const userTurnTrial = (type: RateType, { event, placed, about }: Turn, fired: boolean): Trial => ({
  kind: "trial",
  type,
  key: event.id,
  endsAt: event.ts,
  fired,
  from: about === null ? placed : { context: about.context, user: placed.user },
  responseId: about?.event.responseId ?? null,
  response: about?.event ?? null,
});
