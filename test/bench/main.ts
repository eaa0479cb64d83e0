// npm run bench: fold, alerts, memory, flow, latency and landing in one run; one table and one JSON file.
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startStack } from "#infra/embedded/stack.ts";
import { versions } from "#infra/embedded/versions.ts";
import { command, execute } from "#runtime/command.ts";
import { AppError } from "#runtime/errors.ts";
import { measureAlertFold } from "./alerts/fold.ts";
import { measureBacklog, measureLatency } from "./flow.ts";
import { measureFold } from "./fold.ts";
import { measureLanding } from "./landing.ts";
import { describeMachine } from "./machine.ts";
import type { MemoryFigures } from "./memory.ts";
import { openPipeline } from "./pipeline.ts";

const parts = ["fold", "alerts", "memory", "flow", "latency", "landing"] as const;
type Part = (typeof parts)[number];

type Row = {
  readonly part: Part;
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: string;
};

/** In a process of its own, so that nothing else's memory is counted. */
const memoryOf = async (mode: string): Promise<MemoryFigures> => {
  const script = fileURLToPath(new URL("./memory.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--max-old-space-size=8192", script, mode]);
  return JSON.parse(stdout) as MemoryFigures;
};

const round = (value: number): number => (value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));

const bench = command({
  name: "bench",
  summary: "Measures the folds, the pipeline on the embedded stack and landing against ClickHouse's Kafka engine.",
  settings: {},
  tabular: true,
  options: {
    only: { flags: "--only <parts>", help: `some of ${parts.join(", ")}, by comma`, default: parts.join(",") },
    out: { flags: "--out <file>", help: "JSON file for the figures", default: "bench.json" },
  },
  run: async ({ options, own, log, say, out, path }) => {
    const only = options.only.split(",");
    const unknown = only.filter((name) => !parts.includes(name as Part));
    if (unknown.length > 0) throw new AppError("usage", `no such part: ${unknown.join(", ")}`);
    const wanted = (part: Part): boolean => only.includes(part);
    const rows: Row[] = [];
    const add = (part: Part, figure: string, value: number, unit: string, goal = ""): void => {
      rows.push({ part, figure, value: round(value), unit, goal });
    };

    if (wanted("fold")) {
      say("fold: a day of conversations, seven times");
      const fold = measureFold();
      add("fold", "user turns on one core", fold.turnsPerSecond, "1/s", "≥ 100,000");
      add("fold", "events on one core", fold.eventsPerSecond, "1/s");
    }
    if (wanted("alerts")) {
      say("alerts: tallies into bins, slices and evidence");
      for (const { load, addedPerSecond, talliesPerSecond, longestClose } of measureAlertFold()) {
        add("alerts", `tallies added, ${load}`, addedPerSecond, "1/s", "≥ 1,000,000");
        add("alerts", `the same with closing of bins`, talliesPerSecond, "1/s");
        add("alerts", `the longest close`, longestClose, "ms");
      }
    }
    if (wanted("memory")) {
      say("memory: two times a million live visits");
      const oneAsk = await memoryOf("one-ask");
      const several = await memoryOf("several");
      add("memory", "per live visit of one ask", oneAsk.bytesPerVisit, "B", "≤ 300");
      add("memory", `per live visit of ${String(several.turnsPerVisit)} turns`, several.bytesPerVisit, "B", "≤ 700");
    }
    if (["flow", "latency", "landing"].some((part) => wanted(part as Part))) {
      say("starting the embedded stack");
      const stack = own(await startStack({}));
      const open = (name: string) => openPipeline(name, stack, log);
      if (wanted("flow")) {
        say("flow: a backlog through the detector alone, then through detector and lander");
        const flow = await measureBacklog(open, 8);
        add("flow", "detector, Kafka to Kafka", flow.detectorEventsPerSecond, "events/s", "≥ 160,000");
        add("flow", "detector CPU", flow.detectorCpuSecondsPerMillion, "s per million", "≤ 11");
        add("flow", "Kafka to queryable row", flow.endToEndEventsPerSecond, "events/s", "≥ 50,000");
      }
      if (wanted("latency")) {
        await using pipeline = await open("latency");
        await Promise.all([pipeline.start("detector"), pipeline.start("lander")]);
        for (const rate of [1_000, 5_000]) {
          say(`latency: ${String(rate)} events/s for 20 s`);
          const { p50Ms, p99Ms } = await measureLatency(pipeline, rate, 20);
          add("latency", `event to row, p50 at ${String(rate)}/s`, p50Ms, "ms");
          add("latency", `event to row, p99 at ${String(rate)}/s`, p99Ms, "ms", "≤ 1,000");
        }
      }
      if (wanted("landing")) {
        say("landing: the same signals by the Kafka table engine, then by the lander");
        await using pipeline = await open("landing");
        const landing = await measureLanding(pipeline, stack.settings, 500_000);
        add("landing", `lander, rows of ${String(landing.columns)} columns`, landing.landerRowsPerSecond, "rows/s");
        add("landing", "ClickHouse's Kafka engine", landing.kafkaEngineRowsPerSecond, "rows/s");
        add("landing", "lander ÷ Kafka engine", landing.ratio, "ratio", "≥ 1");
      }
    }
    const machine = describeMachine(versions.kafka);
    await writeFile(
      path(options.out),
      `${JSON.stringify({ machine, data: "MultiWOZ and simulated chats, seed 1 to 6", rows }, null, 2)}\n`,
    );
    say(
      `${String(machine.cores)} cores, ${machine.cpu}, Node ${machine.node}, ${machine.clickhouse}; figures in ${options.out}`,
    );
    await out.table(rows);
  },
});

await execute(bench);
