// What the consumer group calls: a lane per assigned partition, opened by recovery, closed in order before a re-join, dropped when lost.
import { type GroupHandlers, type Partition } from "#adapters/broker-port.ts";
import type { Topic } from "#schemas/topics.ts";
import { type LanderPorts, openAssignment } from "./assignment.ts";
import type { Lane } from "./lane.ts";

interface Held {
  readonly partition: Partition;
  readonly over: AbortController;
  /** Undefined while it recovers. */
  lane: Lane | undefined;
}

export interface Lanes {
  readonly handlers: Required<GroupHandlers>;
  /** Records in the log and not landed, per partition. */
  lags(): Iterable<{ readonly partition: Partition; readonly lag: number }>;
}

/** The group gives up waiting after 5 s; by then nothing may commit any more. */
const closeWithin = 4_000;

const keyOf = ({ topic, partition }: Partition): string => `${topic}:${partition}`;

export const createLanes = (ports: LanderPorts): Lanes => {
  const topics = new Map<string, Topic>(Object.values(ports.topics).map((topic) => [topic.topic, topic]));
  const held = new Map<string, Held>();

  const drop = (partition: Partition): void => {
    const one = held.get(keyOf(partition));
    held.delete(keyOf(partition));
    one?.lane?.lose();
    one?.over.abort();
  };

  const handlers: Required<GroupHandlers> = {
    async onAssigned(partition, committed, ctx) {
      const topic = topics.get(partition.topic);
      if (topic === undefined) throw new Error(`assigned an unknown topic ${partition.topic}`);
      // One of an earlier epoch may linger where the group re-joined behind its back.
      drop(partition);
      const mine: Held = { partition, over: new AbortController(), lane: undefined };
      held.set(keyOf(partition), mine);
      const { lane, start } = await openAssignment({ topic, partition, ctx, over: mine.over.signal }, committed, ports);
      if (mine.over.signal.aborted) lane.lose();
      mine.lane = lane;
      return start;
    },

    async onBatch(batch) {
      held.get(keyOf(batch))?.lane?.take(batch);
    },

    onLost: drop,

    async onRelease(partition) {
      const one = held.get(keyOf(partition));
      if (one?.lane === undefined) return;
      const cancel = ports.timers.after(closeWithin, () => one.over.abort());
      try {
        await one.lane.close();
      } finally {
        cancel();
      }
    },
  };

  return {
    handlers,
    *lags() {
      for (const { partition, lane } of held.values()) if (lane !== undefined) yield { partition, lag: lane.lag };
    },
  };
};
