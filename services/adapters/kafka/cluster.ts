// Direct requests to brokers, for what kafkajs's admin cannot do: commits with metadata (K43), reads without a group.
import type { Assigner, Cluster } from "kafkajs";
import { createKafkaConsumer, type KafkaOptions } from "./client.ts";
import { createHandle, type Handle } from "./handle.ts";

interface ClusterClient {
  readonly cluster: Cluster;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

/** kafkajs hands its cluster to assigners, so a consumer that never runs is the public way to one. */
const openCluster = (options: KafkaOptions): ClusterClient => {
  let found: Cluster | undefined;
  const capture = ({ cluster }: { cluster: Cluster }): Assigner => {
    found = cluster;
    return {
      name: "none",
      version: 0,
      assign: async () => [],
      protocol: () => ({ name: "none", metadata: Buffer.alloc(0) }),
    };
  };
  createKafkaConsumer(options, { group: "none", assigners: [capture] });
  if (found === undefined) throw new Error("kafkajs did not hand out its cluster");
  const cluster = found;
  return { cluster, connect: () => cluster.connect(), disconnect: () => cluster.disconnect() };
};

export const createClusterHandle = (options: KafkaOptions): Handle<ClusterClient> =>
  createHandle(() => openCluster(options), options.log);
