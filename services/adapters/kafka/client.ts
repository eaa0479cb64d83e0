// Makes kafkajs clients with the settings we ship, one object per use, logging to our logger.
import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type * as Kafkajs from "kafkajs";
import type { Consumer, Kafka, KafkaConfig, Producer } from "kafkajs";
import type { Metrics } from "#runtime/metrics.ts";
import { within } from "./deadline.ts";
import { kafkajs } from "./hardening.ts";

interface LogMethod {
  (fields: object, message: string): void;
}

/** Counters by name; absent where nobody scrapes. */
export type KafkaMetrics = Pick<Metrics, "counter">;

/** As much of our logger as this adapter uses. */
export interface KafkaLog {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
}

export interface KafkaOptions {
  /** `host:port`, several by comma. */
  readonly brokers: string;
  readonly clientId: string;
  readonly ssl?: KafkaConfig["ssl"];
  readonly sasl?: KafkaConfig["sasl"];
  /** How connections are made; tests put a faulty network in between. */
  readonly socketFactory?: KafkaConfig["socketFactory"];
  readonly log: KafkaLog;
  readonly metrics?: KafkaMetrics;
}

const warnEvery = 60_000;

/** An outage is told once a minute, not once a retry. */
export const createOutageLog = (log: KafkaLog, message: string) => {
  let last = Number.NEGATIVE_INFINITY;
  return (fields: object): void => {
    const now = Date.now();
    if (now - last < warnEvery) return log.debug(fields, message);
    last = now;
    log.warn(fields, message);
  };
};

export const connectLimit = 20_000;
export const callLimit = 30_000;
const disconnectLimit = 5000;

/** For metadata and connections; producers retry by themselves (K1), consumers are opened anew. */
export const retry = { initialRetryTime: 50, maxRetryTime: 2000, retries: 8 };

/** Everything kafkajs says is debug to us: it calls each retry an error, and what matters comes back as an exception. */
const logTo =
  (log: KafkaLog): Kafkajs.logCreator =>
  () =>
  ({ namespace, label, log: { message, timestamp: _when, logger: _who, stack: _stack, ...fields } }) =>
    log.debug({ ...fields, from: namespace, kafkaLevel: label }, message);

/** As kafkajs's own, but without Nagle's delay, and without a warning when many requests wait for one connection. */
const openSocket: NonNullable<KafkaConfig["socketFactory"]> = ({ host, port, ssl, onConnect }) => {
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const socket: Socket = ssl
    ? connectTls({ host, port, ...servername, ...ssl }, onConnect)
    : connect(port, host, onConnect);
  return socket.setKeepAlive(true, 60_000).setNoDelay(true).setMaxListeners(100);
};

/** One `new Kafka()` per consumer, producer and admin: they would clear each other's cached offsets (K31). */
const createKafka = ({ brokers, clientId, ssl, sasl, socketFactory = openSocket, log }: KafkaOptions): Kafka =>
  new kafkajs.Kafka({
    brokers: brokers.split(","),
    clientId,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
    socketFactory,
    connectionTimeout: 3000,
    requestTimeout: 15_000,
    enforceRequestTimeout: true,
    retry,
    logLevel: kafkajs.logLevel.WARN,
    logCreator: logTo(log),
  });

export const createKafkaProducer = (options: KafkaOptions): Producer =>
  createKafka(options).producer({
    retry: { retries: 0 },
    allowAutoTopicCreation: false,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });

export interface ConsumerSettings {
  readonly group: string;
  readonly assigners: Kafkajs.ConsumerConfig["partitionAssigners"];
}

export const heartbeatInterval = 2500;

export const createKafkaConsumer = (options: KafkaOptions, { group, assigners }: ConsumerSettings): Consumer =>
  createKafka(options).consumer({
    groupId: group,
    ...(assigners === undefined ? {} : { partitionAssigners: assigners }),
    sessionTimeout: 15_000,
    heartbeatInterval,
    rebalanceTimeout: 60_000,
    maxWaitTimeInMs: 300,
    maxBytesPerPartition: 524_288,
    maxBytes: 8 * 1024 * 1024,
    readUncommitted: false,
    allowAutoTopicCreation: false,
    // Again, because the consumer's default of 5 retries would override the client's. Its own restart is ours to do.
    retry: { ...retry, restartOnFailure: async () => false },
  });

export const createKafkaAdmin = (options: KafkaOptions): Kafkajs.Admin => createKafka(options).admin();

interface Closable {
  disconnect(): Promise<void>;
}

/** Disconnects without waiting longer than a few seconds, and without failing: there is nothing left to save. */
export const discard = (client: Closable, log: KafkaLog): Promise<void> =>
  within(disconnectLimit, "disconnecting", client.disconnect()).catch((error: unknown) =>
    log.debug({ error }, "a Kafka client did not close cleanly"),
  );
