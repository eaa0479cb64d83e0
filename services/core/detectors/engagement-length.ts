// implicit:engagement-length: how long the user stayed after a response; a measure, read both ways, not a rate.
import { type Close, type Detector, type Placed, type Seen, unchanged } from "#core/detector.ts";
import { endSettings } from "./depends-on.ts";

const type = "implicit:engagement-length";

/** Visible time per response, ms. */
type State = ReadonlyMap<string, number>;

const seenAt = (placed: Placed, dwellMs: number, close: Close): readonly Seen[] => {
  const { event } = placed;
  return [
    {
      kind: "sighting",
      type,
      anchor: event.responseId ?? "",
      at: event.ts,
      from: placed,
      responseId: event.responseId,
      response: event,
      windowStart: event.ts,
      windowEnd: close.closing.at,
      evidence: close.last.event === event ? [event] : [event, close.last.event],
      grade: null,
      category: null,
      score: null,
      ambiguity: null,
      value: {
        turns_after: close.prompts - placed.exchange,
        active_ms_after: close.last.activeMs - placed.activeMs,
        dwell_ms: dwellMs,
        end_state: close.ending?.state ?? null,
        closed_by: close.closing.by,
      },
      retracted: false,
    },
    {
      kind: "trial",
      type,
      key: event.responseId ?? "",
      endsAt: close.closing.at,
      fired: true,
      from: placed,
      responseId: event.responseId,
      response: event,
    },
  ];
};

export const engagementLength: Detector<State> = {
  id: "engagement-length",
  version: "1",
  types: [type],
  settings: [...endSettings, "activityCap"],
  readsText: true,
  hears: ["dwell"],
  start: new Map(),
  onTurn(state, { event }) {
    if (event.responseId === null || event.label !== "visible") return unchanged(state);
    const ms = (state.get(event.responseId) ?? 0) + Math.max(0, event.value ?? 0);
    return unchanged(new Map(state).set(event.responseId, ms));
  },
  onClose: (state, close) => ({
    state,
    seen: close.shown.flatMap((placed) =>
      placed.event.label === "error" ? [] : seenAt(placed, state.get(placed.event.responseId ?? "") ?? 0, close),
    ),
  }),
};
