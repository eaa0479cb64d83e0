// The sticky assigner `earshot-sticky-v1` in kafkajs's terms: members say what they held, the leader assigns.
//
// kafkajs brings only round robin over sorted random member ids, which reshuffles everything at each restart (K24).
import type { Assigner, PartitionAssigner } from "kafkajs";
import { assignSticky, type Owned } from "#adapters/sticky-assignment.ts";
import { kafkajs, type Membership, membership } from "./hardening.ts";

const encodeOwned = (owned: Owned): Buffer => Buffer.from(JSON.stringify({ v: 1, owned }));

/** Another version's or a foreign member's data counts as owning nothing. */
const decodeOwned = (userData: Buffer | null): Owned => {
  try {
    const { v, owned } = JSON.parse((userData ?? Buffer.alloc(0)).toString()) as { v?: number; owned?: Owned };
    return v === 1 && owned !== undefined ? owned : {};
  } catch {
    return {};
  }
};

/** `hooks` is told about joins, `owned` asked what this member holds. */
export const stickyAssigner =
  (hooks: Membership, owned: () => Owned): PartitionAssigner =>
  ({ cluster }): Assigner => {
    const { MemberMetadata, MemberAssignment } = kafkajs.AssignerProtocol;
    const version = 1;
    const name = "earshot-sticky-v1";
    const assigner: Assigner & { readonly [membership]: Membership } = {
      name,
      version,
      [membership]: hooks,
      assign: async ({ members, topics }) => {
        const claims = members.map(({ memberId, memberMetadata }) => ({
          id: memberId,
          owned: decodeOwned(MemberMetadata.decode(memberMetadata)?.userData ?? null),
        }));
        const partitions = new Map(
          topics.map((topic) => [
            topic,
            cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId),
          ]),
        );
        return [...assignSticky(claims, partitions)].map(([memberId, assignment]) => ({
          memberId,
          memberAssignment: MemberAssignment.encode({ version, assignment, userData: Buffer.alloc(0) }),
        }));
      },
      protocol: ({ topics }) => ({
        name,
        metadata: MemberMetadata.encode({ version, topics, userData: encodeOwned(owned()) }),
      }),
    };
    return assigner;
  };
