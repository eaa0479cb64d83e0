// From an assignment to a lane: recovers one partition for one epoch, or says why it must not be touched.
import type { Committed, Partition } from "#adapters/broker-port.ts";
import { AppError } from "#runtime/errors.ts";
import type { TableName } from "#schemas/clickhouse/tables.ts";
import { type Limits, openFilling } from "./block.ts";
import type { Budget } from "./budget.ts";
import { createLane, type Lane } from "./lane.ts";
import { breakerAt, suspectRecords } from "./poison.ts";
import { type Refusal, recover } from "./recovery.ts";
import { tablesOf } from "./rows.ts";
import { createWork, type Owned, type WorkPorts } from "./work.ts";

export interface LanderPorts extends WorkPorts {
  readonly inc: number;
  readonly limits: Limits;
  readonly budget: Budget;
  /** Whether rows or ranges of the partition are there under the incarnation (landed.ts). */
  landedBefore(tables: readonly TableName[], partition: Partition): Promise<boolean>;
  readonly flow: { pause(partition: Partition): void; resume(partition: Partition): void };
  readonly fail: (error: unknown) => void;
}

const cures: Readonly<Record<Refusal, string>> = {
  overlap: "Somebody moved the offset. Stop the lander and look: npm run lander:reset -- --dry-run",
  zero: "If topics were created anew, raise EARSHOT_INCARNATION; if only the group's offsets are gone: npm run lander:reset -- --to landed",
  unreadable:
    "Another program commits in this group: change EARSHOT_GROUP_PREFIX of one of them, or run npm run lander:reset",
  incarnation: "Set EARSHOT_INCARNATION to the number that npm run topics -- --recreate said.",
};

/** Throws Fenced when the partition is lost meanwhile, AppError where an operator must decide. */
export const openAssignment = async (
  owned: Owned,
  committed: Committed,
  ports: LanderPorts,
): Promise<{ readonly lane: Lane; readonly start: number }> => {
  const { topic, partition, ctx } = owned;
  const { inc, limits, budget, timers, flow, fail } = ports;
  const tables = tablesOf[topic.kind];
  const work = createWork(owned, ports);
  const { persist, landing } = work;

  const start = await recover(committed, {
    inc,
    landedBefore: () => persist("clickhouse", () => ports.landedBefore(tables, partition)),
    commit: (position, metadata) => persist("broker", () => ctx.commit(position, metadata)),
    reread: (bounds, of, tries) => work.reread(bounds, of, tries),
    landing,
    onLost: ([first, last]) => {
      ports.metrics.lost.inc({ topic: topic.topic }, last - first + 1);
      ports.log.error({ ...partition, first, last }, "retention took records before they landed");
    },
  });
  if (start.kind === "refused")
    throw new AppError("position_refused", `${partition.topic}:${partition.partition} is refused: ${start.detail}`, {
      cure: cures[start.why],
    });

  const { at, tries } = start;
  const suspectUntil = tries < breakerAt ? at : Math.min(committed.end, at + suspectRecords);
  const lane = createLane(
    { at, tries, suspectUntil },
    {
      inc,
      open: (first) => openFilling(first, work.packing, limits),
      idle: limits.idle,
      budget,
      timers,
      read: work.readUnder(inc, tries, suspectUntil),
      landing,
      pause: () => flow.pause(partition),
      resume: () => flow.resume(partition),
      fail,
    },
  );
  return { lane, start: at };
};
