// Runs the parts of all simulations on every core and gathers what they found.
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { simulationJobs } from "./jobs.ts";
import type { Sample } from "./measures.ts";

interface Answer {
  readonly name: string;
  readonly samples: readonly Sample[];
  readonly millis: number;
}

export interface Simulation {
  readonly samples: readonly Sample[];
  /** CPU time by job, milliseconds. */
  readonly cost: ReadonlyMap<string, number>;
}

export interface SimulationOptions {
  /** Share of the runs; 1: all. */
  readonly scale: number;
  /** Only jobs whose name contains it; empty: all. */
  readonly only: string;
}

/** One part after another until none is left; rejects with the first error of a thread. */
const work = async (
  scale: number,
  next: () => { name: string; part: number } | undefined,
  done: (answer: Answer) => void,
) => {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: { scale } });
  try {
    for (let part = next(); part !== undefined; part = next()) {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      worker.postMessage(part);
      const [answer] = (await once(worker, "message")) as [Answer];
      done(answer);
    }
  } finally {
    await worker.terminate();
  }
};

/** The order of samples does not matter, so neither does which thread took what. */
export const simulate = async ({ scale, only }: SimulationOptions): Promise<Simulation> => {
  const parts = simulationJobs(scale)
    .filter(({ name }) => name.includes(only))
    .flatMap(({ name, parts: count }) => Array.from({ length: count }, (_, part) => ({ name, part })));
  const samples: Sample[] = [];
  const cost = new Map<string, number>();
  const take = (answer: Answer): void => {
    samples.push(...answer.samples);
    cost.set(answer.name, (cost.get(answer.name) ?? 0) + answer.millis);
  };
  const next = () => parts.shift();
  await Promise.all(Array.from({ length: availableParallelism() }, () => work(scale, next, take)));
  return { samples, cost };
};
