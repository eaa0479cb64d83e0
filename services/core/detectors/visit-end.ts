// The shape of abandonment and silent-end: how a visit with at least one response ended.
import {
  type Close,
  type Detector,
  type Ending,
  type EndState,
  type Placed,
  type Seen,
  unchanged,
} from "#core/detector.ts";
import type { Event } from "#core/event.ts";
import type { RateType } from "#core/signals.ts";
import { endSettings } from "./depends-on.ts";
import { maxEvidence } from "./response-bound.ts";

const inOrder = (events: readonly Event[]): readonly Event[] => [...new Set(events)].slice(-maxEvidence);

interface EndKind {
  readonly id: string;
  readonly type: RateType & `implicit:${string}`;
  readonly state: EndState;
  /** What else such an end may mean. */
  readonly ambiguity: string | null;
}

const readings = (kind: EndKind, { singleTurn }: Ending): string | null => {
  if (!singleTurn) return kind.ambiguity;
  return kind.ambiguity === null ? "single_turn" : `${kind.ambiguity},single_turn`;
};

const seenAt = (kind: EndKind, close: Close, last: Placed, ending: Ending): readonly Seen[] => {
  const { closing } = close;
  const responseId = last.event.responseId;
  const trial = {
    kind: "trial",
    type: kind.type,
    key: "",
    endsAt: closing.at,
    fired: ending.state === kind.state,
    from: last,
    responseId,
    response: last.event,
  } as const;
  if (!trial.fired) return [trial];

  const frictions = ending.frictions.map(({ event }) => event);
  const after = close.last.event === last.event ? [] : [close.last.event];
  return [
    {
      kind: "sighting",
      type: kind.type,
      anchor: responseId ?? "",
      at: closing.at,
      from: last,
      responseId,
      response: last.event,
      windowStart: close.first.ts,
      windowEnd: closing.at,
      evidence: inOrder([...frictions.filter((event) => event !== last.event), last.event, ...after]),
      grade: null,
      category: null,
      score: ending.frictionScore,
      ambiguity: readings(kind, ending),
      value: {
        closed_by: closing.by,
        frictions: [...new Set(ending.frictions.map(({ name }) => name))],
        friction_score: ending.frictionScore,
        last_labels: ending.lastLabels,
        prompts: close.prompts,
        responses: close.shown.length,
        active_ms: close.last.activeMs,
      },
      retracted: false,
    },
    trial,
  ];
};

export const createVisitEnd = (kind: EndKind): Detector<null> => ({
  id: kind.id,
  version: "1",
  types: [kind.type],
  settings: [...endSettings, "activityCap"],
  readsText: true,
  hears: [],
  start: null,
  onTurn: unchanged,
  onClose(state, close) {
    const last = close.shown.at(-1);
    if (last === undefined || close.ending === null) return unchanged(state);
    return { state, seen: seenAt(kind, close, last, close.ending) };
  },
});
