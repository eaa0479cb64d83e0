// Makes the task of a partition that came: both logs to their end, the newest usable snapshot, the tallies since in silence, then live.
import type { Committed, Partition, PartitionReader } from "#adapters/broker-port.ts";
import type { Lease } from "#adapters/lease.ts";
import { type AlertFoldOptions, createAlertFold, resumeAlertFold } from "#core/alerts/alert-fold.ts";
import type { AlertFold } from "#core/alerts/alert-port.ts";
import { createBreath } from "#runtime/breath.ts";
import type { CrashAt } from "#runtime/crash.ts";
import { AppError } from "#runtime/errors.ts";
import type { Logger } from "#runtime/logger.ts";
import type { Outages } from "#runtime/outages.ts";
import { activatedRules } from "./control.ts";
import type { Follower } from "./follow.ts";
import type { Case, Ledger } from "./ledger.ts";
import { type Dependency, isOutage, type Read } from "./reading.ts";
import type { Snapshots } from "./snapshots.ts";
import type { TaskStart } from "./task.ts";

/** How a fold is made; tests hand in their own. */
export interface Folds {
  create: typeof createAlertFold;
  resume: typeof resumeAlertFold;
}

export const realFolds: Folds = { create: createAlertFold, resume: resumeAlertFold };

export interface RecoveryPorts {
  readonly folds: Folds;
  readonly options: Omit<AlertFoldOptions, "partition">;
  readonly snapshots: Pick<Snapshots, "load">;
  readonly follower: Pick<Follower, "caughtUp">;
  readonly ledger: Ledger;
  readonly reader: PartitionReader;
  readonly read: Read;
  readonly outages: Outages<Dependency>;
  readonly log: Logger;
  readonly crashAt: CrashAt<"in-recovery" | "after-restore">;
  readonly meter: { lost(partition: number, records: number): void };
}

export interface Recovered extends TaskStart {
  readonly fold: AlertFold;
  /** When its snapshot was written, epoch ms; null: from the log alone. */
  readonly snapshotAt: number | null;
}

/** Where to go on; throws for a position that the log cannot have. */
const startOf = ({ topic, partition }: Partition, { offset, logStart, end }: Committed): number => {
  if (offset === null) return logStart;
  if (offset > end)
    throw new AppError(
      "position_refused",
      `${topic}:${partition} is committed at ${offset}, but its log ends at ${end}`,
      {
        cure: "The topic was made anew: give the group another EARSHOT_GROUP_PREFIX, or delete the group.",
      },
    );
  return Math.max(offset, logStart);
};

const isLive = (state: string): boolean => state === "open" || state === "acknowledged" || state === "silenced";

/**
 * Live, and opened below the position. One that a predecessor opened above it, and said before it could commit, lies in this fold's
 * future: the tallies up there will open it again, under the same id.
 */
const isAdoptable = ({ record, transitions }: Case, position: number): boolean => {
  const opened = transitions.get(Math.min(...transitions.keys()))?.log_offset ?? null;
  return isLive(record.state) && (opened === null || opened < position);
};

export const createRecovery = (ports: RecoveryPorts) => {
  const { folds, options, snapshots, follower, ledger, reader, read, outages, log, crashAt, meter } = ports;

  /** The newest snapshot that this version of the fold can go on from. */
  const resume = async (partition: number, upTo: number, signal: AbortSignal) => {
    for await (const { snapshot, rules, written } of snapshots.load(partition, upTo, signal))
      try {
        const fold = folds.resume(snapshot, { ...options, partition });
        return { fold, rules, from: snapshot.offset, snapshotAt: written };
      } catch (error) {
        log.warn(
          { partition, offset: snapshot.offset, error },
          "the fold does not take a snapshot: an older one is tried",
        );
      }
    return { fold: folds.create({ ...options, partition }), rules: null, from: 0, snapshotAt: null };
  };

  /** What was said of these records was acknowledged before their position was committed: they are folded, and what follows dropped. */
  const replay = async (
    where: Partition,
    { fold, from, to }: { readonly fold: AlertFold; readonly from: number; readonly to: number },
    { signal }: Lease,
  ): Promise<string | undefined> => {
    const breath = createBreath();
    let rules: string | undefined;
    for await (const batch of reader.read(where, from, to, signal)) {
      for (const record of batch.records) {
        const reading = await read("tallies", record, signal);
        if (reading.kind === "record") {
          fold.add(reading.record, record.offset, record.appendTs);
          rules = activatedRules(reading.record) ?? rules;
        }
        if (breath.due) await breath.take();
      }
      fold.drain();
      crashAt("in-recovery");
    }
    fold.drain();
    return rules;
  };

  const restore = async (where: Partition, committed: Committed, lease: Lease): Promise<Recovered> => {
    const { partition } = where;
    const position = startOf(where, committed);
    // It goes on: an alerter that stands still tells nobody of anything.
    if (committed.offset !== null && committed.offset < committed.logStart) {
      meter.lost(partition, committed.logStart - committed.offset);
      log.error({ partition, from: committed.offset, to: position }, "retention took tallies before they were read");
    }
    await follower.caughtUp(lease.signal);
    const { fold, rules, from, snapshotAt } = await resume(partition, position, lease.signal);
    const start = Math.max(from, committed.logStart);
    if (snapshotAt === null && start < position)
      log.warn({ partition }, "no snapshot can be used: baselines are made of the tallies that are left");
    const activated = start < position ? await replay(where, { fold, from: start, to: position }, lease) : undefined;
    const adopted = [...ledger.cases(partition)].filter((found) => isAdoptable(found, position));
    fold.adopt(adopted.map(({ record }) => record));
    return { fold, position, rules: activated ?? rules, snapshotAt };
  };

  return async (where: Partition, committed: Committed, lease: Lease): Promise<Recovered> => {
    const began = performance.now();
    const recovered = await outages.wait("broker", () => restore(where, committed, lease), {
      signal: lease.signal,
      isOutage,
    });
    const seconds = (performance.now() - began) / 1000;
    log.info({ ...where, position: recovered.position, snapshotAt: recovered.snapshotAt, seconds }, "restored");
    crashAt("after-restore");
    return recovered;
  };
};
