// Simulated traffic with known truth: real MultiWOZ dialogues and seeded LLM support chats as interaction events.
//
// The rates are the priors published for real traffic (turns per conversation 2.5: WildChat; feedback mix: Don-Yehiya et
// al. 2024; explicit feedback 1–5 % of sessions: PATHs). What is planted, and must be findable by a query:
//   - abandonment is higher on mobile                      - repeat-ask is highest late in the user's evening
//   - the pricing flow is copied less than the others      - prompt p12 of `transfers` draws more corrections than p11,
//     and more people leave after one
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { InteractionRecord } from "#schemas/generated/records.ts";
import { createRandom, type Random } from "./random.ts";

/** An interaction as JSON Lines hold it: required fields, the rest only where set. */
export type Event = Pick<InteractionRecord, "event_id" | "type" | "ts" | "tenant" | "session_id"> &
  Partial<InteractionRecord>;

export interface TrafficOptions {
  readonly seed: number;
  /** Simulated support chats, beside the MultiWOZ dialogues. */
  readonly sessions: number;
  /** MultiWOZ dialogues to replay; more than there are begin again under new ids. */
  readonly dialogues: number;
  /** Event time range, epoch ms; sessions begin in it by a day curve. */
  readonly from: number;
  readonly to: number;
  /** Shares of events sent twice and sent out of order (by at most `disorderMs`). */
  readonly duplicates?: number;
  readonly disorder?: number;
  readonly disorderMs?: number;
}

/** What was planted, counted while drawing. */
export interface Truth {
  readonly sessions: number;
  readonly events: number;
  readonly duplicates: number;
  readonly outOfOrder: number;
  readonly planted: Readonly<Record<"repeat" | "clarify" | "correct" | "abandon" | "copy" | "escalate", number>>;
}

interface Dialogue {
  readonly dialogue: string;
  readonly turns: readonly { readonly role: "user" | "assistant"; readonly text: string }[];
}
interface Query {
  readonly text: string;
  readonly intent: string;
}

const readLines = <T>(name: string): T[] =>
  gunzipSync(readFileSync(new URL(`../../test/data/${name}.jsonl.gz`, import.meta.url)))
    .toString("utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as T);

const minute = 60_000;
const hour = 60 * minute;
const tenant = "acme";

const devices = ["desktop", "mobile", "tablet"] as const;
const tiers = ["free", "pro", "enterprise"] as const;
const segments = ["power", "casual"] as const;
const locales = [
  { locale: "en-GB", offset: 0 },
  { locale: "en-US", offset: -300 },
  { locale: "en-IN", offset: 330 },
] as const;
const flows = ["cards", "transfers", "top-up", "account", "pricing"] as const;
type Flow = (typeof flows)[number];

const flowOf = (intent: string): Flow => {
  if (/card|pin|contactless/.test(intent)) return "cards";
  if (/transfer|beneficiary|receiving/.test(intent)) return "transfers";
  if (/top_?up/.test(intent)) return "top-up";
  if (/fee|charge|rate|exchange/.test(intent)) return "pricing";
  return "account";
};

const domainOf = (text: string): string =>
  (["train", "hotel", "taxi", "attraction", "restaurant"] as const).find((word) => text.toLowerCase().includes(word)) ??
  "town-info";

const clarifications = [
  "What do you mean by that, can you explain?",
  "Can you explain that step in more detail?",
  "Are you sure about that answer?",
  "Could you give me an example of that?",
] as const;
const corrections = [
  "No, I meant the other one, that's not what I asked",
  "That's wrong, I said it was my business account not the personal one",
  "That's not what I asked",
  "That doesn't work, I told you I already tried it yesterday",
] as const;
const thanks = ["Thanks, that helped!", "Great, thank you", "Perfect, thanks a lot"] as const;
/** So varied that two answers of one chat are not taken for the assistant repeating itself. */
const answers = [
  (topic: string, n: number) =>
    `You can sort out ${topic} in the app: open Settings, tap Support and pick option ${String(n)}.`,
  (topic: string, n: number) =>
    `Usually ${topic} takes ${String(n)} working days. If nothing has changed by then, our team looks into it for you.`,
  (topic: string, n: number) =>
    `I checked the guide on ${topic}. First verify your identity, afterwards wait for the confirmation mail (within ${String(n)} hours).`,
  (topic: string, n: number) =>
    `There is no charge below ${String(n)} euros. Regarding ${topic}, weekends and bank holidays may delay matters.`,
  (topic: string, n: number) =>
    `Please look at the ${topic} page of the help centre, section ${String(n)}; it lists every requirement and exception.`,
  (topic: string, n: number) =>
    `Good question. Merchants sometimes trigger ${topic}; ask them for reference number ${String(n)}00 and try again.`,
] as const;
const people = ["I want to talk to a human agent please", "Can I speak to a representative?"] as const;

/** Draws all events, in arrival order, and what was planted in them. Same options, same events. */
export const generateTraffic = (options: TrafficOptions): { readonly events: Event[]; readonly truth: Truth } => {
  const random = createRandom(options.seed);
  const planted = { repeat: 0, clarify: 0, correct: 0, abandon: 0, copy: 0, escalate: 0 };
  const dialogues = readLines<Dialogue>("multiwoz-dialogues");
  const queries = readLines<Query>("banking77");
  const byIntent = Map.groupBy(queries, (query) => query.intent);
  const events: Event[] = [];

  for (let i = 0; i < options.dialogues; i += 1) {
    const dialogue = dialogues[i % dialogues.length];
    if (dialogue !== undefined) events.push(...playDialogue(random, dialogue, i, startIn(random, options)));
  }
  for (let i = 0; i < options.sessions; i += 1) {
    events.push(...playChat(random, i, startIn(random, options), options, queries, byIntent, planted));
  }
  const inTime = events.filter((event) => event.ts <= options.to).toSorted((x, y) => x.ts - y.ts);
  const { arrived, duplicates, outOfOrder } = disturb(random, inTime, options);
  return {
    events: arrived,
    truth: {
      sessions: options.dialogues + options.sessions,
      events: inTime.length,
      duplicates,
      outOfOrder,
      planted,
    },
  };
};

/** A start in the range, drawn by a day curve: three times as busy at 14:00 UTC as at 02:00. */
const startIn = (random: Random, { from, to }: TrafficOptions): number => {
  for (;;) {
    const start = from + random.unit() * (to - from);
    const busy = 0.33 + 0.33 * (1 - Math.cos(2 * Math.PI * ((start / hour) % 24) - (4 * Math.PI) / 12));
    if (random.chance(busy)) return Math.floor(start);
  }
};

interface Speaker {
  say(type: string, fields?: Partial<Event>): Event;
  wait(ms: number): void;
}

/** One session's events with ascending time, ids made of session and turn, and context on every event. */
const createSpeaker = (session: string, start: number, context: Partial<Event>, into: Event[]): Speaker => {
  let now = start;
  return {
    wait(ms) {
      now += Math.max(1, Math.floor(ms));
    },
    say(type, fields = {}) {
      const event = {
        event_id: `${session}-${String(into.length)}`,
        type,
        ts: now,
        tenant,
        session_id: session,
        ...context,
        ...fields,
      };
      into.push(event);
      return event;
    },
  };
};

const playDialogue = (random: Random, dialogue: Dialogue, index: number, start: number): Event[] => {
  const events: Event[] = [];
  const zone = random.pick(locales);
  const session = `woz-${String(index)}-${dialogue.dialogue}`;
  const speaker = createSpeaker(
    session,
    start,
    {
      user_id_hash: `u${String(random.below(700))}`,
      feature: domainOf(dialogue.turns[0]?.text ?? ""),
      segment: random.pick(segments),
      tier: random.pick(tiers),
      device: random.pick(devices),
      locale: zone.locale,
      utc_offset_min: zone.offset,
      app_version: "5.2.0",
    },
    events,
  );
  for (const [turn, { role, text }] of dialogue.turns.entries()) {
    if (role === "user") {
      speaker.wait(random.logNormal(20_000, 0.8));
      speaker.say("prompt", { text });
      continue;
    }
    speaker.wait(random.logNormal(1_800, 0.5));
    speaker.say("response", {
      response_id: `${session}-r${String(turn)}`,
      text,
      label: "ok",
      value: Math.round(random.logNormal(1_800, 0.5)),
      prompt_name: "concierge",
      prompt_version: "c3",
      model: "aster-2",
      model_version: "aster-2-2026-08",
      release: "2026.11.1",
    });
  }
  return events;
};

const playChat = (
  random: Random,
  index: number,
  start: number,
  range: TrafficOptions,
  queries: readonly Query[],
  byIntent: ReadonlyMap<string, readonly Query[]>,
  planted: { -readonly [K in keyof Truth["planted"]]: number },
): Event[] => {
  const events: Event[] = [];
  const first = queries[random.below(queries.length)] ?? { text: "How do I freeze my card?", intent: "card" };
  const feature = flowOf(first.intent);
  const zone = random.pick(locales);
  const device = devices[random.weighted([5, 4, 1])] ?? "desktop";
  const session = `chat-${String(index)}`;
  // The new prompt of `transfers` goes live at two thirds of the range.
  const newPrompt = feature === "transfers" && start > range.from + ((range.to - range.from) * 2) / 3;
  const localHour = (((start / hour + zone.offset / 60) % 24) + 24) % 24;
  const repeatRate = localHour >= 21 ? 0.14 : 0.05;
  const correctRate = newPrompt ? 0.18 : 0.05;
  const speaker = createSpeaker(
    session,
    start,
    {
      user_id_hash: `u${String(1_000 + random.below(2_500))}`,
      feature,
      segment: random.pick(segments),
      tier: tiers[random.weighted([6, 3, 1])] ?? "free",
      device,
      locale: zone.locale,
      utc_offset_min: zone.offset,
      app_version: random.chance(0.7) ? "5.2.0" : "5.3.0",
    },
    events,
  );

  const answer = (turn: number): string => {
    const response = `${session}-r${String(turn)}`;
    const broken = random.chance(0.01);
    speaker.wait(random.logNormal(2_400, 0.6));
    speaker.say("response", {
      response_id: response,
      text: broken
        ? "Something went wrong."
        : random.pick(answers)(first.intent.replaceAll("_", " "), 2 + random.below(9)),
      label: broken ? "error" : "ok",
      value: Math.round(random.logNormal(2_400, 0.6)),
      prompt_name: feature,
      prompt_version: newPrompt ? "p12" : "p11",
      model: "aster-2",
      model_version: "aster-2-2026-08",
      release: newPrompt ? "2026.11.2" : "2026.11.1",
    });
    if (random.chance(feature === "pricing" ? 0.06 : 0.22)) {
      planted.copy += 1;
      speaker.wait(random.logNormal(6_000, 0.5));
      speaker.say("copy", {
        response_id: response,
        value: 40 + random.below(120),
        label: random.chance(0.6) ? "all" : "part",
      });
    }
    if (random.chance(0.02)) speaker.say("share", { response_id: response });
    if (random.chance(0.3)) {
      speaker.say("impression", { response_id: response, label: "thumbs" });
      if (random.chance(0.05)) {
        speaker.wait(3_000);
        speaker.say("feedback", { response_id: response, label: "thumbs", value: random.chance(0.7) ? 1 : -1 });
      }
    }
    if (random.chance(0.015))
      speaker.say("feedback", { response_id: response, label: "rating", value: 1 + random.below(5) });
    if (random.chance(0.02)) speaker.say("regenerate", { response_id: response });
    if (random.chance(0.01)) speaker.say("stop", { response_id: response });
    if (random.chance(0.008))
      speaker.say("edit", { response_id: response, label: "response", value: 5 + random.below(60) });
    return response;
  };

  let ask = first.text;
  speaker.say("prompt", { text: ask });
  answer(0);
  const turns = random.geometric(2.5);
  for (let turn = 1; turn < turns; turn += 1) {
    speaker.wait(random.logNormal(25_000, 0.9));
    if (random.chance(repeatRate)) {
      planted.repeat += 1;
      speaker.say("prompt", { text: random.chance(0.4) ? ask : `${ask.replace(/[.?!]+$/, "")}, please?` });
    } else if (random.chance(correctRate)) {
      planted.correct += 1;
      speaker.say("prompt", { text: random.pick(corrections) });
    } else if (random.chance(0.07)) {
      planted.clarify += 1;
      speaker.say("prompt", { text: random.pick(clarifications) });
    } else {
      const others = byIntent.get(first.intent) ?? queries;
      ask = (random.chance(0.3) ? others : queries)[random.below(others.length)]?.text ?? ask;
      speaker.say("prompt", { text: ask });
    }
    answer(turn);
  }
  const gaveUp = random.chance(newPrompt ? 0.5 : device === "mobile" ? 0.12 : 0.05);
  speaker.wait(random.logNormal(15_000, 0.7));
  if (gaveUp) {
    planted.abandon += 1;
    speaker.say("prompt", { text: random.pick(corrections) });
    answer(turns);
    return events;
  }
  if (random.chance(0.02)) {
    planted.escalate += 1;
    if (random.chance(0.5)) speaker.say("escalation", { label: "agent" });
    else speaker.say("prompt", { text: random.pick(people) });
    return events;
  }
  if (random.chance(0.4)) speaker.say("prompt", { text: random.pick(thanks) });
  if (random.chance(0.3)) speaker.say("session_end", { label: "user" });
  return events;
};

/** Repeats some events and delivers some late, as at-least-once producers on several machines do. */
const disturb = (
  random: Random,
  events: readonly Event[],
  { duplicates: share = 0, disorder = 0, disorderMs = 20_000 }: TrafficOptions,
): { arrived: Event[]; duplicates: number; outOfOrder: number } => {
  let duplicates = 0;
  let outOfOrder = 0;
  const arrivals = events.flatMap((event) => {
    const late = random.chance(disorder);
    if (late) outOfOrder += 1;
    const at = event.ts + (late ? random.unit() * disorderMs : 0);
    if (!random.chance(share)) return [{ at, event }];
    duplicates += 1;
    return [
      { at, event },
      { at: at + random.unit() * disorderMs, event },
    ];
  });
  return { arrived: arrivals.toSorted((x, y) => x.at - y.at).map(({ event }) => event), duplicates, outOfOrder };
};
