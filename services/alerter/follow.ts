// Follows `incidents` and `deliveries` in all partitions, whoever writes them, into the ledger.
import type { Admin, LogRecord, PartitionReader } from "#adapters/broker-port.ts";
import type { Logger } from "#runtime/logger.ts";
import type { Outages } from "#runtime/outages.ts";
import type { Topics } from "#schemas/topics.ts";
import type { Ledger } from "./ledger.ts";
import { type Dependency, isOutage, type Read } from "./reading.ts";

export interface FollowPorts {
  readonly topics: Pick<Topics, "incidents" | "deliveries">;
  readonly admin: Pick<Admin, "offsets">;
  readonly reader: PartitionReader;
  readonly read: Read;
  readonly ledger: Ledger;
  readonly outages: Outages<Dependency>;
  readonly log: Logger;
  /** Pause between two looks, ms. */
  readonly every: number;
  readonly fail: (error: unknown) => void;
}

export interface Follower extends AsyncDisposable {
  /** Resolves when everything that lay in both logs when it was called is in the ledger. */
  caughtUp(signal: AbortSignal): Promise<void>;
  /** Looks again and again until disposed. */
  start(): void;
}

type Kind = "incidents" | "deliveries";
const kinds: readonly Kind[] = ["incidents", "deliveries"];

export const createFollower = (ports: FollowPorts): Follower => {
  const { topics, admin, reader, read, ledger, outages, log, every, fail } = ports;
  const over = new AbortController();
  const positions: Readonly<Record<Kind, Map<number, number>>> = { incidents: new Map(), deliveries: new Map() };
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  /** A tombstone of an incident takes its deliveries along; those of a delivery need nothing. */
  const bury = (kind: Kind, { key }: LogRecord): void => {
    if (kind === "incidents" && key !== null) ledger.forget(key.toString());
  };

  const take = async (kind: Kind, partition: number, record: LogRecord): Promise<void> => {
    if (record.value === null) return bury(kind, record);
    const origin = { partition, at: record.appendTs, fromLog: true };
    if (kind === "incidents") {
      const reading = await read("incidents", record, over.signal);
      if (reading.kind === "record") return ledger.addIncident(origin, reading.record);
      return log.warn({ kind, partition, offset: record.offset, reason: reading.reason }, "cannot read a record");
    }
    const reading = await read("deliveries", record, over.signal);
    if (reading.kind === "record") return ledger.addDelivery(origin, reading.record);
    log.warn({ kind, partition, offset: record.offset, reason: reading.reason }, "cannot read a record");
  };

  const readOn = async (kind: Kind, partition: number, { start, end }: { start: number; end: number }) => {
    const { topic } = topics[kind];
    const known = positions[kind];
    const from = Math.max(known.get(partition) ?? 0, start);
    if (from >= end) return;
    for await (const batch of reader.read({ topic, partition }, from, end, over.signal)) {
      for (const record of batch.records) await take(kind, partition, record);
      known.set(partition, batch.nextPosition);
    }
  };

  const look = async (): Promise<void> => {
    for (const kind of kinds)
      await outages.wait(
        "broker",
        async () => {
          for (const [partition, bounds] of await admin.offsets(topics[kind].topic))
            await readOn(kind, partition, bounds);
        },
        { signal: over.signal, isOutage },
      );
  };

  /** One look at a time, so that records come in the order of their log. */
  const lookNext = (): Promise<void> => {
    const mine = running.then(look);
    running = mine.catch(() => undefined);
    return mine;
  };

  const lookAgain = (): void => {
    timer = setTimeout(() => {
      lookNext().then(lookAgain, (error: unknown) => {
        if (!over.signal.aborted) fail(error);
      });
    }, every);
  };

  return {
    async caughtUp(signal) {
      signal.throwIfAborted();
      const given = Promise.withResolvers<never>();
      const giveUp = (): void => given.reject(signal.reason as Error);
      signal.addEventListener("abort", giveUp, { once: true });
      await Promise.race([lookNext(), given.promise]).finally(() => signal.removeEventListener("abort", giveUp));
    },
    start: lookAgain,
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      over.abort(new Error("the follower is closed"));
      await running;
      clearTimeout(timer);
    },
  };
};
