// Chooses the store by its address: ClickHouse, or the in-process twin for `memory://name`.
import type { Logger } from "#runtime/logger.ts";
import type { Store } from "./store-port.ts";

export interface StoreOptions {
  /** `http://host:port`, or `memory://name`, where the same name in one process is the same store. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly log: Logger;
}

const memoryScheme = "memory://";

/** Opens without asking: `verify` says whether it is the right one. */
export const openStore = async (options: StoreOptions): Promise<Store> => {
  if (options.url.startsWith(memoryScheme)) {
    const { memoryStore } = await import("./memory/store.ts");
    return memoryStore(options.url.slice(memoryScheme.length)).connect();
  }
  const { openClickHouse } = await import("./clickhouse/store.ts");
  return openClickHouse(options);
};
