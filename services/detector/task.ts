// One input partition: its engine, and the commit protocol that loses and doubles nothing.
import type { Committed, LogRecord, OutRecord } from "#adapters/broker-port.ts";
import type { Lease } from "#adapters/lease.ts";
import type { Engine } from "#core/engine-port.ts";
import type { CrashAt } from "#runtime/crash.ts";
import { type Folding, foldAloud, type Resolve } from "./fold.ts";
import type { Intake } from "./intake.ts";
import { formatMetadata } from "./metadata.ts";
import type { Meter, Step } from "./meters.ts";
import type { Outputs } from "./outputs.ts";

export const crashPoints = ["in-recovery", "after-restore", "after-fold", "after-send", "after-commit"] as const;
export type CrashPoint = (typeof crashPoints)[number];

export interface TaskPorts {
  readonly engine: Engine;
  readonly intake: Intake;
  readonly outputs: Outputs;
  readonly meter: Meter;
  /** Hash of the engine's settings. */
  readonly cfg: string;
  readonly crashAt: CrashAt<CrashPoint>;
  readonly resolve: Resolve;
  /** Resolves when every record is acknowledged; rejects only with the signal's reason. */
  send(records: readonly OutRecord[], signal: AbortSignal): Promise<void>;
  /** Resolves when offset and metadata are stored; rejects only with Fenced. */
  commit(lease: Lease, position: number, metadata: string): Promise<void>;
}

/** Records that follow one another, and the position after them. */
export interface Piece {
  readonly records: readonly LogRecord[];
  readonly nextPosition: number;
}

export interface TaskStart {
  readonly position: number;
  /** What this process has committed there. */
  readonly metadata: string;
}

export interface Task {
  take(piece: Piece, lease: Lease): Promise<void>;
  /** Sends and commits what an earlier lease left folded but unfinished. */
  finish(lease: Lease): Promise<void>;
  /** Whether the group's position is where this task committed last: then nobody owned the partition since, and the state holds. */
  stoodAt(committed: Pick<Committed, "offset" | "metadata">): boolean;
  /** Everything below is folded. */
  readonly position: number;
  readonly engine: Pick<Engine, "watermark" | "visits">;
  readonly intake: Pick<Intake, "addSkip">;
}

interface Stand {
  readonly position: number;
  readonly metadata: string;
}

/** A folded batch whose outputs are not yet acknowledged, or whose position is not yet committed. */
interface Pending extends Stand {
  readonly records: readonly OutRecord[];
}

/**
 * 1 take the fetched batch          4 send signals, tallies, late, rejects, re-keyed; wait until EVERY record is acknowledged
 * 2 decode, reject, re-key          5 write state snapshots: not needed while folding the horizon again takes seconds
 * 3 fold, pure, once                6 commit the offset from which a successor must read
 * Nothing is committed past an unfinished step. What is folded is sent until it is acknowledged, for as long as the task lives; a task
 * that died is rebuilt by recovery and yields the same ids, revisions and bytes.
 */
export const createTask = (start: TaskStart, ports: TaskPorts): Task => {
  const { engine, intake, meter, cfg, crashAt } = ports;
  let folding: Folding = { said: [], position: start.position };
  let committed: Stand = start;
  let pending: Pending | undefined;

  const timed = async <T>(step: Step, work: Promise<T>): Promise<T> => {
    const since = performance.now();
    const result = await work;
    meter.step(step, (performance.now() - since) / 1000);
    return result;
  };

  const metadataNow = (): string =>
    formatMetadata({
      watermark: Number.isFinite(engine.watermark) ? engine.watermark : undefined,
      cfg,
      known: intake.known,
      skip: intake.skip,
      tries: 0,
    });

  const finish = async (lease: Lease): Promise<void> => {
    if (pending === undefined) return;
    await timed("send", ports.send(pending.records, lease.signal)); // 4
    crashAt("after-send");
    await timed("commit", ports.commit(lease, pending.position, pending.metadata)); // 6
    crashAt("after-commit");
    committed = { position: pending.position, metadata: pending.metadata };
    pending = undefined;
  };

  return {
    take: (piece, lease) =>
      lease.hold(async () => {
        await finish(lease);
        await timed("fold", foldAloud(piece.records, folding, ports, lease)); // 1 2 3
        const position = piece.nextPosition;
        pending = { records: folding.said, position, metadata: metadataNow() };
        folding = { said: [], position };
        crashAt("after-fold");
        await finish(lease);
      }),

    finish: (lease) => lease.hold(() => finish(lease)),

    stoodAt({ offset, metadata }) {
      const isAt = (stand: Stand | undefined): boolean => stand?.position === offset && stand?.metadata === metadata;
      if (isAt(committed)) return true;
      // Its commit arrived although the answer did not.
      if (!isAt(pending)) return false;
      committed = { position: folding.position, metadata };
      pending = undefined;
      return true;
    },

    get position() {
      return folding.position;
    },
    engine,
    intake,
  };
};
