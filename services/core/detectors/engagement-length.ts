// implicit:engagement-length: how long the user stayed after a response; a measure, read both ways, not a rate.
import { type Close, type Detector, type Placed, type Seen, type Turn, unchanged } from "#core/detector.ts";

const type = "implicit:engagement-length";

/** A response with how far the visit had come when it was shown. */
interface Shown {
  readonly placed: Placed;
  readonly prompts: number;
  readonly activeMs: number;
}

interface State {
  readonly shown: readonly Shown[];
  readonly dwellMs: ReadonlyMap<string, number>;
}

const onResponse = (state: State, turn: Turn): State => {
  const isNew = turn.about?.event === turn.event;
  if (!isNew || turn.event.label === "error") return state;
  return { ...state, shown: [...state.shown, { placed: turn, prompts: turn.prompts, activeMs: turn.activeMs }] };
};

const onDwell = (state: State, { event }: Turn): State => {
  if (event.responseId === null || event.label !== "visible") return state;
  const before = state.dwellMs.get(event.responseId) ?? 0;
  const after = before + Math.max(0, event.value ?? 0);
  return { ...state, dwellMs: new Map(state.dwellMs).set(event.responseId, after) };
};

const seenAt = ({ placed, prompts, activeMs }: Shown, dwellMs: number, close: Close): readonly Seen[] => {
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
        turns_after: close.prompts - prompts,
        active_ms_after: close.activeMs - activeMs,
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
  // The end state is part of what it says, so all that decides it counts.
  settings: [
    "activityCap",
    "repeatAt",
    "rephraseAt",
    "hanKanaRaise",
    "lookbackTurns",
    "lookbackAge",
    "minContentTokens",
    "selfRepeatAt",
    "slowResponse",
    "readingSpeed",
  ],
  readsText: true,
  hears: ["response", "dwell"],
  start: { shown: [], dwellMs: new Map() },
  onTurn(state, turn) {
    return unchanged(turn.event.type === "response" ? onResponse(state, turn) : onDwell(state, turn));
  },
  onClose: (state, close) => ({
    state,
    seen: state.shown.flatMap((shown) =>
      seenAt(shown, state.dwellMs.get(shown.placed.event.responseId ?? "") ?? 0, close),
    ),
  }),
};
