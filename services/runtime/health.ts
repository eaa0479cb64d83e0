// Two questions about a process: may it get work (ready), does it still do any (alive)?
import { toError } from "./errors.ts";

export interface CheckResult {
  readonly ok: boolean;
  readonly detail?: string;
}

export interface Health {
  /** Readiness: false while a dependency is down or the start is not complete. Never ends the process. */
  check(name: string, check: () => CheckResult): void;
  /** Liveness: anything but true, at two looks in a row, ends the process with exit 1. A string says why. */
  alive(name: string, check: () => boolean | string): void;
}

export type Phase = "starting" | "ready" | "stopping";

interface Named extends CheckResult {
  readonly name: string;
}

export interface HealthReport {
  readonly ok: boolean;
  readonly phase: Phase;
  readonly checks: readonly Named[];
}

export interface HealthState extends Health {
  setPhase(phase: Phase): void;
  readiness(): HealthReport;
  liveness(): HealthReport;
}

/** A check that throws has failed; it must not take the health page with it. */
const guarded = (name: string, check: () => CheckResult): Named => {
  try {
    return { name, ...check() };
  } catch (thrown) {
    return { name, ok: false, detail: toError(thrown).message };
  }
};

const fromAlive = (answer: boolean | string): CheckResult =>
  typeof answer === "string" ? { ok: false, detail: answer } : { ok: answer };

const look = (checks: ReadonlyMap<string, () => CheckResult>): Named[] =>
  [...checks].map(([name, check]) => guarded(name, check));

export const createHealth = (): HealthState => {
  const ready = new Map<string, () => CheckResult>();
  const alive = new Map<string, () => boolean | string>();
  let phase: Phase = "starting";

  return {
    check: (name, check) => void ready.set(name, check),
    alive: (name, check) => void alive.set(name, check),
    setPhase: (next) => {
      phase = next;
    },
    readiness: () => {
      const checks = look(ready);
      return { ok: phase === "ready" && checks.every((one) => one.ok), phase, checks };
    },
    liveness: () => {
      const checks = look(new Map([...alive].map(([name, check]) => [name, () => fromAlive(check())])));
      return { ok: checks.every((one) => one.ok), phase, checks };
    },
  };
};
