// Makes the task of a partition that came: plan, count the attempt, fold the horizon, then live.
import type { Admin, Committed, Partition, PartitionReader } from "#adapters/broker-port.ts";
import type { Lease } from "#adapters/lease.ts";
import type { Engine } from "#core/engine-port.ts";
import type { Logger } from "#runtime/logger.ts";
import type { Intake } from "./intake.ts";
import { formatMetadata, type Metadata, parseMetadata } from "./metadata.ts";
import { type Plan, planRecovery, type ReplayPorts, replay, type Survives } from "./recovery.ts";
import { createTask, type Task, type TaskPorts } from "./task.ts";

export interface RestorePorts
  extends Pick<TaskPorts, "meter" | "cfg" | "crashAt" | "resolve" | "send" | "commit">,
    Pick<ReplayPorts, "patiently"> {
  readonly admin: Pick<Admin, "offsetsAt">;
  readonly reader: PartitionReader;
  readonly survives: Survives;
  readonly log: Logger;
  /** How far before the watermark the state reaches, ms. */
  readonly horizon: number;
  readonly acceptTruncated: boolean;
  openEngine(partition: Partition): Engine;
  openIntake(partition: Partition, past: Pick<Metadata, "known" | "skip"> & { readonly decidedBelow: number }): Intake;
  openOutputs(partition: Partition): TaskPorts["outputs"];
}

export interface Restored {
  readonly task: Task;
  /** Records below are tried out elsewhere before this process reads them. */
  readonly carefulBelow: number;
}

/** After so many restores without progress something in the next records may kill the process. */
const patience = 3;
/** What one fetch may bring, and so what may have been on its way into memory when the process died. */
const carefulFor = 5_000;

export const createRestore = (ports: RestorePorts) => {
  const { admin, survives, log, horizon, acceptTruncated, cfg, meter, crashAt } = ports;

  const planFor = async (partition: Partition, committed: Committed, { watermark }: Metadata): Promise<Plan> => {
    const { topic } = partition;
    const starts = watermark === undefined ? undefined : await admin.offsetsAt(topic, watermark - horizon);
    return planRecovery({ ...partition, committed, horizonStart: starts?.get(partition.partition), acceptTruncated });
  };

  return async (partition: Partition, committed: Committed, lease: Lease): Promise<Restored> => {
    const began = performance.now();
    const past = parseMetadata(committed.metadata);
    if (past.cfg !== undefined && past.cfg !== cfg)
      log.warn({ ...partition }, "settings changed since the last commit");
    const plan = await planFor(partition, committed, past);
    const skip = past.skip.filter((offset) => offset >= plan.from);
    const tries = past.tries + 1;
    const metadata = formatMetadata({ ...past, skip, tries });
    await ports.commit(lease, plan.to, metadata);

    const engine = ports.openEngine(partition);
    const intake = ports.openIntake(partition, { known: past.known, skip, decidedBelow: plan.to });
    const careful = tries > patience;
    if (careful) log.warn({ ...partition, tries }, "no progress over several starts: trying records out first");
    await replay(plan, { ...ports, ...partition, engine, intake, survives: careful ? survives : undefined }, lease);
    if (past.watermark !== undefined) engine.resume(past.watermark);
    engine.drain();

    const seconds = (performance.now() - began) / 1000;
    meter.step("restore", seconds);
    log.info({ ...partition, ...plan, visits: engine.visits, seconds }, "restored");
    crashAt("after-restore");
    const outputs = ports.openOutputs(partition);
    const task = createTask({ position: plan.to, metadata }, { ...ports, engine, intake, outputs });
    return { task, carefulBelow: careful ? plan.to + carefulFor : plan.to };
  };
};
