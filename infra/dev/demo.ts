// npm run demo: the whole pipeline on this machine, with real dialogues in and answered questions out.
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pc from "picocolors";
import { connectBroker } from "#adapters/broker.ts";
import { openStore } from "#adapters/store.ts";
import { startStack } from "#infra/embedded/stack.ts";
import { command, execute } from "#runtime/command.ts";
import { createProgress } from "#runtime/progress.ts";
import { topicsFor } from "#schemas/topics.ts";
import { summarize } from "./demo-summary.ts";
import { openOnCall } from "./on-call.ts";
import { type PlantedChange, plantIncident } from "./planted-incident.ts";
import { runCommand, startProcess } from "./processes.ts";
import { generateTraffic } from "./traffic.ts";

const minute = 60_000;
const partitions = 4;
/** Alerts need a day of history before an incident, hours for the incident, and traffic that has not stopped: that is an incident, too. */
const historyEnds = 5 * minute;
const historyLasts = 30 * 60 * minute;

const total = (values: Iterable<number>): number => [...values].reduce((sum, value) => sum + value, 0);

const toShell = (env: Readonly<Record<string, string>>): string =>
  Object.entries(env)
    .map(([name, value]) => `export ${name}='${value}'\n`)
    .join("");

const whereToLook = (folder: string): string => `
${pc.bold("Where to look next")}, in another terminal

  ${pc.cyan(`. ${join(folder, "env.sh")}`)}
      the settings of this stack, for the commands below
  ${pc.cyan("npm run query -- --list")}
      all named questions; npm run query -- stars-by-feature asks one
  ${pc.cyan("npm run doctor")}
      lag, watermark age, late and rejected share, disk
  ${pc.cyan("npm run dump -- signals | head -1")}
      a signal as it is on the wire
  ${pc.cyan("npm run dump -- interactions > log.jsonl")}
  ${pc.cyan("npm run replay -- --in log.jsonl --out signals.jsonl --final --set gap=10m")}
      the same conversations under another setting
`;

const demo = command({
  name: "demo",
  summary: "Starts everything, plays a day of conversations through it and shows what came out.",
  settings: {},
  options: {
    exit: { flags: "--exit", help: "stop everything after the summary and exit" },
    sessions: { flags: "--sessions <number>", help: "simulated chats beside 986 real dialogues", default: "4000" },
    seed: { flags: "--seed <number>", help: "for the draws; they follow the time of day, too", default: "7" },
  },
  run: async ({ options, own, say, out, log, stopping }) => {
    const began = performance.now();
    const seconds = (): string => pc.dim(`${((performance.now() - began) / 1000).toFixed(1).padStart(5)} s`);
    const step = (text: string): void => say(`${seconds()}  ${text}`);

    const folder = await mkdtemp(join(tmpdir(), "earshot-demo-"));
    step("starting Kafka, a schema registry and the ClickHouse engine");
    // The folder goes with the stack, logs of the services and all, even if this process is killed.
    const stack = own(
      await startStack({ dir: folder, signal: stopping, log: (line) => say(pc.dim(`         ${line}`)) }),
    );
    const env = {
      ...stack.settings,
      EARSHOT_PARTITIONS: String(partitions),
      EARSHOT_REGISTRY_CACHE: join(folder, "schemas"),
      // A silent partition moves on after two seconds instead of a minute, so that the summary need not wait for it.
      EARSHOT_IDLE: "2s",
      EARSHOT_TICK_INTERVAL: "500ms",
      // History is 30 hours old at its beginning.
      EARSHOT_PAST_WINDOW: "72h",
    };
    await Promise.all(["topics", "schemas", "migrate"].map((name) => runCommand(name, [], env, stopping)));
    step("topics created, schemas registered, tables migrated");

    const broken = Promise.withResolvers<never>();
    broken.promise.catch(() => undefined);
    stack.failed.catch(broken.reject);
    const start = async (name: string): Promise<void> => {
      const started = own(await startProcess(name, env, { logFile: join(folder, `${name}.log`) }));
      void started.ended.then((code) => broken.reject(new Error(`${name} ended by itself with ${String(code)}`)));
    };
    const onCall = own(await openOnCall(folder, (line) => say(`         ${line}`)));
    Object.assign(env, onCall.env);
    await Promise.all([start("detector"), start("lander"), start("alerter")]);
    step("detector, lander and alerter are ready; a webhook receiver plays the phone of on-call");

    const to = Date.now() - historyEnds;
    const { events: chats, truth } = generateTraffic({
      seed: Number(options.seed),
      sessions: Number(options.sessions),
      dialogues: 986,
      from: to - historyLasts,
      to,
      duplicates: 0.01,
      disorder: 0.02,
    });
    const planted = plantIncident(Number(options.seed), to - historyLasts, to);
    const events = [...chats, ...planted.events].toSorted((a, b) => a.ts - b.ts);
    step(`${events.length.toLocaleString("en")} events of ${historyLasts / 60 / minute} hours`);

    const broker = own(await connectBroker({ brokers: env.KAFKA_BROKERS, clientId: "demo", log }));
    const admin = own(await broker.admin());
    const topics = topicsFor("earshot.", partitions);
    const store = own(
      await openStore({
        url: env.CLICKHOUSE_URL,
        user: env.CLICKHOUSE_USER,
        password: env.CLICKHOUSE_PASSWORD,
        database: "earshot",
        log,
      }),
    );

    const endOf = async (topic: string): Promise<number> =>
      total([...(await admin.offsets(topic)).values()].map(({ end }) => end));
    const committed = (group: string, topic: string) => admin.committed(`earshot.${group}`, topic);
    const positionOf = async (group: string, topic: string): Promise<number> =>
      total([...(await committed(group, topic)).values()].map(({ offset }) => offset ?? 0));
    /** Draws a bar until `measure` reaches `goal`. */
    const follow = async (label: string, goal: number, measure: () => Promise<number>): Promise<void> => {
      const progress = createProgress({ label: `         ${label}`, total: goal });
      for (;;) {
        const done = await Promise.race([measure(), broken.promise]);
        progress.update(done, `${Math.min(done, goal).toLocaleString("en")} of ${goal.toLocaleString("en")}`);
        if (done >= goal) break;
        await sleep(150, undefined, { signal: stopping });
      }
      progress.clear();
    };

    let published = 0;
    /** Publishes what happened before `until` and waits until the detector has read it. */
    const play = async (label: string, until: number): Promise<void> => {
      const part = events.filter(({ ts }) => ts < until).slice(published);
      const file = join(folder, "part.jsonl");
      await writeFile(file, part.map((event) => `${JSON.stringify(event)}\n`).join(""));
      published += part.length;
      const publishing = runCommand("publish", [file], env, stopping);
      await Promise.all([
        publishing,
        follow(label, published, () => positionOf("detector", topics.interactions.topic)),
      ]);
    };
    const announce = async (change: PlantedChange): Promise<void> => {
      const file = join(folder, "changes.jsonl");
      await writeFile(file, `${JSON.stringify(change)}\n`);
      await runCommand("publish", ["--changes", file], env, stopping);
    };
    const heard = (kind: string): Promise<void> =>
      Promise.race([onCall.heard(kind, "feature=billing", stopping), broken.promise]);

    await play("a day of history", planted.changed);
    step("a day of history is read: every slice has its baseline");
    const [change, rollback] = planted.changes;
    await announce(change);
    step("a new prompt of billing is announced; its negative rate will go from 5 % to 18 %");
    await play("with the new prompt", planted.rolledBack);
    await heard("opened");
    await announce(rollback);
    step("on-call takes the prompt back");
    await play("after the rollback", Number.POSITIVE_INFINITY);
    step("all events are read; the ticker now moves the clock on");

    await start("ticker");
    const closed = to;
    const closedPartitions = async (): Promise<number> =>
      [...(await committed("detector", topics.interactions.topic)).values()].filter(
        ({ metadata }) => ((JSON.parse(metadata || "{}") as { wm?: number }).wm ?? 0) > closed,
      ).length;
    await follow("the last minutes", partitions, closedPartitions);
    await heard("resolved");
    const outputs = [
      topics.signals,
      topics.tallies,
      topics.late,
      topics.rejects,
      topics.interactions,
      topics.changes,
      topics.incidents,
      topics.deliveries,
    ];
    const said = total(await Promise.all(outputs.map(({ topic }) => endOf(topic))));
    await follow("landing", said, async () =>
      total(await Promise.all(outputs.map(({ topic }) => positionOf("lander", topic)))),
    );
    step("everything has landed in ClickHouse");

    await out.write(await summarize({ store, truth, planted, onCall: onCall.received }));
    await writeFile(join(folder, "env.sh"), toShell(env));
    await out.write(whereToLook(folder));
    if (options.exit) return 0;
    say("\nThe stack stays up; Ctrl-C stops it and removes its folder.");
    const interrupted = new Promise((resolve) => stopping.addEventListener("abort", resolve, { once: true }));
    await Promise.race([interrupted, broken.promise]);
    return 0;
  },
});

await execute(demo);
