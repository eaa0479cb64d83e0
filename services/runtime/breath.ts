// Long work on one thread in pieces: heartbeats, health and other partitions get their turn in between.
import { setImmediate as nextTurn } from "node:timers/promises";

export interface Breath {
  /** True when the time is up: then await `take`. */
  readonly due: boolean;
  take(): Promise<void>;
}

const pieceMs = 5;
/** Reading the clock costs about as much as a tenth of folding a record. */
const lookEvery = 16;

export const createBreath = (): Breath => {
  let looks = 0;
  let since = performance.now();
  return {
    get due() {
      looks += 1;
      return looks % lookEvery === 0 && performance.now() - since > pieceMs;
    },
    async take() {
      await nextTurn();
      since = performance.now();
    },
  };
};
