// The demo's on-call: a rules file that sends to a webhook receiver on loopback, and what that receiver has heard.
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import pc from "picocolors";
import { stringify } from "yaml";
import type { IncidentPayload } from "#schemas/incident-payload.ts";
import { openReceiver, type Received } from "./receiver.ts";

/** A notification as it came: type and payload of the signed body. */
export interface Heard {
  readonly type: string;
  readonly data: IncidentPayload;
  readonly raw: Received;
}

export interface OnCall extends AsyncDisposable {
  /** For the alerter's process. */
  readonly env: Readonly<Record<string, string>>;
  readonly received: readonly Heard[];
  /** Resolves when a notification of this kind about this slice has come, or says after two minutes what came instead. */
  heard(kind: string, slice: string, signal: AbortSignal): Promise<void>;
}

const patience = 120_000;

const read = (raw: Received): Heard => ({ ...(JSON.parse(raw.body) as Pick<Heard, "type" | "data">), raw });

const describe = ({ type, data, raw }: Heard): string =>
  `${pc.yellow("☎")}  ${type}, signature ${raw.signature}: ${data.summary}`;

/** Writes alerts.yaml into the folder; `say` gets a line for each notification. */
export const openOnCall = async (folder: string, say: (line: string) => void): Promise<OnCall> => {
  const secret = `whsec_${randomBytes(32).toString("base64")}`;
  const received: Heard[] = [];
  const waiting = new Set<() => void>();
  const receiver = await openReceiver({
    secrets: [secret],
    onReceived: (raw) => {
      const heard = read(raw);
      received.push(heard);
      say(describe(heard));
      for (const look of waiting) look();
    },
  });
  const rules = {
    // History is played within seconds, so nothing may be gathered for half a minute.
    routes: [{ name: "on-call", destinations: ["phone"], group_wait: "0s" }],
    destinations: [
      {
        name: "phone",
        type: "standard",
        url: receiver.url,
        secret_env: "DEMO_WEBHOOK_SECRET",
        allow_private: ["127.0.0.1/32"],
        allow_ports: [receiver.port],
      },
    ],
  };
  const file = join(folder, "alerts.yaml");
  await writeFile(file, stringify(rules));

  const fits = (kind: string, slice: string): boolean =>
    received.some(({ type, data }) => type === `incident.${kind}` && data.slice === slice && data.class === "quality");

  return {
    env: { EARSHOT_ALERT_RULES: file, DEMO_WEBHOOK_SECRET: secret },
    received,
    heard: (kind, slice, signal) =>
      new Promise((resolve, reject) => {
        const end = (settle: () => void): void => {
          waiting.delete(look);
          clearTimeout(timer);
          signal.removeEventListener("abort", aborted);
          settle();
        };
        const look = (): void => {
          if (fits(kind, slice)) end(resolve);
        };
        const aborted = (): void => end(() => reject(new Error("stopped")));
        const timer = setTimeout(() => {
          const told = received.map(({ type, data }) => `${type} ${data.slice}`).join(", ") || "nothing";
          end(() =>
            reject(new Error(`on-call was not told "${kind}" about ${slice} within two minutes, but: ${told}`)),
          );
        }, patience);
        signal.addEventListener("abort", aborted, { once: true });
        waiting.add(look);
        look();
      }),
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  };
};
