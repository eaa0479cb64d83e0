// So many requests a minute for each name: a bucket that fills evenly. Pure but for what it remembers.

export interface Allowance {
  /** Takes one; the seconds to wait when there is none. */
  take(name: string, now: number): number | undefined;
}

const minute = 60_000;
/** A flood of made-up names must not fill the memory. */
const maxNames = 10_000;

export const createAllowance = (perMinute: number): Allowance => {
  const buckets = new Map<string, { left: number; at: number }>();
  return {
    take(name, now) {
      const known = buckets.get(name) ?? { left: perMinute, at: now };
      const left = Math.min(perMinute, known.left + ((now - known.at) * perMinute) / minute);
      // Names come back in the order of their last use, the longest unused first.
      buckets.delete(name);
      if (buckets.size >= maxNames) for (const [oldest] of [...buckets].slice(0, maxNames / 2)) buckets.delete(oldest);
      buckets.set(name, { left: left >= 1 ? left - 1 : left, at: now });
      return left >= 1 ? undefined : Math.ceil(((1 - left) * minute) / perMinute / 1000);
    },
  };
};
