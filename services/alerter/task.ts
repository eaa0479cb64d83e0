// One partition of tallies: its fold, and the commit protocol by which no transition is lost or told twice.
import type { Committed, LogRecord, OutRecord, RecordBatch } from "#adapters/broker-port.ts";
import type { Lease } from "#adapters/lease.ts";
import type { AlertFold, AlertSnapshot } from "#core/alerts/alert-port.ts";
import { createBreath } from "#runtime/breath.ts";
import type { CrashAt } from "#runtime/crash.ts";
import type { IncidentRecord } from "#schemas/generated/records.ts";
import { activatedRules } from "./control.ts";
import type { Ledger } from "./ledger.ts";
import type { Read } from "./reading.ts";

export type TaskStep = "fold" | "send" | "commit" | "snapshot" | "restore";

export interface TaskPorts {
  readonly partition: number;
  readonly fold: AlertFold;
  readonly ledger: Ledger;
  readonly read: Read;
  readonly crashAt: CrashAt<"before-incidents" | "after-incidents" | "after-commit">;
  readonly meter: {
    step(step: TaskStep, seconds: number): void;
    unreadable(reason: string): void;
    transition(record: IncidentRecord): void;
  };
  encode(record: IncidentRecord): OutRecord;
  /** Resolves when every record is acknowledged; rejects only with the signal's reason. */
  send(records: readonly OutRecord[], signal: AbortSignal): Promise<void>;
  /** Resolves when the position is stored; rejects only with Fenced. */
  commit(lease: Lease, position: number): Promise<void>;
  /** Writes the memory down. */
  snapshot(snapshot: AlertSnapshot, rules: string | null, signal: AbortSignal): Promise<void>;
  /** Whether it is time to. */
  snapshotDue(): boolean;
  readonly now: () => number;
}

export interface TaskStart {
  readonly position: number;
  /** Version of the rules in force in the fold; null: those that it was made with. */
  readonly rules: string | null;
}

export interface Task {
  take(batch: Pick<RecordBatch, "records" | "nextPosition">, lease: Lease): Promise<void>;
  /** Sends and commits what an earlier lease left unfinished. */
  finish(lease: Lease): Promise<void>;
  /** Whether the group's position is where this task committed last: then nobody owned the partition since, and the state holds. */
  stoodAt(committed: Pick<Committed, "offset">): boolean;
  /** Everything below is folded. */
  readonly position: number;
  /** Version of the rules in force. */
  readonly rules: string | null;
  readonly fold: Pick<AlertFold, "time" | "meters">;
}

/** Transitions whose records are not yet acknowledged, or whose position is not yet committed; the same bytes until both are. */
interface Pending {
  readonly transitions: readonly IncidentRecord[];
  readonly records: readonly OutRecord[];
  readonly position: number;
}

/**
 * 1 take the fetched batch                      4 send to `incidents` and wait until EVERY record is acknowledged
 * 2 fold it, record by record, once             5 commit the offset from which a successor must read
 * 3 keep the transitions whose (id, rev) is     6 now and then write the memory down: after 5, so that what a snapshot
 *   above what the log already holds              holds has been said
 * Nothing is committed past an unfinished step. A successor folds from its snapshot in silence up to the committed position and
 * yields the same ids, revs and bytes from there on.
 */
export const createTask = (start: TaskStart, ports: TaskPorts): Task => {
  const { partition, fold, ledger, read, meter, crashAt } = ports;
  let { position, rules } = start;
  let committed = start.position;
  let pending: Pending | undefined;

  const timed = async <T>(step: TaskStep, work: Promise<T>): Promise<T> => {
    const since = performance.now();
    const result = await work;
    meter.step(step, (performance.now() - since) / 1000);
    return result;
  };

  const addAll = async (records: readonly LogRecord[], lease: Lease): Promise<void> => {
    const breath = createBreath();
    for (const record of records) {
      if (record.offset < position) continue;
      const asked = read("tallies", record, lease.signal);
      const reading = asked instanceof Promise ? await asked : asked;
      if (reading.kind === "record") {
        fold.add(reading.record, record.offset, record.appendTs);
        rules = activatedRules(reading.record) ?? rules;
      }
      // The lander, which reads the same log, writes the reject.
      else meter.unreadable(reading.reason);
      position = record.offset + 1;
      if (breath.due) await breath.take();
    }
  };

  /** A record of the log that a zombie or a repeated send put there is not said again; two revs of one incident are both news. */
  const isUnsaid = ({ incident_id: id, rev }: IncidentRecord): boolean => rev > ledger.revOf(id);

  const finish = async (lease: Lease): Promise<void> => {
    if (pending === undefined) return;
    const { records, transitions, position: until } = pending;
    const isNews = records.length > 0;
    if (isNews) {
      crashAt("before-incidents");
      await timed("send", ports.send(records, lease.signal)); // 4
      crashAt("after-incidents");
    }
    for (const record of transitions) ledger.addIncident({ partition, at: ports.now(), fromLog: false }, record);
    await timed("commit", ports.commit(lease, until)); // 5
    if (isNews) crashAt("after-commit");
    committed = until;
    pending = undefined;
    if (ports.snapshotDue()) await timed("snapshot", ports.snapshot(fold.snapshot(), rules, lease.signal)); // 6
  };

  return {
    take: (batch, lease) =>
      lease.hold(async () => {
        await finish(lease);
        await timed("fold", addAll(batch.records, lease)); // 1 2
        position = batch.nextPosition;
        const transitions = fold.drain().filter(isUnsaid); // 3
        for (const record of transitions) meter.transition(record);
        pending = { transitions, records: transitions.map((record) => ports.encode(record)), position };
        await finish(lease);
      }),
    finish: (lease) => lease.hold(() => finish(lease)),
    stoodAt: ({ offset }) => {
      if (offset === committed) return true;
      // The commit arrived although its answer did not.
      return pending !== undefined && offset === pending.position;
    },
    get position() {
      return position;
    },
    get rules() {
      return rules;
    },
    fold,
  };
};
