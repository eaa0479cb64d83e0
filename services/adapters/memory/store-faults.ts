// Faults to order for the store's twin: what a server, a network or a proxy may do to a request.

export type StoreRequest = "insert" | "query" | "ping" | "verify" | "command";

/** `refuse`: nothing happened. `reset`: applied, and the reply lost. `hang`: no answer until `release`. A number: ClickHouse's error code, nothing applied. */
export type StoreMishap = "refuse" | "reset" | "hang" | number;

export interface StoreFaults {
  /** What befalls the next requests of this kind, one each, in order. */
  order(request: StoreRequest, ...mishaps: readonly StoreMishap[]): void;
  /** Nothing answers until `comeBack`. */
  goAway(): void;
  comeBack(): void;
  /** Ends all hanging requests: as timed out. */
  release(): void;
}

export interface StoreFaultState extends StoreFaults {
  /** What befalls this request; waits while it hangs. */
  next(request: StoreRequest): Promise<StoreMishap | undefined>;
}

export const createStoreFaults = (): StoreFaultState => {
  const ordered = new Map<StoreRequest, StoreMishap[]>();
  let away = false;
  let gate = Promise.withResolvers<void>();
  return {
    order: (request, ...mishaps) => void ordered.set(request, [...(ordered.get(request) ?? []), ...mishaps]),
    goAway: () => void (away = true),
    comeBack: () => void (away = false),
    release() {
      gate.resolve();
      gate = Promise.withResolvers();
    },
    async next(request) {
      if (away) return "refuse";
      const mishap = ordered.get(request)?.shift();
      if (mishap === "hang") await gate.promise;
      return mishap;
    },
  };
};
