// A piece of simulation that a worker thread runs: many parts, each with its own seed, whose samples add up.
import type { Sample } from "./measures.ts";

export interface Job {
  readonly name: string;
  /** Parts to run; every part of every job draws its own random numbers. */
  readonly parts: number;
  run(part: number): readonly Sample[];
}

/** Seeds that differ by job and part and never between machines. */
export const seedOf = (name: string, part: number): number => {
  let hash = 17 + part;
  for (let i = 0; i < name.length; i += 1) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) | 0;
  return hash >>> 0;
};
