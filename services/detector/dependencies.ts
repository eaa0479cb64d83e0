// What the detector depends on, waited for as long as it takes: nothing is dropped or rejected because something else is down.
import type { LogRecord, Producer } from "#adapters/broker-port.ts";
import { AppError } from "#runtime/errors.ts";
import type { Outages } from "#runtime/outages.ts";
import type { Resolve } from "./fold.ts";
import type { ReplayPorts, Survives } from "./recovery.ts";
import type { TaskPorts } from "./task.ts";

export type Dependency = "broker" | "registry";

const isOutage = (error: Error): boolean => error instanceof AppError && error.retryable;

export interface DependencyPorts {
  readonly outages: Outages<Dependency>;
  readonly producer: Pick<Producer, "send">;
  readonly codecs: { resolve(schemaId: number): Promise<"resolved" | "unknown" | "unavailable"> };
  readonly probe: { survives(kind: "interactions", value: Buffer | null): Promise<boolean> };
}

export const createDependencies = ({ outages, producer, codecs, probe }: DependencyPorts) => {
  const resolve: Resolve = (schemaId, certain, signal) =>
    outages.wait(
      "registry",
      async () => {
        const outcome = await codecs.resolve(schemaId);
        if (outcome === "unavailable")
          throw new AppError("registry_unavailable", "The schema registry does not answer");
        // Records were read with it before: a registry that has forgotten it has lost its store, and must get it back.
        if (outcome === "unknown" && certain)
          throw new AppError("registry_unavailable", `The schema registry no longer knows id ${schemaId}`);
      },
      { signal, isOutage },
    );

  const survives: Survives = ({ value }: LogRecord, signal) =>
    outages.wait("registry", () => probe.survives("interactions", value), { signal, isOutage });

  const patiently: ReplayPorts["patiently"] = (work, signal) => outages.wait("broker", work, { signal, isOutage });

  /** The producer itself repeats until every record is acknowledged. */
  const send: TaskPorts["send"] = (records, signal) => producer.send(records, signal);

  const commit: TaskPorts["commit"] = (lease, position, metadata) =>
    outages.wait("broker", () => lease.commit(position, metadata), { signal: lease.signal, isOutage });

  return { resolve, survives, patiently, send, commit };
};
