// How strange the newest value of any metric is (latency, queue length, volume): for what is no rate of trials. Online, robust, pure.
import { day, type EventTime, hour } from "#core/time.ts";

/**
 * The design values were chosen on every second file of the Numenta Anomaly Benchmark and held on the other half
 * (52.8 there, 54.6 in all, against 47.1 for Twitter's ADVec); a third or three times of any costs at most six points.
 */
const near = 300;
const far = 2_000;
const remembered = 5_000;
const episode = 90;
const tailShare = 0.02;
const warmScores = 50;
const warmValues = 20;
/** Values of the last day that are kept at hand: one each 5 s. */
const maxPerDay = 20_000;

interface Sorted {
  readonly size: number;
  /** The i-th smallest. */
  at(i: number): number;
  /** How many are smaller. */
  below(value: number): number;
  push(value: number): void;
}

/** The last `capacity` values in order of size. */
const createSorted = (capacity: number): Sorted => {
  const arrived = new Float64Array(capacity);
  const ordered = new Float64Array(capacity);
  let [size, total] = [0, 0];
  const below = (value: number): number => {
    let [low, high] = [0, size];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ordered[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    get size() {
      return size;
    },
    at: (i) => ordered[i] ?? 0,
    below,
    push(value) {
      const slot = total % capacity;
      if (size === capacity) {
        const gone = below(arrived[slot] ?? 0);
        ordered.copyWithin(gone, gone + 1, size);
        size -= 1;
      }
      arrived[slot] = value;
      total += 1;
      const place = below(value);
      ordered.copyWithin(place + 1, place, size);
      ordered[place] = value;
      size += 1;
    },
  };
};

/** Distance from the median in units of half the middle 68 %; a twentieth of the span keeps constant series from dividing by 0. */
const distance = (past: Sorted, value: number): number => {
  if (past.size < warmValues) return 0;
  const quantile = (p: number): number => past.at(Math.min(past.size - 1, Math.floor(p * past.size)));
  const median = quantile(0.5);
  const width = (quantile(0.84) - quantile(0.16)) / 2 + 0.05 * (quantile(0.99) - quantile(0.01));
  return Math.abs(value - median) / (width + 1e-9 * Math.abs(median) + 1e-12);
};

/** −ln of the chance of so large a distance: by rank, and beyond the last 2 % by an exponential tail of their mean excess. */
const createSurprise = (): ((value: number) => number) => {
  const past = createSorted(remembered);
  const rate = (value: number): number => {
    const { size } = past;
    if (size < warmScores) return 0;
    const tail = Math.max(5, Math.ceil(tailShare * size));
    const edge = past.at(size - tail);
    if (value <= edge) return -Math.log((size - past.below(value) + 1) / (size + 1));
    let excess = 0;
    for (let i = size - tail; i < size; i += 1) excess += past.at(i) - edge;
    return Math.log(size / tail) + (value - edge) / (excess / tail + 0.02 * edge + 1e-6);
  };
  return (value) => {
    const surprise = rate(value);
    past.push(value);
    return surprise;
  };
};

/** What differs from the value at this time yesterday by the least, among five neighbours there; undefined: no value within an hour. */
const createYesterday = () => {
  const times: EventTime[] = [];
  const values: number[] = [];
  let head = 0;
  return {
    residual(at: EventTime, value: number): number | undefined {
      while (head < times.length && (times[head] ?? at) < at - day) head += 1;
      const found = times[head];
      if (found === undefined || head === 0 || found - (at - day) >= hour) return undefined;
      return values
        .slice(Math.max(0, head - 2), head + 3)
        .map((then) => value - then)
        .reduce((least, one) => (Math.abs(one) < Math.abs(least) ? one : least));
    },
    push(at: EventTime, value: number): void {
      times.push(at);
      values.push(value);
      const gone = Math.max(head - 2, times.length - maxPerDay);
      if (gone < 1_000) return;
      times.splice(0, gone);
      values.splice(0, gone);
      head = Math.max(0, head - gone);
    },
  };
};

/** The largest of the last `length` values. */
const createRecentMaximum = (length: number) => {
  const recent: number[] = [];
  return (value: number): number => {
    const most = recent.reduce((high, one) => Math.max(high, one), 0);
    recent.push(value);
    if (recent.length > length) recent.shift();
    return most;
  };
};

/**
 * Takes values in order of time and says of each, before learning it, how surprising it is: nats, 0 for nothing new.
 * Four views add up: the level against the last 300 and 2,000 values, the step, and the difference from yesterday.
 * Within 90 values only what is stranger than everything before counts, so that one episode is told once.
 * A value that is no finite number changes nothing.
 */
export const createMetricDetector = (): ((at: EventTime, value: number) => number) => {
  const [level, longLevel, steps, residuals] = [near, far, near, near].map(createSorted) as [
    Sorted,
    Sorted,
    Sorted,
    Sorted,
  ];
  const [ofLevel, ofLongLevel, ofStep, ofResidual] = [
    createSurprise(),
    createSurprise(),
    createSurprise(),
    createSurprise(),
  ];
  const yesterday = createYesterday();
  const recentMaximum = createRecentMaximum(episode);
  let last: number | undefined;

  return (at, value) => {
    if (!Number.isFinite(value)) return 0;
    const step = value - (last ?? value);
    const residual = yesterday.residual(at, value);
    let surprise = ofLevel(distance(level, value)) + ofLongLevel(distance(longLevel, value));
    surprise += ofStep(distance(steps, step));
    if (residual !== undefined) {
      surprise += ofResidual(distance(residuals, residual));
      residuals.push(residual);
    }
    level.push(value);
    longLevel.push(value);
    steps.push(step);
    yesterday.push(at, value);
    last = value;
    return surprise > recentMaximum(surprise) ? surprise : 0;
  };
};
