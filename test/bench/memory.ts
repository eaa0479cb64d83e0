// Bench (a), memory: growth of resident memory by live visits, in a process of its own. Prints JSON.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { InteractionRecord } from "#schemas/generated/records.ts";
import { asLog, conversations } from "./conversations.ts";
import { createBenchEngine } from "./fold.ts";

export interface MemoryFigures {
  readonly visits: number;
  readonly turnsPerVisit: number;
  readonly bytesPerVisit: number;
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const start = Date.UTC(2026, 0, 2);

/** Turn counts whose mean is `mean`: 1 for one ask, else 2 and 3 in turn around 2.5. */
const turnsOf = (visit: number, oneAsk: boolean): number => (oneAsk ? 1 : 2 + (visit % 2));

const template = (list: readonly InteractionRecord[], i: number): InteractionRecord => {
  const found = list[i % list.length];
  if (found === undefined) throw new Error("no sample conversations");
  return found;
};

const measure = (visits: number, oneAsk: boolean): MemoryFigures => {
  const samples = conversations(2, start).filter((record) => record.type === "prompt" || record.type === "response");
  const prompts = samples.filter((record) => record.type === "prompt");
  const responses = samples.filter((record) => record.type === "response");
  const engine = createBenchEngine();
  collect();
  const before = process.memoryUsage().rss;
  let offset = 0;
  let turns = 0;
  for (let visit = 0; visit < visits; visit += 1) {
    // All within ten minutes, so that every visit is still alive at the end.
    const at = start + Math.floor((visit / visits) * 600_000);
    const session = `session-${String(visit)}`;
    for (let turn = 0; turn < turnsOf(visit, oneAsk); turn += 1) {
      turns += 1;
      const ask = template(prompts, visit * 3 + turn);
      const answer = template(responses, visit * 5 + turn);
      const pair: InteractionRecord[] = [
        { ...ask, session_id: session, event_id: `${session}-p${String(turn)}`, ts: at + turn * 2_000 },
        {
          ...answer,
          session_id: session,
          event_id: `${session}-r${String(turn)}`,
          response_id: `${session}-r${String(turn)}`,
          ts: at + turn * 2_000 + 1_000,
        },
      ];
      for (const record of asLog(pair, offset)) engine.apply(record);
      offset += 2;
    }
    if (visit % 1_000 === 0) engine.drain();
  }
  engine.drain();
  collect();
  if (engine.visits !== visits) throw new Error(`${String(engine.visits)} visits are alive, not ${String(visits)}`);
  return { visits, turnsPerVisit: turns / visits, bytesPerVisit: (process.memoryUsage().rss - before) / visits };
};

const [mode = "one-ask", visits = "1000000"] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(measure(Number(visits), mode === "one-ask"))}\n`);
