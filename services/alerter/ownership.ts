// What comes with a partition besides its fold: delivering for it, keeping its logs right, and bringing the rules into force in it.
import type { Producer } from "#adapters/broker-port.ts";
import type { Lease } from "#adapters/lease.ts";
import type { Clock } from "#runtime/clock.ts";
import type { Logger } from "#runtime/logger.ts";
import type { ActiveRules } from "./active-rules.ts";
import type { ControlPorts } from "./control.ts";
import type { Lanes } from "./lanes.ts";
import { activationFor } from "./rules-activation.ts";
import type { Task } from "./task.ts";
import type { Upkeep } from "./upkeep.ts";

export interface OwnershipPorts {
  readonly control: ControlPorts;
  readonly rules: Pick<ActiveRules, "current" | "onChange">;
  readonly lanes: Pick<Lanes, "own" | "release" | "settingsChanged">;
  readonly upkeep: Upkeep;
  readonly producer: Pick<Producer, "send">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly fail: (error: unknown) => void;
  /** Between two looks at the logs, ms. */
  readonly every?: number;
}

export interface Ownership extends Disposable {
  readonly gained: (partition: number, lease: Lease, task: Task) => void;
  readonly lost: (partition: number) => void;
}

interface Owned {
  readonly lease: Lease;
  readonly task: Task;
}

const minute = 60_000;

export const createOwnership = (ports: OwnershipPorts): Ownership => {
  const { control, rules, lanes, upkeep, producer, clock, log, fail, every = minute } = ports;
  const owned = new Map<number, Owned>();

  /** Under the lease: losing the partition ends it. */
  const perform = (lease: Lease, work: () => Promise<void>): void => {
    work().catch((error: unknown) => {
      if (!lease.signal.aborted) fail(error);
    });
  };

  const activate = (partition: number, { lease, task }: Owned): void => {
    const record = activationFor(partition, task, { ...control, now: clock, rules: () => rules.current.rules });
    if (record === undefined) return;
    log.info({ partition, version: rules.current.rules.version }, "bringing rules into force");
    perform(lease, () => producer.send([record], lease.signal));
  };

  const keepUp = (partition: number, { lease }: Owned): void =>
    perform(lease, async () => {
      await upkeep.repair(partition, lease.signal);
      await upkeep.sweep(partition, clock(), lease.signal);
    });

  rules.onChange(() => {
    for (const [partition, one] of owned) activate(partition, one);
    lanes.settingsChanged();
  });
  const timer = setInterval(() => {
    for (const [partition, one] of owned) keepUp(partition, one);
  }, every);
  timer.unref();

  return {
    gained(partition, lease, task) {
      const one = { lease, task };
      owned.set(partition, one);
      lanes.own(partition);
      activate(partition, one);
      keepUp(partition, one);
    },
    lost(partition) {
      owned.delete(partition);
      lanes.release(partition);
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
};
