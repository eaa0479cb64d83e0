// The one table of topics: the only place that knows their names, schemas, partition counts and settings.

import type { InteractionRecord, LateRecord, RejectRecord, SignalRecord, TallyRecord } from "./generated/records.ts";

interface Records {
  readonly interactions: InteractionRecord;
  readonly signals: SignalRecord;
  readonly tallies: TallyRecord;
  readonly late: LateRecord;
  readonly rejects: RejectRecord;
}
export type TopicKind = keyof Records;
export type RecordOf<K extends TopicKind> = Records[K];

export interface TopicSpec {
  readonly kind: TopicKind;
  /** Name after the prefix. */
  readonly name: string;
  /** File in `schemas/avro`, also the subject's record. */
  readonly schema: "interaction" | "signal" | "tally" | "late" | "reject";
  /** What the message key is. */
  readonly key: string;
  /** What the partition is a murmur2 hash of, where it is not the key. */
  readonly partitionBy: string;
  /** `"input"`: as many as EARSHOT_PARTITIONS says. */
  readonly partitions: number | "input";
  readonly config: Readonly<Record<string, string>>;
}

const days = (n: number): string => String(n * 86_400_000);

/** LogAppendTime gives event times a clock that no producer sets, and makes offsets-by-timestamp monotone. */
const appendTime = { "message.timestamp.type": "LogAppendTime" } as const;

export const topicSpecs: readonly TopicSpec[] = [
  {
    kind: "interactions",
    name: "interactions",
    schema: "interaction",
    key: "session_id",
    partitionBy: "session_id",
    partitions: "input",
    config: { ...appendTime, "cleanup.policy": "delete", "retention.ms": days(7) },
  },
  {
    kind: "signals",
    name: "signals",
    schema: "signal",
    key: "session_id",
    partitionBy: "session_id",
    partitions: 4,
    config: { ...appendTime, "cleanup.policy": "delete", "retention.ms": days(7) },
  },
  {
    kind: "tallies",
    name: "tallies",
    schema: "tally",
    key: "slice",
    partitionBy: "tenant",
    partitions: 4,
    config: { ...appendTime, "cleanup.policy": "delete", "retention.ms": days(7) },
  },
  {
    kind: "late",
    name: "late",
    schema: "late",
    key: "session_id",
    partitionBy: "session_id",
    partitions: 4,
    config: { ...appendTime, "cleanup.policy": "delete", "retention.ms": days(7), "max.message.bytes": "2097152" },
  },
  {
    kind: "rejects",
    name: "rejects",
    schema: "reject",
    key: "source topic:partition",
    partitionBy: "source topic:partition",
    partitions: 1,
    config: { ...appendTime, "cleanup.policy": "delete", "retention.ms": days(30), "max.message.bytes": "2097152" },
  },
];

export interface Topic extends Omit<TopicSpec, "partitions"> {
  /** Full name on the broker. */
  readonly topic: string;
  readonly partitions: number;
}

export type Topics = Readonly<Record<TopicKind, Topic>>;

/** The table with the prefix (`earshot.`) and the input's partition count filled in. */
export const topicsFor = (prefix: string, inputPartitions: number): Topics =>
  Object.fromEntries(
    topicSpecs.map((spec) => [
      spec.kind,
      {
        ...spec,
        topic: `${prefix}${spec.name}`,
        partitions: spec.partitions === "input" ? inputPartitions : spec.partitions,
      },
    ]),
  ) as Topics;
