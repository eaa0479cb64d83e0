// Prometheus metrics of one process: declared once with help text, named by one rule, labels from closed sets.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { codeVersion } from "./version.ts";

export interface Metrics {
  /** Name ends in `_total`. Asking for a declared name again yields the same metric. */
  counter<L extends string = never>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  gauge<L extends string = never>(name: string, help: string, labels?: readonly L[]): Gauge<L>;
  /** Buckets follow from the unit at the end of the name: `_seconds`, `_bytes`, else counts. */
  histogram<L extends string = never>(name: string, help: string, labels?: readonly L[]): Histogram<L>;
  /** Runs `update` before each scrape: for gauges that are cheaper to compute than to maintain. */
  beforeScrape(update: () => void): void;
  /** The exposition text. */
  render(): Promise<string>;
  readonly contentType: string;
}

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const byteSizes = [256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216];
const counts = [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000];

const bucketsFor = (name: string): number[] => {
  if (name.endsWith("_seconds")) return seconds;
  return name.endsWith("_bytes") ? byteSizes : counts;
};

const assertName = (name: string, counter: boolean): void => {
  if (!/^earshot_[a-z0-9]+(_[a-z0-9]+)*$/.test(name)) throw new Error(`metric ${name}: earshot_ and snake case`);
  if (name.endsWith("_total") !== counter) throw new Error(`metric ${name}: counters, and only they, end in _total`);
};

/** `defaults`: also Node's own metrics, unprefixed (event loop lag, heap, garbage collection). */
export const createMetrics = (service: string, { defaults = true } = {}): Metrics => {
  const registry = new Registry();
  const updates: (() => void)[] = [];
  if (defaults) collectDefaultMetrics({ register: registry });

  /** The metric of that name if declared before, else a new one. */
  const declared = <M>(name: string, counter: boolean, create: () => M): M => {
    assertName(name, counter);
    return (registry.getSingleMetric(name) as M | undefined) ?? create();
  };

  const metrics: Metrics = {
    counter: (name, help, labels = []) =>
      declared(name, true, () => new Counter({ name, help, labelNames: labels, registers: [registry] })),
    gauge: (name, help, labels = []) =>
      declared(name, false, () => new Gauge({ name, help, labelNames: labels, registers: [registry] })),
    histogram: (name, help, labels = []) =>
      declared(
        name,
        false,
        () => new Histogram({ name, help, labelNames: labels, buckets: bucketsFor(name), registers: [registry] }),
      ),
    beforeScrape: (update) => void updates.push(update),
    render: () => {
      for (const update of updates) update();
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
  metrics
    .gauge("earshot_build_info", "1, with the version of the code and of Node as labels", [
      "service",
      "version",
      "node",
    ])
    .set({ service, version: codeVersion, node: process.versions.node }, 1);
  return metrics;
};
