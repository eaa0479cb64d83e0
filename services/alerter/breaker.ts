// Keeps a dead destination from being asked all the time: five failures in a row open it, then one probe a minute until one succeeds.
//
//   closed ──5 failures──► open ──60 s──► (one probe) ──accepted──► closed
//                            ▲────────────failed──────────┘

const failuresToOpen = 5;
const probeEvery = 60_000;

export interface Breaker {
  /** Epoch ms from which an attempt may be made; -Infinity while it is closed. */
  readonly opensAt: number;
  readonly open: boolean;
  /** What came of an attempt: `alive` for whatever shows that the receiver lives. True: it was open and has just closed. */
  note(outcome: "alive" | "failed", now: number): boolean;
}

export const createBreaker = (): Breaker => {
  let failures = 0;
  let opensAt = Number.NEGATIVE_INFINITY;
  return {
    get opensAt() {
      return opensAt;
    },
    get open() {
      return failures >= failuresToOpen;
    },
    note(outcome, now) {
      const wasOpen = failures >= failuresToOpen;
      failures = outcome === "alive" ? 0 : failures + 1;
      opensAt = failures >= failuresToOpen ? now + probeEvery : Number.NEGATIVE_INFINITY;
      return wasOpen && outcome === "alive";
    },
  };
};
