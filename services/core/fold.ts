// Folding a visit: the shared analysis, each detector's state, and what they say. All of it can be made again from the events.
import type { Detector, Seen, Sighting, Step, Trial } from "./detector.ts";
import type { Event } from "./event.ts";
import { type InteractionType, interactionTypes } from "./interaction.ts";
import { closeScene, createScene, nextTurn, type Scene, type SceneTools } from "./scene.ts";
import type { Closing } from "./visit.ts";

export interface Fold {
  readonly scene: Scene;
  readonly states: unknown[];
  /** What the visit says as it stands, by (type, anchor). */
  readonly sightings: Map<string, Sighting>;
}

/** Told of what a step says as it is said; `before`: what the visit said of the same signal until now. */
export type Hear = (seen: Seen, before: Sighting | undefined) => void;

export interface Folder {
  open(): Fold;
  /** Folds the visit's next event in order. */
  add(fold: Fold, event: Event, hear: Hear): void;
  close(fold: Fold, closing: Closing, hear: Hear): void;
  /** Folds a whole visit again. */
  replay(events: readonly Event[], closing: Closing | null): Statement;
}

/** All that a visit says. */
export interface Statement extends Fold {
  readonly trials: readonly Trial[];
}

/** Types hold no NUL, so the key is unambiguous. */
export const signalKey = ({ type, anchor }: Pick<Sighting, "type" | "anchor">): string => `${type}\0${anchor}`;

const take = (fold: Fold, index: number, step: Step<unknown>, hear: Hear): void => {
  fold.states[index] = step.state;
  for (const seen of step.seen) {
    if (seen.kind === "trial") {
      hear(seen, undefined);
      continue;
    }
    const key = signalKey(seen);
    const before = fold.sightings.get(key);
    fold.sightings.set(key, seen);
    hear(seen, before);
  }
};

export const createFolder = (detectors: readonly Detector<unknown>[], tools: SceneTools): Folder => {
  const listeners = new Map<InteractionType, readonly number[]>(
    interactionTypes.map((type) => [
      type,
      detectors.flatMap((detector, index) => (detector.hears.includes(type) ? [index] : [])),
    ]),
  );
  const none: readonly number[] = [];
  const starts = detectors.map(({ start }) => start);

  const open = (): Fold => ({ scene: createScene(), states: starts.slice(), sightings: new Map() });

  const add = (fold: Fold, event: Event, hear: Hear): void => {
    const turn = nextTurn(fold.scene, event, tools);
    for (const index of listeners.get(event.type) ?? none) {
      const detector = detectors[index];
      if (detector !== undefined) take(fold, index, detector.onTurn(fold.states[index], turn), hear);
    }
  };

  const close = (fold: Fold, closing: Closing, hear: Hear): void => {
    const end = closeScene(fold.scene, closing);
    if (end === undefined) return;
    for (let index = 0; index < detectors.length; index += 1) {
      const step = detectors[index]?.onClose?.(fold.states[index], end);
      if (step !== undefined) take(fold, index, step, hear);
    }
  };

  return {
    open,
    add,
    close,
    replay(events, closing) {
      const fold = open();
      const trials: Trial[] = [];
      const hear: Hear = (seen) => {
        if (seen.kind !== "trial") return;
        if (seen.replaces !== undefined) trials.splice(trials.indexOf(seen.replaces), 1);
        trials.push(seen);
      };
      for (const event of events) add(fold, event, hear);
      if (closing !== null) close(fold, closing, hear);
      return { ...fold, trials };
    },
  };
};
