// Doing something for as long as it takes while the partition is ours: outages are waited out, a lost partition ends the waiting.
import { type Ctx, Fenced } from "#adapters/broker-port.ts";
import { StoreError } from "#adapters/store-port.ts";
import { AppError } from "#runtime/errors.ts";
import type { Outages } from "#runtime/outages.ts";

export type Dependency = "broker" | "clickhouse" | "registry";

/** Repeats `attempt` until it succeeds; throws Fenced once the partition is gone, and whatever is no outage. */
export type Persist = <T>(dependency: Dependency, attempt: () => Promise<T>) => Promise<T>;

interface PersistOptions {
  readonly ctx: Ctx;
  /** Ends the waiting: the partition was lost, or its orderly end takes too long. */
  readonly over: AbortSignal;
  readonly outages: Outages<Dependency>;
}

/** Retryable is one of those AppErrors. */
export const isAway = (error: Error): boolean => {
  if (error instanceof StoreError) return error.kind === "retryable";
  return error instanceof AppError && error.retryable;
};

/** Shows that this is waiting, not stuck. Only Fenced matters: a broker that misses a heartbeat may take the next. */
const beat = async (ctx: Ctx): Promise<void> => {
  try {
    await ctx.heartbeat();
  } catch (error) {
    if (error instanceof Fenced) throw error;
  }
};

export const createPersist =
  ({ ctx, over, outages }: PersistOptions): Persist =>
  async (dependency, attempt) => {
    let first = true;
    const work = async () => {
      if (!first) await beat(ctx);
      first = false;
      // A zombie could only repeat a token; better it does nothing at all.
      if (!ctx.live) throw new Fenced("the partition was lost");
      return attempt();
    };
    try {
      return await outages.wait(dependency, work, { signal: over, isOutage: isAway });
    } catch (error) {
      if (over.aborted) throw new Fenced("the partition was given up", { cause: error });
      throw error;
    }
  };
