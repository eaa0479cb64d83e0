// The demo's planted incident: a new prompt of `billing` takes its negative rate from 5 % to 18 %, a rollback takes it back;
// meanwhile the traffic of `search` doubles at a constant rate, which is no news.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { ChangeRecord } from "#schemas/generated/records.ts";
import { createRandom, type Random } from "./random.ts";
import type { Event } from "./traffic.ts";

const minute = 60_000;
const hour = 60 * minute;
const tenant = "northwind";

/** A change as a release pipeline publishes it. */
export type PlantedChange = Pick<ChangeRecord, "change_id" | "ts" | "tenant" | "kind" | "scope"> &
  Partial<ChangeRecord>;

export interface PlantedIncident {
  readonly events: Event[];
  /** The new prompt, and its rollback. */
  readonly changes: readonly [PlantedChange, PlantedChange];
  /** Epoch ms: prompt p12 goes live, the rate begins to climb, it has reached 18 %, p11 is back. */
  readonly changed: number;
  readonly onset: number;
  readonly peak: number;
  readonly rolledBack: number;
}

const base = 0.05;
const worst = 0.18;
/** Answers with a verdict an hour. */
const billingPace = 600;
const searchPace = 200;

const readQueries = (): readonly { readonly text: string; readonly intent: string }[] =>
  gunzipSync(readFileSync(new URL("../../test/data/banking77.jsonl.gz", import.meta.url)))
    .toString("utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { text: string; intent: string });

interface Ask {
  readonly feature: "billing" | "search";
  readonly at: number;
  readonly version: string;
  readonly negative: number;
  readonly session: string;
}

const say = (random: Random, text: string, { feature, at, version, negative, session }: Ask): Event[] => {
  const user = random.below(4_000);
  const about = {
    tenant,
    session_id: session,
    user_id_hash: `n${String(user)}`,
    feature,
    // A user keeps plan and device.
    tier: user % 4 === 0 ? "pro" : "free",
    device: user % 3 === 0 ? "mobile" : "desktop",
    app_version: user % 5 === 0 ? "8.1.0" : "8.0.2",
  };
  const answered = at + 1_000 + random.below(3_000);
  const judged = answered + 2_000 + random.below(20_000);
  const response = `${session}-r`;
  return [
    { ...about, event_id: `${session}-1`, type: "prompt", ts: at, text },
    {
      ...about,
      event_id: `${session}-2`,
      type: "response",
      ts: answered,
      response_id: response,
      label: "ok",
      value: answered - at,
      text: "Here is what your last statement shows, and what you can do about it.",
      prompt_name: feature,
      prompt_version: version,
      model: "aster-2",
      model_version: "aster-2-2026-08",
      release: "2026.11.4",
    },
    {
      ...about,
      event_id: `${session}-3`,
      type: "feedback",
      ts: judged,
      response_id: response,
      label: "thumbs",
      value: random.chance(negative) ? -1 : 1,
    },
  ];
};

/** Traffic in [`from`, `to`), epoch ms, at least 26 h of it; the change comes five hours before the end. Same arguments, same events. */
export const plantIncident = (seed: number, from: number, to: number): PlantedIncident => {
  const random = createRandom(seed);
  const queries = readQueries();
  const changed = to - 5 * hour;
  const onset = changed + 30 * minute;
  const peak = onset + hour;
  const rolledBack = peak + hour;
  const negativeAt = (at: number): number => {
    if (at < onset || at >= rolledBack) return base;
    return at >= peak ? worst : base + ((worst - base) * (at - onset)) / (peak - onset);
  };
  const events: Event[] = [];
  const play = (feature: Ask["feature"], paceAt: (at: number) => number): void => {
    let count = 0;
    for (let at = from; ; ) {
      // Gaps of a Poisson process.
      at += (-Math.log(1 - random.unit()) * hour) / paceAt(at);
      if (at >= to) return;
      const inBilling = feature === "billing";
      const ask: Ask = {
        feature,
        at: Math.floor(at),
        version: inBilling && at >= changed && at < rolledBack ? "p12" : inBilling ? "p11" : "s4",
        negative: inBilling ? negativeAt(at) : base,
        session: `${feature}-${String(count++)}`,
      };
      events.push(...say(random, random.pick(queries).text, ask).filter((event) => event.ts < to));
    }
  };
  play("billing", () => billingPace);
  play("search", (at) => (at < changed ? searchPace : 2 * searchPace));
  const prompt = { tenant, scope: "feature=billing", owner: "billing-prompts" } as const;
  return {
    events: events.toSorted((a, b) => a.ts - b.ts),
    changes: [
      {
        ...prompt,
        change_id: "prompt-billing-p12",
        ts: changed,
        kind: "prompt",
        from: "p11",
        to: "p12",
        rollback_ref: "promptctl rollback billing --to p11",
        url: "https://prompts.example.com/billing/p12",
      },
      {
        ...prompt,
        change_id: "rollback-billing-p11",
        ts: rolledBack,
        kind: "rollback",
        from: "p12",
        to: "p11",
        reverts: "prompt-billing-p12",
      },
    ],
    changed,
    onset,
    peak,
    rolledBack,
  };
};
