// Puts the parts of a task together, for every partition that may come.
import type { Admin, PartitionReader, Producer } from "#adapters/broker-port.ts";
import { createEngine } from "#core/engine.ts";
import { configHash } from "#core/ids.ts";
import { type EngineSettings, horizonOf } from "#core/settings.ts";
import type { TextAnalyser } from "#core/text/types.ts";
import type { CrashAt } from "#runtime/crash.ts";
import type { Logger } from "#runtime/logger.ts";
import type { Outages } from "#runtime/outages.ts";
import { codeVersion } from "#runtime/version.ts";
import type { Topics } from "#schemas/topics.ts";
import { createDependencies, type Dependency, type DependencyPorts } from "./dependencies.ts";
import { createIntake, type Decoded } from "./intake.ts";
import type { Meter } from "./meters.ts";
import { createOutputs, type OutputsOptions } from "./outputs.ts";
import { createPartitions, type Partitions } from "./partitions.ts";
import { createRestore } from "./restore.ts";
import type { CrashPoint } from "./task.ts";

export interface TasksPorts {
  readonly topics: Topics;
  readonly rules: EngineSettings;
  readonly text: TextAnalyser;
  readonly hashKey: string;
  readonly incarnation: number;
  /** Go on although records are gone that the state is made of. */
  readonly acceptTruncated: boolean;
  readonly admin: Pick<Admin, "offsetsAt">;
  readonly reader: PartitionReader;
  readonly producer: Pick<Producer, "send">;
  readonly codecs: DependencyPorts["codecs"] &
    OutputsOptions["codecs"] & { decode(kind: "interactions", value: Buffer | null): Decoded };
  readonly probe: DependencyPorts["probe"];
  readonly outages: Outages<Dependency>;
  readonly meter: Meter;
  readonly log: Logger;
  readonly crashAt: CrashAt<CrashPoint>;
}

export const createTasks = (ports: TasksPorts): Partitions => {
  const { topics, rules, text, hashKey, incarnation, codecs } = ports;
  const { partitions } = topics.interactions;
  const dependencies = createDependencies(ports);

  const restore = createRestore({
    ...ports,
    ...dependencies,
    cfg: configHash(rules),
    horizon: horizonOf(rules),
    openEngine: ({ topic, partition }) =>
      createEngine({
        settings: rules,
        text,
        hashKey,
        origin: "live",
        source: { topic, partition, partitions, incarnation },
      }),
    openIntake: (partition, past) =>
      createIntake({
        ...partition,
        ...past,
        partitions,
        settings: rules,
        decode: (value) => codecs.decode("interactions", value),
      }),
    openOutputs: (partition) => createOutputs({ ...partition, topics, codeVersion, codecs }),
  });
  return createPartitions({ restore, survives: dependencies.survives });
};
