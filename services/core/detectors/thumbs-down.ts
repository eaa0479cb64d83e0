// explicit:thumbs-down: did a thumb stand down on this response when the user went on? Errors count too: people judge them.
import { type Detector, type Placed, type Seen, unchanged } from "#core/detector.ts";

const type = "explicit:thumbs-down";

/** Per response the users whose thumb stands down. */
type State = ReadonlyMap<string, ReadonlySet<string | null>>;

const trials = (ended: readonly Placed[], endsAt: number, state: State): readonly Seen[] =>
  ended.map((response) => ({
    kind: "trial",
    type,
    key: response.event.responseId ?? "",
    endsAt,
    fired: (state.get(response.event.responseId ?? "")?.size ?? 0) > 0,
    from: response,
    responseId: response.event.responseId,
    response: response.event,
  }));

export const thumbsDown: Detector<State> = {
  id: "thumbs-down",
  version: "1",
  types: [type],
  settings: [],
  readsText: false,
  hears: ["prompt", "feedback", "feedback_retracted"],
  start: new Map(),

  onTurn(state, turn) {
    const { event } = turn;
    if (event.type === "prompt") return { state, seen: trials(turn.ended, event.ts, state) };
    if (event.label !== "thumbs" || event.responseId === null) return unchanged(state);
    const down = new Set(state.get(event.responseId));
    if (event.type === "feedback" && event.value === -1) down.add(event.user);
    else down.delete(event.user);
    return unchanged(new Map(state).set(event.responseId, down));
  },

  onClose: (state, { ended, closing }) => ({ state, seen: trials(ended, closing.at, state) }),
};
