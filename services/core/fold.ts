// A visit while it is folded: its events in order, the shared analysis, each detector's state, and what all that amounts to.
import type { Close, Detector, Seen, Sighting, Step, Trial, Turn } from "./detector.ts";
import type { Event } from "./event.ts";
import { type InteractionType, interactionTypes } from "./interaction.ts";
import { closeScene, createScene, nextTurn, type Scene, type SceneTools } from "./scene.ts";
import type { Closing } from "./visit.ts";

export interface Visit {
  readonly events: Event[];
  /** Prompts and responses among them. */
  turns: number;
  /** Null: open. */
  closing: Closing | null;
  readonly scene: Scene;
  readonly states: unknown[];
  /** What the visit says as it stands, by (type, anchor). */
  readonly sightings: Map<string, Sighting>;
  readonly trials: Trial[];
  /** The highest revision sent of each signal, retracted ones included. */
  readonly revisions: Map<string, number>;
}

/** Told of what a step says as it is said; `before`: what the visit said of the same signal until now. */
export type Hear = (visit: Visit, seen: Seen, before: Sighting | undefined) => void;

export interface Folder {
  open(): Visit;
  /** Folds the visit's next event in order. */
  add(visit: Visit, event: Event, hear?: Hear): void;
  close(visit: Visit, closing: Closing, hear?: Hear): void;
}

/** Types hold no NUL, so the key is unambiguous. */
export const signalKey = ({ type, anchor }: Pick<Sighting, "type" | "anchor">): string => `${type}\0${anchor}`;

export const isTurn = (type: InteractionType): boolean => type === "prompt" || type === "response";

const take = (visit: Visit, index: number, step: Step<unknown>, hear: Hear | undefined): void => {
  visit.states[index] = step.state;
  for (const seen of step.seen) {
    if (seen.kind === "trial") {
      visit.trials.push(seen);
      hear?.(visit, seen, undefined);
      continue;
    }
    const key = signalKey(seen);
    const before = visit.sightings.get(key);
    visit.sightings.set(key, seen);
    hear?.(visit, seen, before);
  }
};

export const createFolder = (detectors: readonly Detector<unknown>[], tools: SceneTools): Folder => {
  const listeners = new Map<InteractionType, readonly number[]>(
    interactionTypes.map((type) => [
      type,
      detectors.flatMap((detector, index) => (detector.hears.includes(type) ? [index] : [])),
    ]),
  );
  const starts = detectors.map(({ start }) => start);

  return {
    open: () => ({
      events: [],
      turns: 0,
      closing: null,
      scene: createScene(),
      states: [...starts],
      sightings: new Map(),
      trials: [],
      revisions: new Map(),
    }),

    add(visit, event, hear) {
      visit.events.push(event);
      if (isTurn(event.type)) visit.turns += 1;
      const turn: Turn = nextTurn(visit.scene, event, tools);
      for (const index of listeners.get(event.type) ?? []) {
        const detector = detectors[index];
        if (detector !== undefined) take(visit, index, detector.onTurn(visit.states[index], turn), hear);
      }
    },

    close(visit, closing, hear) {
      visit.closing = closing;
      const close: Close | undefined = closeScene(visit.scene, closing);
      if (close === undefined) return;
      for (const [index, detector] of detectors.entries()) {
        const step = detector.onClose?.(visit.states[index], close);
        if (step !== undefined) take(visit, index, step, hear);
      }
    },
  };
};
