// The one way to ClickHouse: @clickhouse/client with the settings that make a repeated insert harmless and a failure visible.
import { type ClickHouseClient, ClickHouseLogLevel, type ClickHouseSettings, createClient } from "@clickhouse/client";

export interface ClickHouseOptions {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** How long an answer may take, ms. */
  readonly requestTimeout?: number;
  /** Default: wherever a network lies between. */
  readonly compress?: boolean;
}

/**
 * Without them a repeated token inserts twice: the server collects inserts itself by default since 26.3, and would then
 * know only the contents; materialized views count a repeated block again.
 */
export const insertSettings = {
  async_insert: 0,
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
} as const satisfies ClickHouseSettings;

const loopback = new Set(["127.0.0.1", "localhost", "[::1]"]);

/**
 * Over a network zstd makes a block of signals 5 to 13 times smaller at 1 GB/s; on one machine compressing and
 * unpacking are pure loss (0.05 CPU seconds each for 50,000 signals, m).
 */
const isNetwork = (url: string): boolean => !loopback.has(new URL(url).hostname);

const zstd = { request: { codec: "zstd", level: 1 }, response: { codec: "zstd" } } as const;
const plain = { request: false, response: false } as const;

export const connectClickHouse = ({
  url,
  user,
  password,
  database,
  requestTimeout = 60_000,
  compress = isNetwork(url),
}: ClickHouseOptions): ClickHouseClient =>
  createClient({
    url,
    username: user,
    password,
    database,
    application: "earshot",
    request_timeout: requestTimeout,
    // Below the server's keep-alive (10 s; Cloud 3 s): most resets come from a socket that the server has just closed.
    keep_alive: { enabled: true, idle_socket_ttl: 2_000, eagerly_destroy_stale_sockets: true },
    compression: compress ? zstd : plain,
    // It would print requests, and with them what they carry.
    log: { level: ClickHouseLogLevel.OFF },
    // The answer comes when the work is done, so its status tells the truth, through proxies too.
    clickhouse_settings: { wait_end_of_query: 1 },
  });
