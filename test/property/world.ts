// What detectors and landers in miniature have in common: outages waited out in turns, and a life that may end at any port call.
import { type Ctx, Fenced, type GroupConsumer } from "#adapters/broker-port.ts";
import type { Scheduler } from "#adapters/memory/broker-scheduler.ts";
import type { Outages } from "#runtime/outages.ts";

/** Without real pauses; what is no outage passes, as with the real one. */
export const outagesIn = (scheduler: Scheduler): Outages<string> => ({
  async wait(_, work, { signal, isOutage }) {
    for (;;) {
      signal.throwIfAborted();
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof Error && isOutage(error))) throw error;
        await scheduler.turns(scheduler.integer(1, 4));
      }
    }
  },
});

export interface Life {
  readonly dead: boolean;
  /** A port call: once dead it never returns, as far as the process could tell. */
  alive<T>(work: () => Promise<T>): Promise<T>;
  /** What the group sees of a call of a handler: once dead, one that is gone. */
  mortal<T>(work: () => Promise<T>): Promise<T>;
  /** The same ctx, its calls being port calls. */
  ctx(of: Ctx, onCommit?: (position: number) => void): Ctx;
  /** At once, in the middle of whatever runs. */
  kill(): Promise<void>;
  /** In good order. */
  stop(): Promise<void>;
}

const forever = new Promise<never>(() => undefined);

export const createLife = (consumer: GroupConsumer): Life => {
  let dead = false;
  const death = Promise.withResolvers<never>();
  death.promise.catch(() => undefined);

  const alive = async <T>(work: () => Promise<T>): Promise<T> => {
    if (dead) return forever;
    try {
      const value = await work();
      return dead ? await forever : value;
    } catch (error) {
      if (dead) return forever;
      throw error;
    }
  };

  return {
    get dead() {
      return dead;
    },
    alive,
    mortal: (work) => (dead ? death.promise : Promise.race([work(), death.promise])),
    ctx: (of, onCommit) => ({
      commit: (position, metadata) =>
        alive(async () => {
          await of.commit(position, metadata);
          onCommit?.(position);
        }),
      heartbeat: () => alive(() => of.heartbeat()),
      get live() {
        return of.live;
      },
    }),
    async kill() {
      dead = true;
      death.reject(new Fenced("killed"));
      await consumer[Symbol.asyncDispose]();
    },
    stop: async () => consumer[Symbol.asyncDispose](),
  };
};

/** A crash point that kills in one of `n` passages, 0: never, and not more often than `most` times over all lives. */
export const createCrashes = (oneIn: (n: number) => boolean, n: number, most: number) => {
  let left = most;
  return (life: Life) => (): void => {
    if (life.dead || left === 0 || !oneIn(n)) return;
    left -= 1;
    void life.kill();
    // What follows the point must not happen.
    throw new Fenced("killed");
  };
};
