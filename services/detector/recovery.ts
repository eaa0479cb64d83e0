// Rebuilds the state that stood at the committed position by folding, in silence, the horizon of the log before it.
//
// Exact, because a record before the start was appended before watermark − horizon, so its event time is older than anything in the
// state, and the watermark it could have caused made no later record late (streams.md 6.4). Nothing is said: what follows from
// records below the committed position was acknowledged before it was committed.
import type { Committed, LogRecord, Partition, PartitionReader } from "#adapters/broker-port.ts";
import type { Lease } from "#adapters/lease.ts";
import type { Engine } from "#core/engine-port.ts";
import type { CrashAt } from "#runtime/crash.ts";
import { AppError } from "#runtime/errors.ts";
import { foldSilently, type Resolve } from "./fold.ts";
import type { Intake } from "./intake.ts";

/** Whether a process of its own lives on after reading the record. */
export type Survives = (record: LogRecord, signal: AbortSignal) => Promise<boolean>;

export interface Plan {
  /** First offset folded in silence. */
  readonly from: number;
  /** First live offset. */
  readonly to: number;
}

export interface PlanOptions extends Partition {
  readonly committed: Committed;
  /** First offset appended within the horizon before the committed watermark; undefined: no watermark is known. */
  readonly horizonStart: number | undefined;
  /** Go on although records are gone that the state is made of. */
  readonly acceptTruncated: boolean;
}

const refuse = (message: string, cure: string): AppError => new AppError("position_refused", message, { cure });

const truncatedCure =
  "Restart with EARSHOT_ACCEPT_TRUNCATED=true to go on without them; raise retention.ms of the topic so that it cannot happen again.";

export const planRecovery = (options: PlanOptions): Plan => {
  const { topic, partition, committed, horizonStart, acceptTruncated } = options;
  const { offset, logStart, end } = committed;
  const name = `${topic}:${partition}`;
  if (offset === null) return { from: logStart, to: logStart };
  if (offset > end)
    throw refuse(
      `${name} is committed at ${offset}, but its log ends at ${end}`,
      "The topic was made anew: raise EARSHOT_INCARNATION and give the group another EARSHOT_GROUP_PREFIX, or delete the group.",
    );
  if (offset < logStart) {
    if (acceptTruncated) return { from: logStart, to: logStart };
    throw refuse(
      `${name}: retention took the records from ${offset} to ${logStart} before they were read`,
      truncatedCure,
    );
  }
  // Without a watermark nobody can say how far back is enough: the whole log is.
  if (horizonStart === undefined) return { from: logStart, to: offset };
  const from = Math.min(horizonStart, offset);
  // At the very start of a log that was never cut, nothing is missing before it.
  if (from <= logStart && logStart > 0 && !acceptTruncated)
    throw refuse(
      `${name}: retention took records before ${logStart} that the state at ${offset} is made of`,
      truncatedCure,
    );
  return { from, to: offset };
};

export interface ReplayPorts extends Partition {
  readonly reader: PartitionReader;
  readonly engine: Engine;
  readonly intake: Intake;
  readonly resolve: Resolve;
  readonly crashAt: CrashAt<"in-recovery">;
  /** Given when a record may kill its reader: tries it out. */
  readonly survives: Survives | undefined;
  /** Repeats `work` while the broker is away. */
  patiently(work: () => Promise<void>, signal: AbortSignal): Promise<void>;
}

export const replay = async ({ from, to }: Plan, ports: ReplayPorts, lease: Lease): Promise<void> => {
  const { topic, partition, reader, intake, survives, crashAt } = ports;
  let position = from;
  const readOn = async (): Promise<void> => {
    for await (const batch of reader.read({ topic, partition }, position, to, lease.signal)) {
      if (survives !== undefined)
        for (const record of batch.records) if (!(await survives(record, lease.signal))) intake.addSkip(record.offset);
      await foldSilently(batch.records, ports, lease);
      position = batch.nextPosition;
      crashAt("in-recovery");
      lease.signal.throwIfAborted();
    }
  };
  await ports.patiently(readOn, lease.signal);
};
