// The broker's side of the twin's consumer groups: members, generations, committed offsets, fencing.
import { Fenced, type Partition } from "#adapters/broker-port.ts";
import { assignSticky, type Owned } from "#adapters/sticky-assignment.ts";
import type { Scheduler } from "./broker-scheduler.ts";

/** How long a rebalance waits for a member to finish, in turns. */
const patience = 500;
/** How long an expired member lives on without knowing. */
const zombieTurns = 20;

export interface Member {
  readonly id: string;
  readonly topics: readonly string[];
  /** What it holds, for the sticky assignment. */
  owned(): Owned;
  /** Finish what runs, unless `behind`; then give the epoch up. */
  beforeJoin(behind: boolean): Promise<void>;
  joined(generation: number, partitions: readonly Partition[]): void;
  /** It learns that the group forgot it. */
  evicted(): void;
}

export interface Committed {
  readonly offset: number;
  readonly metadata: string;
}

export interface Group {
  join(member: Member): void;
  leave(id: string): void;
  readonly size: number;
  /** Throws Fenced unless this is a current member of this generation. */
  check(id: string, generation: number): void;
  commit(partition: Partition, committed: Committed): void;
  committed(partition: Partition): Committed | undefined;
  forgetTopic(topic: string): void;
  rejoin(): void;
  expireFirst(): void;
}

const keyOf = ({ topic, partition }: Partition): string => `${topic}:${partition}`;

export const createGroup = (scheduler: Scheduler, partitionsOf: (topic: string) => number): Group => {
  const members = new Map<string, Member>();
  const offsets = new Map<string, Committed>();
  let generation = 0;
  let pending = false;
  let behindHandlers = false;
  let rebalancing = false;

  const assign = (): void => {
    const topics = new Map<string, number[]>();
    for (const { topics: wanted } of members.values())
      for (const topic of wanted)
        topics.set(
          topic,
          Array.from({ length: partitionsOf(topic) }, (_, index) => index),
        );
    const assignment = assignSticky(
      [...members.values()].map((member) => ({ id: member.id, owned: member.owned() })),
      topics,
    );
    for (const [id, mine] of assignment) {
      const partitions = Object.entries(mine).flatMap(([topic, numbers]) =>
        numbers.map((partition) => ({ topic, partition })),
      );
      members.get(id)?.joined(generation, partitions);
    }
  };

  const rebalance = async (): Promise<void> => {
    rebalancing = true;
    while (pending) {
      pending = false;
      const behind = behindHandlers;
      behindHandlers = false;
      await scheduler.turn();
      const ready = Promise.all([...members.values()].map((member) => member.beforeJoin(behind)));
      await Promise.race([ready, scheduler.turns(patience)]);
      generation++;
      if (!pending && members.size > 0) assign();
    }
    rebalancing = false;
  };

  const trigger = (): void => {
    pending = true;
    if (!rebalancing) void rebalance();
  };

  return {
    join(member) {
      members.set(member.id, member);
      trigger();
    },
    leave(id) {
      if (members.delete(id)) trigger();
    },
    get size() {
      return members.size;
    },
    check(id, of) {
      if (!members.has(id)) throw new Fenced("UNKNOWN_MEMBER_ID");
      if (of !== generation) throw new Fenced("ILLEGAL_GENERATION");
    },
    commit: (partition, committed) => void offsets.set(keyOf(partition), committed),
    committed: (partition) => offsets.get(keyOf(partition)),
    forgetTopic(topic) {
      for (const key of offsets.keys()) if (key.startsWith(`${topic}:`)) offsets.delete(key);
    },
    rejoin() {
      behindHandlers = true;
      trigger();
    },
    expireFirst() {
      const [first] = members.values();
      if (first === undefined) return;
      members.delete(first.id);
      trigger();
      void scheduler.turns(scheduler.integer(1, zombieTurns)).then(() => first.evicted());
    },
  };
};
