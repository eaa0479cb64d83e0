// Faults to order for the twin: what a broker, a network or a group may do to a request.

export type RequestKind = "send" | "commit" | "fetchOffsets";

/** `fail`: nothing happened. `part`: the first half was applied, then it failed. `drop`: applied, reply lost. `repeat`: applied twice. */
export type Mishap = "fail" | "part" | "drop" | "repeat";

export interface BrokerFaults {
  /** What befalls the next requests of this kind, one each, in order. */
  order(kind: RequestKind, ...mishaps: readonly Mishap[]): void;
  /** Each request of this kind waits this many turns first, until told otherwise. */
  delay(kind: RequestKind, turns: number): void;
  /** The broker does not answer until `comeBack`. */
  goAway(): void;
  comeBack(): void;
  /** The group forgets its first member, which learns of it only some turns later: until then it is a zombie. */
  expireMember(group: string): void;
  /** All members join again without waiting for their handlers, as kafkajs does when a leader moves (K42). */
  rejoin(group: string): void;
}

export interface FaultState {
  readonly away: boolean;
  /** Waits out the ordered delay, then says what befalls this request. */
  next(kind: RequestKind): { readonly mishap: Mishap | undefined; readonly delay: number };
}

export const createFaultState = (onChange: () => void): FaultState & Omit<BrokerFaults, "expireMember" | "rejoin"> => {
  const ordered = new Map<RequestKind, Mishap[]>();
  const delays = new Map<RequestKind, number>();
  let away = false;
  const setAway = (value: boolean): void => {
    away = value;
    onChange();
  };
  return {
    get away() {
      return away;
    },
    next: (kind) => ({ mishap: ordered.get(kind)?.shift(), delay: delays.get(kind) ?? 0 }),
    order: (kind, ...mishaps) => void ordered.set(kind, [...(ordered.get(kind) ?? []), ...mishaps]),
    delay: (kind, turns) => void delays.set(kind, turns),
    goAway: () => setAway(true),
    comeBack: () => setAway(false),
  };
};
