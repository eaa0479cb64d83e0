// A faulty network in front of a real Kafka: it can lose one reply by kind of request, go away, and come back.
import { createServer, connect as dial, type Server, type Socket } from "node:net";
import type { KafkaConfig } from "kafkajs";

/** Of Kafka's protocol. */
export const apiKeys = { produce: 0, offsetCommit: 8 } as const;

export interface FaultProxy extends AsyncDisposable {
  readonly socketFactory: NonNullable<KafkaConfig["socketFactory"]>;
  /** The next reply to this kind of request is swallowed and its connection cut, after the broker has done the work. */
  loseReply(apiKey: number): void;
  /** Cuts every connection and refuses new ones. */
  goAway(): void;
  comeBack(): void;
}

/** Calls `each` for every whole frame (length, then that many bytes) of a stream. */
const splitFrames = (each: (frame: Buffer) => void) => {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk: Buffer): void => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0);
      each(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  };
};

const portOf = (server: Server): number => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy does not listen");
  return address.port;
};

/** One listener per broker that the client asks for, because replies of metadata name the brokers' own addresses. */
export const openFaultProxy = async (): Promise<FaultProxy> => {
  const sockets = new Set<Socket>();
  const lose: number[] = [];
  let away = false;

  const relay = (client: Socket, host: string, port: number): void => {
    const broker = dial(port, host);
    const pair = [client, broker];
    const doomed = new Set<number>();
    const cut = (): void => {
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) {
      sockets.add(socket);
      socket.on("error", cut);
      socket.on("close", () => {
        sockets.delete(socket);
        cut();
      });
    }
    // A request begins with API key (int16), version (int16), correlation id (int32); its reply with the correlation id.
    client.on(
      "data",
      splitFrames((frame) => {
        const wanted = lose.indexOf(frame.readInt16BE(4));
        if (wanted >= 0) {
          lose.splice(wanted, 1);
          doomed.add(frame.readInt32BE(8));
        }
        broker.write(frame);
      }),
    );
    broker.on(
      "data",
      splitFrames((frame) => {
        if (doomed.has(frame.readInt32BE(4))) cut();
        else client.write(frame);
      }),
    );
  };

  // The address rides ahead of the Kafka stream as one line; the client's first frame follows it.
  const server = createServer((client) => {
    if (away) client.destroy();
    client.once("data", (first: Buffer) => {
      const end = first.indexOf(10);
      const [host = "", port = "0"] = first.toString("utf8", 0, end).split(" ");
      relay(client, host, Number(port));
      if (first.length > end + 1) client.unshift(first.subarray(end + 1));
    });
    client.on("error", () => client.destroy());
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));

  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };

  return {
    socketFactory: ({ host, port, onConnect }) => {
      const socket = dial(portOf(server), "127.0.0.1", () => {
        socket.write(`${host} ${port}\n`);
        onConnect();
      });
      return socket;
    },
    loseReply: (apiKey) => void lose.push(apiKey),
    goAway() {
      away = true;
      cutAll();
    },
    comeBack: () => {
      away = false;
    },
    async [Symbol.asyncDispose]() {
      cutAll();
      await new Promise((done) => server.close(done));
    },
  };
};
