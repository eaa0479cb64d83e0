// The shared analysis of a visit: takes its events in order and says of each, once for all detectors, what it is part of.
import { type AskRules, type EarlierAsk, findBond, maxAsks, repeatOf } from "./asks.ts";
import type { Contexts } from "./context.ts";
import type { Category, Close, Ending, Placed, Repeat, Turn } from "./detector.ts";
import { type Asked, compareEvents, type Event, type PromptReading } from "./event.ts";
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

/** A turn while it is made out. */
type OpenTurn = { -readonly [K in keyof Turn]: Turn[K] };

interface Marker {
  readonly name: string;
  readonly event: Event;
  readonly exchange: number;
}

/** What the turns so far amount to. */
export interface Scene {
  first: Event | undefined;
  last: Placed | undefined;
  prompts: number;
  /** The visit's responses in order. */
  readonly shown: Placed[];
  /** What the user has before them: the newest response, unless it is an error after an answer to the same prompt. */
  answer: Placed | null;
  /** What that was when the last prompt came. */
  earlierAnswer: Placed | null;
  /** Where among them those since the last prompt begin. */
  openFrom: number;
  failures: number;
  lastSpeech: Event | undefined;
  escalated: boolean;
  /** The last asks, in order. */
  readonly asks: EarlierAsk[];
  /** Responses asked for again before they were shown. */
  regenerated: Set<string> | undefined;
  dwellMs: Map<string, number> | undefined;
  /** Friction and markers of the last two exchanges. */
  frictions: readonly FrictionSeen[];
  markers: readonly Marker[];
  readonly lastLabels: string[];
}

const noFrictions: readonly FrictionSeen[] = [];
const noMarkers: readonly Marker[] = [];
const none: readonly Placed[] = [];
const keptLabels = 6;

export const createScene = (): Scene => ({
  first: undefined,
  last: undefined,
  prompts: 0,
  shown: [],
  answer: null,
  earlierAnswer: null,
  openFrom: 0,
  failures: 0,
  lastSpeech: undefined,
  escalated: false,
  asks: [],
  regenerated: undefined,
  dwellMs: undefined,
  frictions: noFrictions,
  markers: noMarkers,
  lastLabels: [],
});

const shownAs = (scene: Scene, responseId: string | null): Placed | null =>
  (responseId === null ? undefined : scene.shown.findLast(({ event }) => event.responseId === responseId)) ?? null;

/** A prompt with words that was typed anew: neither an edited one sent again nor the client's own retry. */
const isFresh = ({ asked, label }: Event): boolean => asked !== null && label !== "edited" && label !== "retry";

const readPrompt = (event: Event, { features }: Asked, scene: Scene, { text, rules }: SceneTools): PromptReading => {
  if (features === null || !isFresh(event)) return unread;
  const bond = findBond(event, scene.asks, text, rules);
  const before = scene.answer?.event.answered ?? null;
  if (before === null) return bond === null ? unread : { bond, category: null };
  const category = text.category(features, {
    lastAsk: scene.asks.at(-1)?.event.asked?.features ?? null,
    response: before.features,
    asksQuestion: before.asksQuestion ?? false,
  });
  return { bond, category };
};
const unread: PromptReading = { bond: null, category: null };

/** Ties: correct-with > correct-without > clarify > rephrase > positive > neutral. */
const settleCategory = (category: PromptReading["category"], repeat: Repeat | null): Category | null =>
  repeat !== null && (category === "positive" || category === "neutral") ? "rephrase" : category;

/** Whether this report of dwelling completes half the reading time of its response. */
const seenEnough = (event: Event, about: Placed | null, scene: Scene, rules: SceneRules): boolean => {
  if (event.type !== "dwell" || event.label !== "visible" || about === null || event.responseId === null) return false;
  scene.dwellMs ??= new Map();
  const before = scene.dwellMs.get(event.responseId) ?? 0;
  const after = before + Math.max(0, event.value ?? 0);
  scene.dwellMs.set(event.responseId, after);
  const half = ((about.event.answered?.outputChars ?? Number.POSITIVE_INFINITY) / rules.readingSpeed / 2) * 1_000;
  return before < half && after >= half;
};

/** Notes friction and markers. */
const note = (scene: Scene, { event, exchange }: Placed, turn: OpenTurn, enough: boolean, rules: SceneRules): void => {
  const names = frictionsIn(event, turn, rules);
  if (names.length > 0) {
    scene.frictions = [...scene.frictions, ...names.map((name) => ({ name, event, exchange }))];
    turn.frictions = scene.frictions;
  }
  const name = markerIn(event, turn.category, enough);
  if (name !== null) scene.markers = [...scene.markers, { name, event, exchange }];
};

const isVote = ({ type, label }: Event): boolean =>
  (type === "feedback" || type === "feedback_retracted") && label === "thumbs";

/** A user's next vote on a response, or taking it back, leaves nothing of the one before. */
const forgetVote = (scene: Scene, { responseId, user }: Event): void => {
  const stands = ({ event }: { readonly event: Event }): boolean =>
    !isVote(event) || event.responseId !== responseId || event.user !== user;
  scene.frictions = scene.frictions.filter(stands);
  scene.markers = scene.markers.filter(stands);
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

const noteLabel = (scene: Scene, kind: "prompt" | "response", label: string | null): void => {
  scene.lastLabels.push(label === null ? kind : `${kind}:${label}`);
  if (scene.lastLabels.length > keptLabels) scene.lastLabels.shift();
};

const place = (event: Event, scene: Scene, { contexts, rules }: SceneTools): Placed => {
  const before = scene.last;
  if (event.type === "prompt") scene.prompts += 1;
  scene.first ??= event;
  const pause = before === undefined ? 0 : Math.min(rules.activityCap, event.ts - before.event.ts);
  const placed: Placed = {
    event,
    context: before === undefined ? event.context : contexts.fill(event.context, before.context),
    user: event.user ?? before?.user ?? null,
    exchange: scene.prompts,
    activeMs: (before?.activeMs ?? 0) + pause,
  };
  scene.last = placed;
  return placed;
};

/** Takes the next event of the visit in order. */
export const nextTurn = (scene: Scene, event: Event, tools: SceneTools): Turn => {
  const isFirstPrompt = scene.prompts === 0;
  const placed = place(event, scene, tools);
  const turn: OpenTurn = {
    event,
    placed,
    about: null,
    ended: none,
    counts: false,
    repeat: null,
    category: null,
    escalation: null,
    frictions: scene.frictions,
    first: scene.first ?? event,
  };
  switch (event.type) {
    case "prompt":
      takePrompt(scene, turn, isFirstPrompt, tools);
      break;
    case "response":
      takeResponse(scene, turn, tools);
      break;
    default:
      takeAct(scene, turn, tools);
  }
  return turn;
};

const takePrompt = (scene: Scene, turn: OpenTurn, isFirst: boolean, tools: SceneTools): void => {
  const { event, placed } = turn;
  const { asked } = event;
  const reading = asked === null ? unread : (asked.reading ??= readPrompt(event, asked, scene, tools));
  turn.about = scene.answer;
  scene.earlierAnswer = scene.answer;
  turn.counts = !isFirst && isFresh(event);
  turn.repeat = repeatOf(reading.bond, scene.asks);
  turn.category = settleCategory(reading.category, turn.repeat);
  if (scene.openFrom < scene.shown.length) turn.ended = scene.shown.slice(scene.openFrom);
  scene.openFrom = scene.shown.length;
  if (asked?.asksPerson === true) {
    turn.escalation = "request";
    scene.escalated = true;
  }
  forgetOld(scene);
  turn.frictions = scene.frictions;
  note(scene, placed, turn, false, tools.rules);
  noteLabel(scene, "prompt", turn.category);
  scene.asks.push({ event, answer: null, regenerated: false, askCount: turn.repeat?.askCount ?? 1 });
  if (scene.asks.length > maxAsks) scene.asks.shift();
  scene.lastSpeech = event;
};

/** An error leaves an answer to the same prompt where it is: people go on from what they were shown. */
const replacesAnswer = ({ event, exchange }: Placed, answer: Placed | null): boolean =>
  event.label !== "error" || answer === null || answer.exchange !== exchange || answer.event.label === "error";

/** The first record of a response id is the response; a second one changes nothing. */
const takeResponse = (scene: Scene, turn: OpenTurn, { text, rules }: SceneTools): void => {
  const { event, placed } = turn;
  const { answered } = event;
  const known = shownAs(scene, event.responseId);
  turn.about = known ?? placed;
  if (known !== null || answered === null) return;
  // Another answer to the same prompt may well be alike: it was asked for.
  const before = scene.earlierAnswer?.event.answered?.features ?? null;
  answered.repeatsItself ??=
    before !== null && answered.features !== null && text.selfRepeat(before, answered.features) >= rules.selfRepeatAt;
  note(scene, placed, turn, false, rules);
  noteLabel(scene, "response", event.label);
  scene.shown.push(placed);
  if (event.label === "error" || event.label === "refusal") scene.failures += 1;
  const isNewAnswer = replacesAnswer(placed, scene.answer);
  if (isNewAnswer) {
    scene.answer = placed;
    scene.lastSpeech = event;
  }
  const asked = scene.asks.at(-1);
  if (asked === undefined) return;
  if (isNewAnswer) asked.answer = placed;
  asked.regenerated ||= scene.regenerated?.has(event.responseId ?? "") === true;
};

/** Notes at the ask that an answer to it was asked for again; the act may come before the record of that answer. */
const noteRegenerated = (scene: Scene, responseId: string | null, named: Placed | null): void => {
  if (named === null) {
    if (responseId !== null) scene.regenerated = (scene.regenerated ?? new Set()).add(responseId);
    return;
  }
  const asked = scene.asks.at(named.exchange - scene.prompts - 1);
  if (asked !== undefined) asked.regenerated = true;
};

const takeAct = (scene: Scene, turn: OpenTurn, { rules }: SceneTools): void => {
  const { event, placed } = turn;
  const named = shownAs(scene, event.responseId);
  turn.about = named;
  if (event.type === "regenerate") noteRegenerated(scene, event.responseId, named);
  if (event.type === "escalation") {
    scene.escalated = true;
    turn.escalation = "action";
    if (event.responseId === null) turn.about = scene.answer;
  }
  if (isVote(event)) {
    forgetVote(scene, event);
    turn.frictions = scene.frictions;
  }
  note(scene, placed, turn, seenEnough(event, named, scene, rules), rules);
};

/** escalated > used > after-friction > silent. A marker counts while no friction follows it. */
const endingOf = (scene: Scene): Ending => {
  const trouble = scene.frictions.at(-1)?.event;
  const markers = scene.markers.filter(({ event }) => trouble === undefined || compareEvents(trouble, event) < 0);
  const singleTurn = scene.prompts <= 1;
  const last = scene.lastSpeech;
  const unanswered = last?.answered?.asksQuestion === true;
  const frictions: readonly FrictionSeen[] =
    unanswered && last !== undefined
      ? [...scene.frictions, { name: "unanswered-question", event: last, exchange: scene.prompts }]
      : scene.frictions;
  const failed = singleTurn ? scene.failures === scene.shown.length : frictions.length > 0;

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
  const { first, last, shown, prompts } = scene;
  if (first === undefined || last === undefined) return undefined;
  return {
    closing,
    ended: shown.slice(scene.openFrom),
    first,
    last,
    shown,
    ending: shown.length === 0 || closing.by === "grid" ? null : endingOf(scene),
    prompts,
  };
};
