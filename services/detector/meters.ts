// What the detector counts. The hot path adds to plain numbers; Prometheus gets them when it asks.
import type { Output } from "#core/engine-port.ts";
import { isInteractionType } from "#core/interaction.ts";
import type { Metrics } from "#runtime/metrics.ts";

export type Outcome = "applied" | "duplicate" | "late" | "visit_full" | "reject" | "rekeyed" | "tick";

/** As much of an interaction as is counted. */
interface Counted {
  readonly type: string;
  readonly tenant: string;
}

export type Step = "fold" | "send" | "commit" | "restore";

export interface Meter {
  /** Each record of the log once; undefined: one that could not be read. */
  event(of: Counted | undefined, outcome: Outcome): void;
  tick(): void;
  rejected(reason: string): void;
  outputs(outputs: readonly Output[]): void;
  step(step: Step, seconds: number): void;
}

/** Counts by one label until the next scrape; its values are few. */
const createSums = () => {
  const sums = new Map<string, number>();
  return {
    add: (value: string) => void sums.set(value, (sums.get(value) ?? 0) + 1),
    flush: (take: (value: string, sum: number) => void) => {
      for (const [value, sum] of sums) take(value, sum);
      sums.clear();
    },
  };
};

type Sums = ReturnType<typeof createSums>;

/** Prompts of a tenant without any response, before it counts as one that sends none: repeat-ask cannot see it. */
const enoughPrompts = 20;
const maxTenants = 10_000;

const createResponseWatch = () => {
  const tenants = new Map<string, { prompts: number; responses: number }>();
  return {
    see({ type, tenant }: Counted): void {
      if (type !== "prompt" && type !== "response") return;
      let seen = tenants.get(tenant);
      if (seen === undefined) {
        if (tenants.size >= maxTenants) return;
        seen = { prompts: 0, responses: 0 };
        tenants.set(tenant, seen);
      }
      if (type === "prompt") seen.prompts += 1;
      else seen.responses += 1;
    },
    silent: (): number =>
      [...tenants.values()].filter(({ prompts, responses }) => responses === 0 && prompts >= enoughPrompts).length,
  };
};

export const createMeter = (metrics: Metrics): Meter => {
  const events = metrics.counter("earshot_events_total", "Records of interactions by type and what became of them", [
    "type",
    "outcome",
  ]);
  const rejects = metrics.counter("earshot_rejects_total", "Records that broke the contract", ["reason"]);
  const late = metrics.counter("earshot_late_total", "Events too late to be applied");
  const signals = metrics.counter("earshot_signals_total", "Signals sent, revisions included", ["type"]);
  const unresolved = metrics.counter("earshot_unresolved_total", "Signals sent before their response was seen");
  const rekeyed = metrics.counter("earshot_rekeyed_total", "Records written once more to their session's partition");
  const tallies = metrics.counter("earshot_tallies_total", "Tally records sent");
  const steps = metrics.histogram("earshot_step_seconds", "Time of each step of a batch", ["step"]);
  const silent = metrics.gauge(
    "earshot_tenants_without_responses",
    "Tenants that send prompts and no responses: nothing they ask again can be seen",
  );

  const byOutcome = new Map<Outcome, Sums>();
  const rejectSums = createSums();
  const signalSums = createSums();
  const responses = createResponseWatch();
  metrics.beforeScrape(() => {
    for (const [outcome, sums] of byOutcome) sums.flush((type, sum) => events.inc({ type, outcome }, sum));
    rejectSums.flush((reason, sum) => rejects.inc({ reason }, sum));
    signalSums.flush((type, sum) => signals.inc({ type }, sum));
    silent.set(responses.silent());
  });

  const count = (type: string, outcome: Outcome): void => {
    let sums = byOutcome.get(outcome);
    if (sums === undefined) byOutcome.set(outcome, (sums = createSums()));
    sums.add(type);
  };

  return {
    event(of, outcome) {
      // The type is the producer's text: only the known ones may become labels.
      count(of !== undefined && isInteractionType(of.type) ? of.type : "unknown", outcome);
      if (outcome === "late" || outcome === "visit_full") late.inc();
      if (outcome === "rekeyed") rekeyed.inc();
      if (of !== undefined && outcome === "applied") responses.see(of);
    },
    tick: () => count("tick", "tick"),
    rejected: rejectSums.add,
    outputs(outputs) {
      for (const output of outputs) {
        if (output.kind === "tally") tallies.inc();
        if (output.kind !== "signal") continue;
        signalSums.add(output.record.event_type);
        if (output.record.provenance_status === "unresolved") unresolved.inc();
      }
    },
    step: (step, seconds) => steps.observe({ step }, seconds),
  };
};
