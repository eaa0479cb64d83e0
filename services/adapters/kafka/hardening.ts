// Loads kafkajs with its known faults taken out: replacement modules go into the require cache before it loads (streams.md 2.1).
//
// kafkajs 2.2.4 is frozen code (last release February 2023), so the file names and prototypes touched here stay put; the
// version is asserted. Nothing else may load it: whoever needs kafkajs takes it from here.
import { createRequire } from "node:module";
import type * as Kafkajs from "kafkajs";
import { verifyCodecs } from "./codecs.ts";
import { FetchedBatch } from "./fetched-batch.ts";
import { groupByPartition, produceRequest } from "./produce-request.ts";
import { splitBatches } from "./record-batch.ts";

const provenVersion = "2.2.4";

/** What our consumer is told by, and may ask of, kafkajs's group member. */
export interface GroupMember {
  /** Given by the broker at the first join; null before. */
  memberId: string | null;
  commitOffsets(offsets: {
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly {
        readonly partition: number;
        readonly offset: string;
        readonly metadata: string;
      }[];
    }[];
  }): Promise<void>;
  heartbeat(options: { readonly interval: number }): Promise<void>;
}

export interface Membership {
  /** Awaited before each join: time to finish what runs. Afterwards the old generation is given up. */
  beforeJoin(member: GroupMember): Promise<void>;
}

/** An assigner that carries this tells its consumer about joins; assigners are the one thing the public API hands through. */
export const membership = Symbol("membership");

/** The position is gone from the log. kafkajs would commit another one, without metadata, and go on (K26). */
export class PositionLost extends Error {
  override readonly name = "PositionLost";
  /** Keeps kafkajs from trying again. */
  readonly retriable = false;
}

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests: (this: RequestQueue) => void;
}

interface OffsetManager {
  setDefaultOffset: (lost: { readonly topic: string; readonly partition: number }) => Promise<void>;
}

interface ConsumerGroup extends GroupMember {
  readonly assigners: readonly { readonly [membership]?: Membership }[];
  joinAndSync: (this: ConsumerGroup) => Promise<void>;
}

/** Marks the patched kafkajs, should a test runner evaluate this file twice in one process. */
const hardened = Symbol.for("earshot.hardened");

interface KafkaDecoder {
  readInt32(): number;
  canReadBytes(length: number): boolean;
  readBytes(length: number): Buffer;
}

const harden = (): typeof Kafkajs => {
  const require = createRequire(import.meta.url);
  const { version } = require("kafkajs/package.json") as { version: string };
  if (version !== provenVersion)
    throw new Error(`kafkajs ${version} is installed, but the patches are proven for ${provenVersion} only`);
  verifyCodecs();

  const fileOf = (name: string): string => require.resolve(`kafkajs/src/${name}`);
  const loaded = require.cache[require.resolve("kafkajs")]?.exports as
    | (typeof Kafkajs & { [hardened]?: true })
    | undefined;
  if (loaded?.[hardened] === true) return loaded;
  if (loaded !== undefined) throw new Error("kafkajs was loaded before its patches");
  const replace = (name: string, exports: unknown): void => {
    const file = fileOf(name);
    require.cache[file] = { id: file, filename: file, loaded: true, exports, children: [], paths: [] } as never;
  };
  const prototypeOf = (name: string): unknown => (require(fileOf(name)) as { readonly prototype: unknown }).prototype;

  // K12, K13, K14, K15, K32, K36, K37: abort filter, empty batches, spread of large arrays, codecs, slices, strings.
  replace("protocol/requests/fetch/v4/decodeMessages.js", async (decoder: KafkaDecoder) => {
    const size = decoder.readInt32();
    return size <= 0 || !decoder.canReadBytes(size) ? [] : splitBatches(decoder.readBytes(size));
  });
  replace("consumer/batch.js", FetchedBatch);

  // K3, and the cost of a record on its way out.
  replace("protocol/requests/produce/v3/request.js", produceRequest);
  replace("producer/groupMessagesPerPartition.js", groupByPartition);

  // K33: kafkajs re-arms a timer in the past for ever, 3.9 % of a core when idle (measured). No request waits, no timer.
  const queue = prototypeOf("network/requestQueue/index.js") as RequestQueue;
  const schedule = queue.scheduleCheckPendingRequests;
  queue.scheduleCheckPendingRequests = function scheduleWhenPending() {
    if (this.pending.length > 0) schedule.call(this);
  };

  // K26.
  const offsets = prototypeOf("consumer/offsetManager/index.js") as OffsetManager;
  offsets.setDefaultOffset = ({ topic, partition }) =>
    Promise.reject(new PositionLost(`the position in ${topic}:${partition} is no longer in the log`));

  // K41, K42: whoever is about to join says so first and shows itself, so that commits can go straight to it.
  const group = prototypeOf("consumer/consumerGroup.js") as ConsumerGroup;
  const { joinAndSync } = group;
  group.joinAndSync = async function joinAfterRelease() {
    for (const assigner of this.assigners) await assigner[membership]?.beforeJoin(this);
    return joinAndSync.call(this);
  };

  return Object.assign(require("kafkajs") as typeof Kafkajs, { [hardened]: true as const });
};

/** kafkajs, hardened. */
export const kafkajs: typeof Kafkajs = harden();
