// Groups of settings that several services and commands read; spread them into a definition.
import { readFileSync } from "node:fs";
import { choice, defineSettings, flag, integer, port, type SettingsOf, secret, text, url } from "./config.ts";
import { AppError } from "./errors.ts";
import { logLevels } from "./logger.ts";

export const kafkaSettings = defineSettings({
  brokers: text("KAFKA_BROKERS", {
    help: "Kafka bootstrap servers, host:port by comma; memory://name is an in-process twin for tests",
    pattern: /^(memory:\/\/[\w.-]*|[^\s,:/]+:\d+(,[^\s,:/]+:\d+)*)$/,
    expectation: "host:port, several by comma, such as 127.0.0.1:9092",
  }),
  kafkaSsl: flag("KAFKA_SSL", { default: false, help: "TLS to the brokers" }),
  kafkaSslCaFile: text("KAFKA_SSL_CA_FILE", {
    optional: true,
    help: "PEM file with the brokers' certificate authority",
  }),
  kafkaSaslMechanism: choice("KAFKA_SASL_MECHANISM", ["plain", "scram-sha-256", "scram-sha-512"], {
    optional: true,
    help: "SASL mechanism; unset: no SASL",
  }),
  kafkaSaslUsername: text("KAFKA_SASL_USERNAME", { optional: true, help: "SASL user" }),
  kafkaSaslPassword: secret("KAFKA_SASL_PASSWORD", { optional: true, help: "SASL password" }),
});

type Mechanism = "plain" | "scram-sha-256" | "scram-sha-512";
type Sasl = { [M in Mechanism]: { mechanism: M; username: string; password: string } }[Mechanism];

const saslOf = (settings: SettingsOf<typeof kafkaSettings>): Sasl | undefined => {
  const { kafkaSaslMechanism: mechanism, kafkaSaslUsername: username, kafkaSaslPassword: password } = settings;
  if (mechanism === undefined) return undefined;
  if (username === undefined || password === undefined)
    throw new AppError("config", "KAFKA_SASL_MECHANISM is set, so a user and a password are needed", {
      cure: "Set KAFKA_SASL_USERNAME, and KAFKA_SASL_PASSWORD or KAFKA_SASL_PASSWORD_FILE.",
    });
  return { mechanism, username, password };
};

/** What `connectBroker` takes of them. */
export const brokerAccess = (settings: SettingsOf<typeof kafkaSettings>) => {
  const { brokers, kafkaSsl, kafkaSslCaFile: caFile } = settings;
  const sasl = saslOf(settings);
  return {
    brokers,
    ...(kafkaSsl ? { ssl: caFile === undefined ? true : { ca: [readFileSync(caFile, "utf8")] } } : {}),
    ...(sasl === undefined ? {} : { sasl }),
  };
};

export const registrySettings = defineSettings({
  registry: url("SCHEMA_REGISTRY_URL", {
    help: "Confluent-compatible registry, such as http://127.0.0.1:8081/apis/ccompat/v7; memory://name: compiled-in schemas",
    protocols: ["http", "https", "memory"],
  }),
  registryUsername: text("SCHEMA_REGISTRY_USERNAME", { optional: true, help: "user for HTTP basic authentication" }),
  registryPassword: secret("SCHEMA_REGISTRY_PASSWORD", { optional: true, help: "its password" }),
  registryCache: text("EARSHOT_REGISTRY_CACHE", {
    default: ".earshot/schemas",
    help: "folder for the disk copy of schemas, so that a registry outage stops nothing already known",
  }),
});

/** What `openCodecs` takes of them. */
export const registryAccess = (settings: SettingsOf<typeof registrySettings>) => ({
  registry: settings.registry,
  username: settings.registryUsername,
  password: settings.registryPassword,
  cacheDir: settings.registryCache,
});

export const clickhouseSettings = defineSettings({
  clickhouse: url("CLICKHOUSE_URL", {
    help: "ClickHouse over HTTP, such as http://127.0.0.1:8123; memory://name is an in-process twin for tests",
    protocols: ["http", "https", "memory"],
  }),
  clickhouseUser: text("CLICKHOUSE_USER", { default: "default", help: "user" }),
  clickhousePassword: secret("CLICKHOUSE_PASSWORD", { default: "", help: "its password" }),
  clickhouseDatabase: text("CLICKHOUSE_DATABASE", {
    default: "earshot",
    help: "database of all tables and views",
    pattern: /^[A-Za-z_]\w*$/,
    expectation: "a name of letters, digits and _",
  }),
});

/** What `openStore` takes. */
export const storeAccess = (settings: SettingsOf<typeof clickhouseSettings>) => ({
  url: settings.clickhouse,
  user: settings.clickhouseUser,
  password: settings.clickhousePassword,
  database: settings.clickhouseDatabase,
});

export const topicSettings = defineSettings({
  topicPrefix: text("EARSHOT_TOPIC_PREFIX", {
    default: "earshot.",
    help: "begins the name of every topic",
    pattern: /^[A-Za-z0-9._-]{0,100}$/,
    expectation: "letters, digits, dot, _ and -",
  }),
  groupPrefix: text("EARSHOT_GROUP_PREFIX", { default: "earshot.", help: "begins the name of every consumer group" }),
  partitions: integer("EARSHOT_PARTITIONS", {
    default: 8,
    min: 1,
    max: 1024,
    help: "partitions of interactions: the most detector processes that can share the work",
  }),
  incarnation: integer("EARSHOT_INCARNATION", {
    default: 1,
    min: 1,
    max: 32_767,
    help: "raise it whenever topics are created anew (npm run topics -- --recreate says to what)",
  }),
  replication: integer("EARSHOT_REPLICATION", {
    default: 1,
    min: 1,
    max: 9,
    help: "replicas of new topics; 3 in production",
  }),
});

export const httpSettings = defineSettings({
  httpHost: text("EARSHOT_HTTP_HOST", { default: "127.0.0.1", help: "address for /livez, /readyz, /metrics" }),
  httpPort: port("EARSHOT_HTTP_PORT", { default: 0, help: "their port; 0: any free one, named in the log" }),
});

export const logSettings = defineSettings({
  logLevel: choice("EARSHOT_LOG_LEVEL", logLevels, { default: "info", help: "least level that is logged" }),
});
