// The shared analysis of a visit: takes its events in order and says of each, once for all detectors, what it is part of.
import { type Asked, type AskRules, findBond, maxAsks, repeatOf } from "./asks.ts";
import type { Contexts } from "./context.ts";
import type { Category, Close, Ending, Placed, Repeat, Turn } from "./detector.ts";
import type { Event, PromptReading } from "./event.ts";
import { type FrictionSeen, frictionScore, frictionsIn, markerIn } from "./friction.ts";
import type { EngineSettings } from "./settings.ts";
import type { TextAnalyser } from "./text/types.ts";
import type { Closing } from "./visit.ts";

export type SceneRules = AskRules &
  Pick<EngineSettings, "selfRepeatAt" | "slowResponse" | "readingSpeed" | "activityCap">;

export interface SceneTools {
  readonly text: TextAnalyser;
  readonly contexts: Contexts;
  readonly rules: SceneRules;
}

interface Marker {
  readonly name: string;
  readonly exchange: number;
  /** How much friction of the visit came before it. */
  readonly after: number;
}

/** Grows with the visit; nothing else is remembered of the turns behind. */
export interface Scene {
  first: Event | undefined;
  last: Placed | undefined;
  prompts: number;
  responses: number;
  failures: number;
  activeMs: number;
  lastResponse: Placed | null;
  lastSpeech: Event | undefined;
  escalated: boolean;
  /** The last asks, in order. */
  readonly asks: Asked[];
  readonly shown: Map<string, Placed>;
  /** Responses since the last prompt. */
  open: Placed[];
  readonly dwellMs: Map<string, number>;
  /** Friction and markers of the last two exchanges. */
  frictions: readonly FrictionSeen[];
  frictionCount: number;
  markers: Marker[];
  readonly lastLabels: string[];
}

export const createScene = (): Scene => ({
  first: undefined,
  last: undefined,
  prompts: 0,
  responses: 0,
  failures: 0,
  activeMs: 0,
  lastResponse: null,
  lastSpeech: undefined,
  escalated: false,
  asks: [],
  shown: new Map(),
  open: [],
  dwellMs: new Map(),
  frictions: [],
  frictionCount: 0,
  markers: [],
  lastLabels: [],
});

const none: readonly Placed[] = [];
const keptLabels = 6;

/** A prompt that was typed anew: neither an edited one sent again nor the client's own retry. */
const isFresh = (event: Event): boolean => event.prompt !== null && event.label !== "edited" && event.label !== "retry";

const readPrompt = (event: Event, scene: Scene, { text, rules }: SceneTools): PromptReading => {
  if (event.prompt === null || !isFresh(event)) return { bond: null, category: null };
  const bond = findBond(event, scene.asks, text, rules);
  const before = scene.lastResponse?.event;
  if (before === undefined) return { bond, category: null };
  const category = text.category(event.prompt, {
    lastAsk: scene.asks.at(-1)?.event.prompt ?? null,
    response: before.response,
    asksQuestion: before.asksQuestion ?? false,
  });
  return { bond, category };
};

/** Ties: correct-with > correct-without > clarify > rephrase > positive > neutral. */
const settleCategory = (category: PromptReading["category"], repeat: Repeat | null): Category | null =>
  repeat !== null && (category === "positive" || category === "neutral") ? "rephrase" : category;

const readResponse = (event: Event, scene: Scene, { text, rules }: SceneTools): boolean => {
  const before = scene.lastResponse?.event.response ?? null;
  if (before === null || event.response === null) return false;
  return text.selfRepeat(before, event.response) >= rules.selfRepeatAt;
};

/** Whether this report of dwelling completes half the reading time of its response. */
const seenEnough = (event: Event, about: Placed | null, scene: Scene, rules: SceneRules): boolean => {
  if (event.type !== "dwell" || event.label !== "visible" || about === null || event.responseId === null) return false;
  const before = scene.dwellMs.get(event.responseId) ?? 0;
  const after = before + Math.max(0, event.value ?? 0);
  scene.dwellMs.set(event.responseId, after);
  const half = ((about.event.outputChars ?? Number.POSITIVE_INFINITY) / rules.readingSpeed / 2) * 1_000;
  return before < half && after >= half;
};

const noteFriction = (scene: Scene, placed: Placed, names: ReturnType<typeof frictionsIn>): void => {
  if (names.length === 0) return;
  scene.frictionCount += names.length;
  scene.frictions = [
    ...scene.frictions,
    ...names.map((name) => ({ name, event: placed.event, exchange: placed.exchange })),
  ];
};

/** A new exchange begins: what lies more than one exchange back no longer decides how the visit ends. */
const forgetOld = (scene: Scene): void => {
  const from = scene.prompts - 1;
  if (scene.frictions.some(({ exchange }) => exchange < from)) {
    scene.frictions = scene.frictions.filter(({ exchange }) => exchange >= from);
  }
  if (scene.markers.some(({ exchange }) => exchange < from)) {
    scene.markers = scene.markers.filter(({ exchange }) => exchange >= from);
  }
};

const noteLabel = (scene: Scene, label: string): void => {
  scene.lastLabels.push(label);
  if (scene.lastLabels.length > keptLabels) scene.lastLabels.shift();
};

const place = (event: Event, scene: Scene, { contexts, rules }: SceneTools): Placed => {
  const before = scene.last;
  if (before !== undefined) scene.activeMs += Math.min(rules.activityCap, event.ts - before.event.ts);
  if (event.type === "prompt") scene.prompts += 1;
  scene.first ??= event;
  const placed: Placed = {
    event,
    context: before === undefined ? event.context : contexts.fill(event.context, before.context),
    user: event.user ?? before?.user ?? null,
    exchange: scene.prompts,
  };
  scene.last = placed;
  return placed;
};

/** Takes the next event of the visit in order. */
export const nextTurn = (scene: Scene, event: Event, tools: SceneTools): Turn => {
  const isFirstPrompt = scene.prompts === 0;
  const placed = place(event, scene, tools);
  const named = event.responseId === null ? null : (scene.shown.get(event.responseId) ?? null);

  if (event.type === "prompt") return promptTurn(scene, placed, isFirstPrompt, tools);
  if (event.type === "response") return responseTurn(scene, placed, named, tools);
  if (event.type === "regenerate") {
    const asked = scene.asks.find(({ answer }) => answer !== null && answer === named);
    if (asked !== undefined) asked.regenerated = true;
  }
  if (event.type === "escalation") scene.escalated = true;
  note(scene, placed, { repeat: null, category: null }, seenEnough(event, named, scene, tools.rules), tools.rules);
  if (event.type !== "escalation") return turnOf(scene, placed, { about: named });
  const about = event.responseId === null ? scene.lastResponse : named;
  return turnOf(scene, placed, { about, escalation: "action" });
};

const promptTurn = (scene: Scene, placed: Placed, isFirst: boolean, tools: SceneTools): Turn => {
  const { event } = placed;
  event.reading ??= readPrompt(event, scene, tools);
  const repeat = repeatOf(event.reading.bond, scene.asks);
  const category = settleCategory(event.reading.category, repeat);
  const ended = scene.open;
  scene.open = [];
  forgetOld(scene);
  note(scene, placed, { repeat, category }, false, tools.rules);
  noteLabel(scene, category === null ? "prompt" : `prompt:${category}`);
  scene.asks.push({ event, answer: null, regenerated: false, askCount: repeat?.askCount ?? 1 });
  if (scene.asks.length > maxAsks) scene.asks.shift();
  scene.lastSpeech = event;
  const asksPerson = event.prompt?.asksPerson === true;
  if (asksPerson) scene.escalated = true;
  return turnOf(scene, placed, {
    about: scene.lastResponse,
    ended,
    counts: !isFirst && isFresh(event),
    repeat,
    category,
    escalation: asksPerson ? "request" : null,
  });
};

/** The first record of a response id is the response; a second one changes nothing. */
const responseTurn = (scene: Scene, placed: Placed, earlier: Placed | null, tools: SceneTools): Turn => {
  const { event } = placed;
  if (earlier !== null || event.responseId === null) return turnOf(scene, placed, { about: earlier });
  event.repeatsItself ??= readResponse(event, scene, tools);
  note(scene, placed, { repeat: null, category: null }, false, tools.rules);
  noteLabel(scene, event.label === null ? "response" : `response:${event.label}`);
  scene.shown.set(event.responseId, placed);
  scene.open.push(placed);
  scene.responses += 1;
  if (event.label === "error" || event.label === "refusal") scene.failures += 1;
  scene.lastResponse = placed;
  scene.lastSpeech = event;
  const asked = scene.asks.at(-1);
  if (asked !== undefined) asked.answer = placed;
  return turnOf(scene, placed, { about: placed });
};

const note = (
  scene: Scene,
  placed: Placed,
  read: Pick<Turn, "repeat" | "category">,
  enough: boolean,
  rules: SceneRules,
): void => {
  noteFriction(scene, placed, frictionsIn(placed.event, read, rules));
  const name = markerIn(placed.event, read.category, enough);
  if (name !== null) scene.markers.push({ name, exchange: placed.exchange, after: scene.frictionCount });
};

const turnOf = (scene: Scene, placed: Placed, more: Partial<Turn>): Turn => ({
  event: placed.event,
  context: placed.context,
  user: placed.user,
  exchange: placed.exchange,
  about: more.about ?? null,
  ended: more.ended ?? none,
  counts: more.counts ?? false,
  repeat: more.repeat ?? null,
  category: more.category ?? null,
  escalation: more.escalation ?? null,
  frictions: scene.frictions,
  prompts: scene.prompts,
  activeMs: scene.activeMs,
  first: scene.first ?? placed.event,
});

/** escalated > used > after-friction > silent. A marker counts while no friction follows it. */
const endingOf = (scene: Scene): Ending => {
  const markers = scene.markers.filter(({ after }) => after === scene.frictionCount);
  const singleTurn = scene.prompts <= 1;
  const last = scene.lastSpeech;
  const unanswered = last?.type === "response" && last.asksQuestion === true;
  const frictions: readonly FrictionSeen[] =
    unanswered && last !== undefined
      ? [...scene.frictions, { name: "unanswered-question", event: last, exchange: scene.prompts }]
      : scene.frictions;
  const failed = singleTurn ? scene.failures === scene.responses : frictions.length > 0;

  const state = (): Ending["state"] => {
    if (scene.escalated) return "escalated";
    if (markers.length > 0) return "used";
    return failed ? "after-friction" : "silent";
  };
  return {
    state: state(),
    frictions,
    markers: [...new Set(markers.map(({ name }) => name))],
    frictionScore: frictionScore(frictions),
    singleTurn,
    lastLabels: [...scene.lastLabels],
  };
};

/** What the end of the visit says; undefined for a visit without events. */
export const closeScene = (scene: Scene, closing: Closing): Close | undefined => {
  const { first, last } = scene;
  if (first === undefined || last === undefined) return undefined;
  return {
    closing,
    ended: scene.open,
    first,
    last,
    lastResponse: scene.lastResponse,
    ending: scene.lastResponse === null || closing.by === "grid" ? null : endingOf(scene),
    prompts: scene.prompts,
    responses: scene.responses,
    activeMs: scene.activeMs,
  };
};
