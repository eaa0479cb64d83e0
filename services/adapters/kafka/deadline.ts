// Time limits around kafkajs, whose calls can otherwise stay pending for minutes.
import { Retryable } from "#adapters/broker-port.ts";

/** The work's outcome, or Retryable after `ms`; what the work does afterwards is ignored. */
export const within = async <T>(ms: number, what: string, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Retryable(`${what}: no answer in ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
};

/** A pause that an abort ends early. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (signal?.aborted === true) return done();
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end, { once: true });
  });

/** 50 ms, doubling to 2 s, each shortened by up to half at random so that processes do not retry in step. */
export const backOff = (attempt: number): number =>
  Math.min(2000, 50 * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2);
