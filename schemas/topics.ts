// The one table of topics: the only place that knows their names, schemas, partition counts and settings.

import type { SchemaName } from "./bundled.ts";
import type {
  AlerterStateRecord,
  ChangeRecord,
  DeliveryRecord,
  IncidentRecord,
  InteractionRecord,
  LateRecord,
  RejectRecord,
  SignalRecord,
  TallyRecord,
} from "./generated/records.ts";

interface Records {
  readonly interactions: InteractionRecord;
  readonly signals: SignalRecord;
  readonly tallies: TallyRecord;
  readonly late: LateRecord;
  readonly rejects: RejectRecord;
  readonly changes: ChangeRecord;
  readonly incidents: IncidentRecord;
  readonly deliveries: DeliveryRecord;
  readonly "alerter-state": AlerterStateRecord;
}
export type TopicKind = keyof Records;
export type RecordOf<K extends TopicKind> = Records[K];

export interface TopicSpec {
  readonly kind: TopicKind;
  /** Name after the prefix. */
  readonly name: string;
  /** File in `schemas/avro`, also the subject's record. */
  readonly schema: SchemaName;
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

/** Every record stays for a week before newer ones of its key displace it: a lander that was away as long still lands each transition. */
const compactLate = { ...appendTime, "cleanup.policy": "compact", "min.compaction.lag.ms": days(7) } as const;

/** Only the newest counts: small segments, cleaned early, so that a start reads little more than is alive. */
const compactSoon = {
  ...appendTime,
  "cleanup.policy": "compact",
  "min.cleanable.dirty.ratio": "0.2",
  "max.compaction.lag.ms": String(6 * 3_600_000),
  "segment.ms": String(3_600_000),
} as const;

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
  {
    kind: "changes",
    name: "changes",
    schema: "change",
    key: "scope",
    partitionBy: "scope",
    partitions: 4,
    config: { ...appendTime, "cleanup.policy": "delete", "retention.ms": days(90) },
  },
  {
    kind: "incidents",
    name: "incidents",
    schema: "incident",
    key: "incident_id",
    partitionBy: "tenant",
    partitions: 4,
    config: compactLate,
  },
  {
    kind: "deliveries",
    name: "deliveries",
    schema: "delivery",
    key: "incident_id|notification_id|destination",
    partitionBy: "tenant",
    partitions: 4,
    config: compactLate,
  },
  {
    kind: "alerter-state",
    name: "alerter-state",
    schema: "alerter-state",
    key: "tenant:generation:chunk",
    partitionBy: "source partition of tallies",
    partitions: 4,
    config: { ...compactSoon, "max.message.bytes": "2097152" },
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

/** Of whose keys only the newest record stays; a record without a value, a tombstone, removes its key. */
export const isCompacted = (kind: TopicKind): boolean =>
  topicSpecs.some((spec) => spec.kind === kind && spec.config["cleanup.policy"] === "compact");
