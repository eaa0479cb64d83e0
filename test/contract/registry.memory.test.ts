// The registry in memory, which unit tests stand on, keeps the registry contract.
import { startFakeRegistry } from "#adapters/avro/fake-registry.ts";
import { registryContract } from "./registry.contract.ts";

registryContract("the registry in memory", async () => {
  const registry = await startFakeRegistry();
  return { url: registry.url, prefix: "t.", [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose]() };
});
