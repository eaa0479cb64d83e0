// Who gets which partition: a partition returns to its last owner, else to the least loaded member.
//
// A partition that moves is a recovery, so what can stay stays. Partitions of each topic are spread evenly first, then the total.

/** Positions by partition, by topic: what a member held when it (re-)joins. */
export type Owned = Readonly<Record<string, Readonly<Record<number, number>>>>;

export interface Member {
  readonly id: string;
  readonly owned: Owned;
}

/** Partition numbers by topic. */
export type Assignment = Record<string, number[]>;

const byId = (a: Member, b: Member): number => (a.id < b.id ? -1 : 1);

/** Whoever read furthest: after a lost rebalance two members may both claim a partition, and only one is right. */
const lastOwner = (members: readonly Member[], topic: string, partition: number): Member | undefined => {
  const position = (member: Member): number => member.owned[topic]?.[partition] ?? -1;
  const best = members.reduce<Member | undefined>(
    (found, member) => (position(member) > (found === undefined ? -1 : position(found)) ? member : found),
    undefined,
  );
  return best;
};

/** Who gets what; the same for whatever order members and topics come in. */
export const assignSticky = (
  members: readonly Member[],
  topics: ReadonlyMap<string, readonly number[]>,
): Map<string, Assignment> => {
  const ordered = members.toSorted(byId);
  const assigned = new Map<string, Assignment>(ordered.map(({ id }) => [id, {}]));
  const total = new Map<string, number>(ordered.map(({ id }) => [id, 0]));
  const load = (member: Member): number => total.get(member.id) ?? 0;

  for (const [topic, partitions] of [...topics].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const share = Math.floor(partitions.length / ordered.length);
    let extras = partitions.length % ordered.length;
    const held = new Map<string, number[]>(ordered.map(({ id }) => [id, []]));
    const count = (member: Member): number => held.get(member.id)?.length ?? 0;
    const give = (member: Member, partition: number): void => {
      if (count(member) >= share) extras--;
      held.get(member.id)?.push(partition);
      total.set(member.id, load(member) + 1);
    };
    const hasRoom = (member: Member): boolean => count(member) < share || (extras > 0 && count(member) === share);

    const homeless: number[] = [];
    for (const partition of partitions.toSorted((a, b) => a - b)) {
      const owner = lastOwner(ordered, topic, partition);
      if (owner !== undefined && hasRoom(owner)) give(owner, partition);
      else homeless.push(partition);
    }
    for (const partition of homeless) {
      const [least] = ordered
        .filter(hasRoom)
        .toSorted((a, b) => count(a) - count(b) || load(a) - load(b) || byId(a, b));
      if (least !== undefined) give(least, partition);
    }
    for (const [id, mine] of held)
      if (mine.length > 0) Object.assign(assigned.get(id) ?? {}, { [topic]: mine.toSorted((a, b) => a - b) });
  }
  return assigned;
};
