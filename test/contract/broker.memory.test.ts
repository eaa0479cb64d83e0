// The in-process twin keeps the broker contract, whatever the seed.
import { createMemoryBroker } from "#adapters/memory/broker.ts";
import { type BrokerUnderTest, brokerContract } from "./broker.contract.ts";

const openTwin = (seed: number) => async (): Promise<BrokerUnderTest> => {
  const twin = createMemoryBroker({ seed, maxBatch: 40 });
  return {
    connect: async () => twin.connect(),
    loseReply: (kind) => twin.faults.order(kind, "drop"),
    goAway: () => twin.faults.goAway(),
    comeBack: () => twin.faults.comeBack(),
    expireMember: async (group) => twin.faults.expireMember(group),
    [Symbol.asyncDispose]: async () => undefined,
  };
};

for (const seed of [1, 2, 3]) brokerContract(`the in-process twin, seed ${seed}`, openTwin(seed));
