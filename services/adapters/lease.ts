// One epoch of a partition: ours until it is lost. Whatever waits does so under the lease, so that heartbeats go on and losing it ends the waiting.
import { type Ctx, Fenced, type Partition } from "./broker-port.ts";

export interface Lease {
  /** Aborts with Fenced when the partition is lost. */
  readonly signal: AbortSignal;
  commit(position: number, metadata: string): Promise<void>;
  /** Does `work` with heartbeats. */
  hold<T>(work: () => Promise<T>): Promise<T>;
  end(): void;
}

/** The session ends after 15 s without one; the adapter sends at most one in 2.5 s of them. */
const beatEvery = 2_000;

export const createLease = ({ topic, partition }: Partition, ctx: Ctx): Lease => {
  const over = new AbortController();
  const end = (error: Fenced): void => over.abort(error);

  /** Only Fenced ends it: a broker that does not answer a heartbeat may answer the next. */
  const beat = (): void => {
    ctx.heartbeat().catch((error: unknown) => {
      if (error instanceof Fenced) end(error);
    });
  };

  return {
    signal: over.signal,
    commit: (position, metadata) => ctx.commit(position, metadata),
    async hold(work) {
      over.signal.throwIfAborted();
      const timer = setInterval(beat, beatEvery);
      try {
        return await work();
      } finally {
        clearInterval(timer);
      }
    },
    end: () => end(new Fenced(`${topic}:${partition} was lost`)),
  };
};
