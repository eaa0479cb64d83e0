// A Kafka client that is opened on first use, thrown away after a failure and opened anew: no state of a fault survives it (K34).
import { connectLimit, discard, type KafkaLog } from "./client.ts";
import { within } from "./deadline.ts";

interface Client {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

export interface Handle<C> extends AsyncDisposable {
  /** Runs `work` with a connected client, within `limit` ms. */
  use<T>(what: string, limit: number, work: (client: C) => Promise<T>): Promise<T>;
  /** The next use opens a fresh client. */
  drop(): void;
}

export const createHandle = <C extends Client>(
  open: () => C,
  log: KafkaLog,
  keep: (error: unknown) => boolean = () => false,
): Handle<C> => {
  let current: Promise<C> | undefined;

  const connect = async (): Promise<C> => {
    const client = open();
    try {
      await within(connectLimit, "connecting to Kafka", client.connect());
      return client;
    } catch (error) {
      void discard(client, log);
      throw error;
    }
  };

  const drop = (): void => {
    const dropped = current;
    current = undefined;
    void dropped?.then(
      (client) => discard(client, log),
      () => undefined,
    );
  };

  return {
    async use(what, limit, work) {
      current ??= connect();
      const mine = current;
      try {
        return await within(limit, what, work(await mine));
      } catch (error) {
        if (current === mine && !keep(error)) drop();
        throw error;
      }
    },
    drop,
    async [Symbol.asyncDispose]() {
      const last = current;
      current = undefined;
      const client = await last?.catch(() => undefined);
      if (client !== undefined) await discard(client, log);
    },
  };
};
