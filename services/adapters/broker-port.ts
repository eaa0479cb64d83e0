// The broker seam: what the services may ask of Kafka. kafka/ and memory/ both fit it and pass one contract suite.
import { AppError, type AppErrorOptions } from "#runtime/errors.ts";

export interface Partition {
  readonly topic: string;
  readonly partition: number;
}

export interface LogRecord {
  readonly offset: number;
  /** LogAppendTime, epoch milliseconds. */
  readonly appendTs: number;
  readonly key: Buffer | null;
  /** A copy: keeping it pins nothing else. Null: a tombstone. */
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

export interface RecordBatch extends Partition {
  readonly records: readonly LogRecord[];
  /** Position at which this batch begins; equals the previous batch's `nextPosition`. */
  readonly firstOffset: number;
  /** Position after it, offsets hidden by the broker included. */
  readonly nextPosition: number;
  readonly highWatermark: number;
}

export interface Committed {
  readonly offset: number | null;
  readonly metadata: string;
  readonly logStart: number;
  readonly end: number;
}

export interface Ctx {
  /**
   * Resolves only when the broker stored position *and* metadata (at most 4,000 bytes) for a current member. Throws Fenced or
   * Retryable. Also works after the handler returned.
   */
  commit(position: number, metadata: string): Promise<void>;
  /** Shows that the handler lives. Throws Fenced when the partition is lost, or when a rebalance has waited long enough for it. */
  heartbeat(): Promise<void>;
  /** False once the partition was lost or re-assigned (the epoch moved on). */
  readonly live: boolean;
}

/**
 * At each re-join of the group every partition gets a new epoch: those that went elsewhere get `onLost`, those that came or stayed
 * get `onAssigned` with a new `ctx`; the old `ctx` is dead either way. Fenced and Retryable may leave a handler: Retryable hands
 * the same work over again after a pause, Fenced drops it. Anything else is a bug and ends the process through `fail`.
 */
export interface GroupHandlers {
  /**
   * Once per partition and epoch, before any record of it and after the handlers of its earlier epoch have returned; returns the
   * position to start at. Heartbeats go on meanwhile.
   */
  onAssigned(partition: Partition, committed: Committed, ctx: Ctx): Promise<number>;
  /** In order, one after another, gap-free from the start position; partitions in parallel. A batch may carry no records and only move the position. */
  onBatch(batch: RecordBatch, ctx: Ctx): Promise<void>;
  /** Synchronous: `live` is false and each commit throws Fenced. Also called for every partition when the consumer closes. */
  onLost(partition: Partition): void;
  /** Before a re-join and before leaving, for each partition, while commits still work: finish, flush, commit, within 5 s. */
  onRelease?(partition: Partition, ctx: Ctx): Promise<void>;
}

export interface GroupConsumer extends AsyncDisposable {
  /** Resolves after the first join, which waits for as long as the broker is away. Disposal leaves the group in order. */
  run(handlers: GroupHandlers): Promise<void>;
  /** No batch until `resume`; position kept, heartbeats go on. */
  pause(partition: Partition): void;
  resume(partition: Partition): void;
  /** What watchdog and readiness read. */
  activity(): {
    /** Epoch ms of the last sign of life: heartbeat, fetch, join, or an attempt to reach the broker again. */
    readonly lastHeartbeat: number;
    /** Epoch ms of the broker's last answer to a heartbeat, commit or join: a frozen one keeps its connections and answers nothing. */
    readonly lastAnswer: number;
    readonly assigned: readonly Partition[];
    /** Those of them that `onAssigned` has not yet given a position. */
    readonly recovering: readonly Partition[];
    /** Whose handler is silent for minutes, or which get nothing although the log goes on. */
    readonly stalled: readonly Partition[];
    /** Whether the group has this member now; false while the broker is away. */
    readonly joined: boolean;
  };
}

export interface OutRecord extends Partition {
  readonly key: string | Buffer | null;
  /** Null: a tombstone, which removes the key from a compacted topic. */
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Producer extends AsyncDisposable {
  /** Resolves only when EVERY record is acknowledged by all in-sync replicas; copies may be written. Throws Refused for definite refusals; retries the rest until `signal` aborts. */
  send(records: readonly OutRecord[], signal?: AbortSignal): Promise<void>;
  /** Since when the broker has taken nothing of what waits, epoch ms; null while it does. For readiness. */
  readonly failingSince: number | null;
}

export interface PartitionReader {
  /** `[from, to)` of one partition by position; ends even if the tail is invisible. Throws Retryable when the broker stays away, `signal`'s reason when it aborts. */
  read(partition: Partition, from: number, to: number, signal?: AbortSignal): AsyncIterable<RecordBatch>;
}

export interface TopicSettings {
  readonly topic: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
}

export interface Admin extends AsyncDisposable {
  createTopics(topics: readonly TopicSettings[], replicationFactor: number): Promise<readonly string[]>;
  deleteTopics(topics: readonly string[]): Promise<void>;
  /** Partition counts of all topics on the broker, by name. */
  topics(): Promise<ReadonlyMap<string, number>>;
  /** One sentence per difference (missing topic, partition count, timestamp type, cleanup); empty: as the table says. */
  verifyTopics(topics: readonly TopicSettings[]): Promise<readonly string[]>;
  committed(
    group: string,
    topic: string,
  ): Promise<ReadonlyMap<number, { readonly offset: number | null; readonly metadata: string }>>;
  /** Log start and end per partition. */
  offsets(topic: string): Promise<ReadonlyMap<number, { readonly start: number; readonly end: number }>>;
  /** First offset with append time ≥ `time`, per partition; beyond the end: the end. */
  offsetsAt(topic: string, time: number): Promise<ReadonlyMap<number, number>>;
  /** Members now in the group. */
  members(group: string): Promise<number>;
  /** Stores an offset with metadata for a group without members; Fenced while it has any. */
  setCommitted(group: string, partition: Partition, offset: number, metadata: string): Promise<void>;
}

export interface Broker extends AsyncDisposable {
  consumer(options: {
    readonly group: string;
    readonly topics: readonly string[];
    /** Called when the consumer is beyond repair (CRASH): the process must exit. */
    readonly fail: (error: Error) => void;
  }): GroupConsumer;
  producer(): Promise<Producer>;
  reader(): PartitionReader;
  admin(): Promise<Admin>;
}

/** The partition no longer belongs to this member: drop everything of it, commit nothing. */
export class Fenced extends AppError {
  override readonly name = "Fenced";
  constructor(message: string, options?: AppErrorOptions) {
    super("fenced", message, options);
  }
}

/** The broker is away or busy: the same call again after a pause. */
export class Retryable extends AppError {
  override readonly name = "Retryable";
  constructor(message: string, options?: AppErrorOptions) {
    super("broker_unavailable", message, options);
  }
}

/** The broker will never take this (too large, not authorised, a partition that the topic does not have). */
export class Refused extends AppError {
  override readonly name = "Refused";
  constructor(message: string, options?: AppErrorOptions) {
    super("refused", message, options);
  }
}

/** The broker refuses more than 4,096 bytes, and of a commit over several partitions it then stores some (K35, K44). */
const metadataLimit = 4000;

/** Throws RangeError for a commit that no broker may be asked for. */
export const checkCommit = (position: number, metadata: string): void => {
  if (!Number.isSafeInteger(position) || position < 0) throw new RangeError(`${position} is no offset`);
  if (Buffer.byteLength(metadata) > metadataLimit) throw new RangeError("commit metadata is over 4,000 bytes");
};
