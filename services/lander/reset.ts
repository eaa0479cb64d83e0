// Moves the lander's committed offsets while no lander runs: first a pending range is finished or dropped, for moving over it would leave it half known.
import type { Admin, Committed, Ctx, Partition } from "#adapters/broker-port.ts";
import { AppError } from "#runtime/errors.ts";
import type { Topic } from "#schemas/topics.ts";
import { readIntent, writeIntent } from "./intent.ts";
import { createWork, type WorkPorts } from "./work.ts";

export type Target = "stay" | "earliest" | "latest" | "landed" | number;

export interface ResetPorts extends WorkPorts {
  readonly group: string;
  readonly inc: number;
  readonly admin: Pick<Admin, "members" | "committed" | "offsets" | "setCommitted">;
  /** Position after what has landed under the incarnation; null: nothing has. */
  landedUpTo(partition: Partition): Promise<number | null>;
  readonly over: AbortSignal;
}

export interface ResetOptions {
  readonly target: Target;
  readonly pending: "finish" | "drop";
  readonly dryRun: boolean;
}

/** What a partition was found at and where it goes. */
export interface Reset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number | null;
  /** `first-last` of the pending range, `unreadable`, or nothing. */
  readonly pending: string;
  readonly landed: number | null;
  readonly to: number | null;
  readonly action: string;
}

/** Without members there is no epoch: the commit is the admin's, and the broker refuses it once somebody joins. */
const adminCtx = (partition: Partition, { admin, group }: ResetPorts): Ctx => ({
  live: true,
  heartbeat: async () => undefined,
  commit: (position, metadata) => admin.setCommitted(group, partition, position, metadata),
});

const positionOf = (target: Target, from: number | null, landed: number | null, { logStart, end }: Committed) => {
  switch (target) {
    case "stay":
      return from;
    case "earliest":
      return logStart;
    case "latest":
      return end;
    case "landed":
      return landed ?? logStart;
    default:
      return target;
  }
};

export const resetPartition = async (
  topic: Topic,
  partition: Partition,
  committed: Committed,
  { target, pending, dryRun }: ResetOptions,
  ports: ResetPorts,
): Promise<Reset> => {
  const name = `${partition.topic}:${partition.partition}`;
  const { offset, metadata, logStart, end } = committed;
  const intent = offset === null ? null : readIntent(metadata);
  const open = intent?.pend && intent.inc !== null ? { bounds: intent.pend, inc: intent.inc } : null;
  const landed = await ports.landedUpTo(partition);
  const finishes = open !== null && pending === "finish";

  if (finishes && (open.bounds[0] < logStart || open.bounds[1] >= end))
    throw new AppError("position_refused", `${name}: the pending ${open.bounds.join("-")} is not in the log any more`, {
      cure: "Drop it: npm run lander:reset -- --pending drop",
    });
  // An offset that somebody moved away from its pending range is where they wanted it.
  const from = finishes && offset === open.bounds[0] ? open.bounds[1] + 1 : offset;
  const to = positionOf(target, from, finishes ? Math.max(landed ?? 0, open.bounds[1] + 1) : landed, committed);
  if (to !== null && (to < logStart || to > end))
    throw new AppError("usage", `${name} has offsets from ${logStart} to ${end}, not ${to}`);

  if (!dryRun) {
    const ctx = adminCtx(partition, ports);
    if (finishes) {
      const work = createWork({ topic, partition, ctx, over: ports.over }, ports);
      await work.landing.land(await work.reread(open.bounds, open.inc, 0), open.inc);
    }
    if (to !== null) await ctx.commit(to, writeIntent({ inc: ports.inc }));
  }
  const handled = open === null ? "" : `${pending} ${open.bounds.join("-")}`;
  const moved = to === null || (to === offset && open === null) ? "" : `move to ${to}`;
  return {
    ...partition,
    offset,
    pending: open?.bounds.join("-") ?? (offset !== null && intent === null ? "unreadable" : ""),
    landed,
    to,
    action: [handled, moved].filter((part) => part !== "").join(", ") || "nothing",
  };
};

/** All partitions of the topics, or the one. Nothing is changed unless everything may be. */
export const reset = async (
  topics: readonly Topic[],
  only: number | undefined,
  options: ResetOptions,
  ports: ResetPorts,
): Promise<readonly Reset[]> => {
  const { admin, group } = ports;
  const members = await admin.members(group);
  if (members > 0 && !options.dryRun)
    throw new AppError("usage", `Group ${group} has ${members} member${members === 1 ? "" : "s"}`, {
      cure: "Stop every lander first; one that was killed counts until its session ends, after 15 s.",
    });

  const found: { readonly topic: Topic; readonly partition: Partition; readonly committed: Committed }[] = [];
  for (const topic of topics) {
    const [offsets, committed] = await Promise.all([admin.offsets(topic.topic), admin.committed(group, topic.topic)]);
    for (const [number, { start, end }] of [...offsets].toSorted(([a], [b]) => a - b)) {
      if (only !== undefined && number !== only) continue;
      const { offset = null, metadata = "" } = committed.get(number) ?? {};
      const partition = { topic: topic.topic, partition: number };
      found.push({ topic, partition, committed: { offset, metadata, logStart: start, end } });
    }
  }
  const run = async (dryRun: boolean): Promise<Reset[]> => {
    const done: Reset[] = [];
    for (const { topic, partition, committed } of found)
      done.push(await resetPartition(topic, partition, committed, { ...options, dryRun }, ports));
    return done;
  };
  const planned = await run(true);
  return options.dryRun ? planned : run(false);
};
