// The shape of copy, share, regenerate, edit and stop: was this response acted on before the user went on?
import {
  type Detector,
  type Placed,
  type Seen,
  type Sighting,
  type Step,
  type Trial,
  type Turn,
  unchanged,
} from "#core/detector.ts";
import type { Event } from "#core/event.ts";
import type { InteractionType } from "#core/interaction.ts";
import type { Reports } from "#core/reports.ts";
import type { RateType } from "#core/signals.ts";
import { maxEvidence, shownIn, windowOf, withResponse } from "./response-bound.ts";

export type ActType = Extract<InteractionType, "copy" | "share" | "regenerate" | "edit" | "stop">;

/** What was done with one response so far. */
export interface Acts {
  readonly first: Placed;
  readonly last: Placed;
  readonly events: readonly Event[];
  readonly count: number;
  /** Sum of `value`: characters. */
  readonly chars: number;
  readonly labels: readonly string[];
  /** Whether one of them came before the user went on. */
  readonly inTrial: boolean;
}

type State = ReadonlyMap<string, Acts>;

interface ActKind {
  readonly act: ActType;
  readonly type: RateType & `implicit:${string}`;
  readonly ambiguity: string | null;
  /** What `event_value` says beside the count, the time since shown and whether it was in its trial. */
  readonly describe: (acts: Acts, response: Event | null) => Readonly<Record<string, unknown>>;
}

const addAct = (before: Acts | undefined, { event, placed }: Turn, inTrial: boolean): Acts => {
  const chars = Math.max(0, event.value ?? 0);
  const label = event.label === null ? [] : [event.label];
  if (before === undefined) {
    return { first: placed, last: placed, events: [event], count: 1, chars, labels: label, inTrial };
  }
  return {
    first: before.first,
    last: placed,
    events: before.events.length < maxEvidence - 1 ? [...before.events, event] : before.events,
    count: before.count + 1,
    chars: before.chars + chars,
    labels: [...new Set([...before.labels, ...label])],
    inTrial: before.inTrial || inTrial,
  };
};

/** An error was never shown as an answer: nobody can be expected to copy it. */
const isShown = (response: Event): boolean => response.label !== "error";

export const createResponseAct = (kind: ActKind, reports: Reports): Detector<State> => {
  const onTrial = (response: Placed): boolean => isShown(response.event) && reports(kind.act, response.context);
  const isInTrial = (response: Placed | null, act: Placed): boolean =>
    response !== null && response.exchange === act.exchange && onTrial(response);

  const trial = (response: Placed, endsAt: number, state: State): Trial => ({
    kind: "trial",
    type: kind.type,
    key: response.event.responseId ?? "",
    endsAt,
    fired: state.get(response.event.responseId ?? "")?.inTrial === true,
    from: response,
    responseId: response.event.responseId,
    response: response.event,
  });
  /** A loop, as this runs five times for each response: a prompt ends one as a rule. */
  const trials = (ended: readonly Placed[], endsAt: number, state: State): readonly Seen[] => {
    const found: Trial[] = [];
    for (const response of ended) if (onTrial(response)) found.push(trial(response, endsAt, state));
    return found;
  };

  const sighting = (responseId: string, about: Placed | null, acts: Acts): Sighting => ({
    kind: "sighting",
    type: kind.type,
    anchor: responseId,
    at: about?.event.ts ?? acts.first.event.ts,
    from: about ?? acts.first,
    responseId,
    response: about?.event ?? null,
    ...windowOf(about?.event ?? null, acts.first.event.ts, acts.last.event.ts),
    evidence: withResponse(about?.event ?? null, acts.events),
    grade: null,
    category: null,
    score: null,
    ambiguity: kind.ambiguity,
    value: {
      acts: acts.count,
      in_trial: acts.inTrial,
      since_shown_ms: about === null ? null : Math.max(0, acts.first.event.ts - about.event.ts),
      ...kind.describe(acts, about?.event ?? null),
    },
    retracted: false,
  });

  const say = (state: State, responseId: string, about: Placed | null, acts: Acts): Step<State> => ({
    state: new Map(state).set(responseId, acts),
    seen: [sighting(responseId, about, acts)],
  });

  /** The record of a response comes after acts on it: they count when no prompt lies between. */
  const onResponse = (state: State, response: Placed): Step<State> => {
    const responseId = response.event.responseId ?? "";
    const acts = state.get(responseId);
    if (acts === undefined) return unchanged(state);
    return say(state, responseId, response, { ...acts, inTrial: isInTrial(response, acts.last) });
  };

  return {
    id: kind.act,
    version: "1",
    types: [kind.type],
    settings: ["unreported"],
    readsText: false,
    hears: ["prompt", "response", kind.act],
    start: new Map(),

    onTurn(state, turn) {
      const { event, placed, about } = turn;
      if (event.type === "prompt") return { state, seen: trials(turn.ended, event.ts, state) };
      if (event.type === "response") {
        const response = shownIn(turn);
        return response === null ? unchanged(state) : onResponse(state, response);
      }
      const { responseId } = event;
      if (responseId === null) return unchanged(state);
      return say(state, responseId, about, addAct(state.get(responseId), turn, isInTrial(about, placed)));
    },

    onClose: (state, { ended, closing }) => ({ state, seen: trials(ended, closing.at, state) }),
  };
};
