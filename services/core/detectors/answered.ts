// explicit:answered: the feedback control was shown; was it used before the user went on?
import { type Detector, type Placed, type Seen, type Trial, type Turn, unchanged } from "#core/detector.ts";
import { isExplicitKind } from "./explicit.ts";
import { shownIn } from "./response-bound.ts";

const type = "explicit:answered";

interface Shown {
  readonly impression: Placed;
  readonly response: Placed | null;
}

interface State {
  /** Impressions of this exchange, one a response: a control that scrolls into view again is still the same. */
  readonly open: ReadonlyMap<string, Shown>;
  readonly seen: ReadonlySet<string>;
  readonly answered: ReadonlySet<string>;
}

const trial = (responseId: string, { impression, response }: Shown, endsAt: number, fired: boolean): Trial => ({
  kind: "trial",
  type,
  key: responseId,
  endsAt,
  fired,
  from: response ?? impression,
  responseId,
  response: response?.event ?? null,
});

const trials = ({ open, answered }: State, endsAt: number): readonly Seen[] =>
  [...open].map(([responseId, shown]) => trial(responseId, shown, endsAt, answered.has(responseId)));

const closed: State["open"] = new Map();

const onImpression = (state: State, responseId: string, turn: Turn): State => {
  if (state.seen.has(responseId)) return state;
  return {
    ...state,
    open: new Map(state.open).set(responseId, { impression: turn.placed, response: turn.about }),
    seen: new Set(state.seen).add(responseId),
  };
};

/** The record of a response comes after the impression of its control, whose trial still runs. */
const onResponse = (state: State, response: Placed | null): State => {
  const responseId = response?.event.responseId ?? "";
  const shown = state.open.get(responseId);
  return shown === undefined ? state : { ...state, open: new Map(state.open).set(responseId, { ...shown, response }) };
};

export const answered: Detector<State> = {
  id: "answered",
  version: "1",
  types: [type],
  settings: [],
  readsText: false,
  hears: ["prompt", "response", "impression", "feedback"],
  start: { open: closed, seen: new Set(), answered: new Set() },

  onTurn(state, turn) {
    const { event } = turn;
    if (event.type === "prompt") {
      if (state.open.size === 0) return unchanged(state);
      return { state: { ...state, open: closed }, seen: trials(state, event.ts) };
    }
    if (event.type === "response") return unchanged(onResponse(state, shownIn(turn)));
    if (event.responseId === null) return unchanged(state);
    if (event.type === "impression") return unchanged(onImpression(state, event.responseId, turn));
    if (!isExplicitKind(event.label)) return unchanged(state);
    return unchanged({ ...state, answered: new Set(state.answered).add(event.responseId) });
  },

  onClose: (state, { closing }) => ({ state: { ...state, open: closed }, seen: trials(state, closing.at) }),
};
