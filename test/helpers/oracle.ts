// The oracle: what a log should amount to, worked out in one batch over sorted events. Shares no code with the engine's step.
import { quickHash } from "#core/ids.ts";
import type { EngineSettings } from "#core/settings.ts";
import type { Match, PromptFeatures, ResponseFeatures, TextAnalyser } from "#core/text/types.ts";
import type { InteractionRecord } from "#schemas/generated/records.ts";

export type LogEntry =
  | { readonly interaction: InteractionRecord; readonly appendTs: number }
  | { readonly tick: number };

/** A final signal by everything but ids, revision and offsets. */
export interface ExpectedSignal {
  readonly tenant: string;
  readonly session: string;
  readonly type: string;
  readonly anchor: string;
  readonly ts: number;
  readonly responseId: string | null;
  readonly resolved: boolean;
  readonly user: string | null;
  readonly slice: readonly (string | number | null)[];
  readonly window: readonly [number, number];
  readonly evidence: readonly string[];
  readonly grade: string | null;
  readonly category: string | null;
  readonly score: number | null;
  readonly ambiguity: string | null;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Trials of one type, minute and slice, with the users harmed and how often. */
export interface ExpectedTally {
  readonly tenant: string;
  readonly type: string;
  readonly minute: number;
  readonly slice: readonly (string | number | null)[];
  readonly trials: number;
  readonly fired: number;
}

export interface Expected {
  readonly signals: readonly ExpectedSignal[];
  readonly tallies: readonly ExpectedTally[];
  readonly verdicts: Readonly<Record<"applied" | "duplicate" | "late", number>>;
}

export interface OracleRules {
  readonly settings: EngineSettings;
  readonly text: TextAnalyser;
  /** Whether clients can report this act in this feature. */
  readonly canReport: (type: string, feature: string | null) => boolean;
}

type Rec = InteractionRecord;
const ranks: Readonly<Record<string, number>> = { prompt: 0, response: 1, session_end: 3 };
const round4 = (value: number): number => Math.round(value * 1e4) / 1e4;
const unique = <T>(items: readonly T[]): T[] => [...new Set(items)];

const endReasons = "user product logout closed";
const answerKinds = "thumbs rating comment form";
const meanings: Readonly<Record<string, string>> = {
  prompt: "edited retry",
  response: "ok error refusal truncated handoff",
  copy: "all part code",
  share: "all part code",
  edit: "prompt response",
  dwell: "visible scroll",
  escalation: "button agent ticket",
  resolved: endReasons,
  session_end: endReasons,
  feedback: answerKinds,
  feedback_retracted: answerKinds,
};
/** A label without a meaning is as good as none. */
const understood = (event: Rec): Rec => {
  const isKnown = (meanings[event.type] ?? "").split(" ").includes(event.label ?? "");
  return isKnown ? event : { ...event, label: null };
};

/** Which records count, by a plain walk along the log. */
const accepted = (log: readonly LogEntry[], settings: EngineSettings) => {
  let watermark = Number.NEGATIVE_INFINITY;
  let firstTick: number | undefined;
  const verdicts = { applied: 0, duplicate: 0, late: 0 };
  const kept: Rec[] = [];
  const ids = new Set<string>();
  for (const entry of log) {
    if ("tick" in entry) {
      firstTick ??= entry.tick;
      if (entry.tick - firstTick >= settings.idle) {
        watermark = Math.max(watermark, entry.tick - settings.idle - settings.lateness);
      }
      continue;
    }
    const { interaction, appendTs } = entry;
    const id = JSON.stringify([interaction.tenant, interaction.session_id, interaction.event_id]);
    if (interaction.ts < watermark - settings.grace) verdicts.late += 1;
    else if (ids.has(id)) verdicts.duplicate += 1;
    else {
      verdicts.applied += 1;
      ids.add(id);
      kept.push(understood(interaction));
      firstTick = undefined;
      watermark = Math.max(watermark, Math.min(interaction.ts, appendTs) - settings.lateness - 1);
    }
  }
  return { kept, verdicts };
};

const sorted = (events: readonly Rec[]): Rec[] =>
  [...events].toSorted(
    (a, b) => a.ts - b.ts || (ranks[a.type] ?? 2) - (ranks[b.type] ?? 2) || (a.event_id < b.event_id ? -1 : 1),
  );

interface VisitCut {
  readonly events: readonly Rec[];
  readonly endsAt: number;
  readonly by: "session_end" | "gap" | "grid";
}

const cutVisits = (events: readonly Rec[], settings: EngineSettings): VisitCut[] => {
  const [head] = events;
  if (head === undefined) return [];
  const shift = quickHash(`${head.tenant.length}:${head.tenant}${head.session_id}`) % settings.maxSession;
  const cell = (ts: number): number => Math.floor((ts + shift) / settings.maxSession);
  const visits: VisitCut[] = [];
  let current: Rec[] = [];
  for (const [index, event] of events.entries()) {
    current.push(event);
    const next = events[index + 1];
    const silence = event.ts + settings.gap;
    if (event.type === "session_end") visits.push({ events: current, endsAt: event.ts, by: "session_end" });
    else if (next === undefined || next.ts >= silence) visits.push({ events: current, endsAt: silence, by: "gap" });
    else if (cell(next.ts) !== cell(event.ts)) visits.push({ events: current, endsAt: next.ts, by: "grid" });
    else continue;
    current = [];
  }
  return visits;
};

const contextNames = ["feature", "segment", "tier", "device", "locale", "app_version", "utc_offset_min"] as const;
const provenanceNames = ["prompt_name", "prompt_version", "model", "model_version", "release"] as const;

const extraOf = (event: Rec): Readonly<Record<string, unknown>> =>
  event.extra === null ? {} : (JSON.parse(event.extra) as Record<string, unknown>);

const weights: Readonly<Record<string, number>> = {
  "repeat-ask": 0.4,
  correction: 0.4,
  error: 0.5,
  refusal: 0.4,
  truncated: 0.2,
  "tool-error": 0.3,
  slow: 0.1,
  stop: 0.2,
  regenerate: 0.3,
  "thumbs-down": 0.5,
  "self-repeat": 0.3,
  "unanswered-question": 0.1,
};

interface RepeatFound {
  readonly grade: "repeat" | "rephrase";
  readonly ask: Rec;
  readonly match: Match;
  readonly answer: Rec;
  readonly turnsBetween: number;
}

/** Everything about one visit, each question answered by looking through its events again. */
const evaluate = (visit: VisitCut, settings: EngineSettings, text: TextAnalyser) => {
  const { events } = visit;
  const indexOf = new Map(events.map((event, index) => [event, index]));
  const at = (event: Rec): number => indexOf.get(event) ?? -1;
  const before = (event: Rec): readonly Rec[] => events.slice(0, at(event));
  const prompts = events.filter(({ type }) => type === "prompt");
  const responses = events.filter(
    (event) =>
      event.type === "response" &&
      !before(event).some((other) => other.type === "response" && other.response_id === event.response_id),
  );
  const features = new Map<Rec, PromptFeatures>();
  const answers = new Map<Rec, ResponseFeatures>();
  for (const event of events) {
    if (event.text === null) continue;
    if (event.type === "prompt") features.set(event, text.prompt(event.text));
    if (event.type === "response") answers.set(event, text.response(event.text));
  }

  const filled = (event: Rec, name: keyof Rec): string | number | null => {
    const known = events.slice(0, at(event) + 1).findLast((other) => other[name] !== null);
    return known?.[name] ?? null;
  };
  const userOf = (event: Rec): string | null => filled(event, "user_id_hash") as string | null;
  const contextOf = (event: Rec) => contextNames.map((name) => filled(event, name));
  const exchangeOf = (event: Rec): number => prompts.filter((prompt) => at(prompt) <= at(event)).length;
  const shown = (id: string | null, event: Rec): Rec | null =>
    before(event).find((other) => responses.includes(other) && other.response_id === id) ?? null;
  /** The response of this id, which an act may precede. */
  const named = (id: string | null): Rec | null =>
    responses.find(({ response_id }) => id !== null && response_id === id) ?? null;
  /** Of several responses to one prompt the newest that is no error. */
  const newestShown = (several: readonly Rec[]): Rec | undefined =>
    several.findLast(({ label }) => label !== "error") ?? several.at(-1);
  const lastResponseBefore = (event: Rec): Rec | null => {
    const all = before(event).filter((other) => responses.includes(other));
    const end = all.at(-1);
    return end === undefined ? null : (newestShown(all.filter((r) => exchangeOf(r) === exchangeOf(end))) ?? null);
  };
  const nextPromptAfter = (event: Rec): Rec | undefined => prompts.find((prompt) => at(prompt) > at(event));
  const trialEnd = (event: Rec): number => nextPromptAfter(event)?.ts ?? visit.endsAt;
  const answerOf = (ask: Rec): Rec | undefined => {
    const until = nextPromptAfter(ask);
    return newestShown(responses.filter((r) => at(r) > at(ask) && (until === undefined || at(r) < at(until))));
  };
  const asksQuestion = (event: Rec): boolean | null => {
    const said = extraOf(event)["asks_question"];
    return typeof said === "boolean" ? said : (answers.get(event)?.asksQuestion ?? null);
  };
  const outputChars = (event: Rec): number | null => {
    const said = extraOf(event)["output_chars"];
    return typeof said === "number" ? said : (event.text?.length ?? null);
  };
  const isFresh = (event: Rec): boolean => features.has(event) && event.label !== "edited" && event.label !== "retry";
  const counts = (event: Rec): boolean => event !== prompts[0] && isFresh(event);

  const repeats = new Map<Rec, RepeatFound>();
  for (const prompt of prompts) {
    const own = features.get(prompt);
    if (own === undefined || !isFresh(prompt) || own.contentTokens < settings.minContentTokens) continue;
    const earlier = prompts.slice(0, prompts.indexOf(prompt));
    const found = earlier.flatMap((ask, index): RepeatFound[] => {
      const back = earlier.length - index;
      const near = back <= settings.lookbackTurns || prompt.ts - ask.ts <= settings.lookbackAge;
      const other = features.get(ask);
      const answer = answerOf(ask);
      if (!near || back > 20 || other === undefined || answer === undefined) return [];
      const match = text.match(other, own);
      const raise = match.raise ? settings.hanKanaRaise : 0;
      if (match.numberMismatch || (!match.equal && match.score < round4(settings.rephraseAt + raise))) return [];
      const grade = match.equal || match.score >= round4(settings.repeatAt + raise) ? "repeat" : "rephrase";
      return [{ grade, ask, match, answer, turnsBetween: back - 1 }];
    });
    const best = found.toSorted((a, b) => b.match.score - a.match.score || at(b.ask) - at(a.ask))[0];
    if (best !== undefined) repeats.set(prompt, best);
  }
  const askCount = (prompt: Rec): number => {
    const repeat = repeats.get(prompt);
    return repeat === undefined ? 1 : 1 + askCount(repeat.ask);
  };

  const categoryOf = (prompt: Rec): string | null => {
    const own = features.get(prompt);
    const about = lastResponseBefore(prompt);
    if (own === undefined || !isFresh(prompt) || about === null) return null;
    const last = prompts[prompts.indexOf(prompt) - 1];
    const category = text.category(own, {
      lastAsk: last === undefined ? null : (features.get(last) ?? null),
      response: answers.get(about) ?? null,
      asksQuestion: asksQuestion(about) ?? false,
    });
    return repeats.has(prompt) && (category === "neutral" || category === "positive") ? "rephrase" : category;
  };

  const dwellUpTo = (event: Rec): number =>
    events
      .slice(0, at(event) + 1)
      .filter(
        (e) =>
          e.type === "dwell" &&
          e.label === "visible" &&
          e.response_id === event.response_id &&
          shown(e.response_id, e) !== null,
      )
      .reduce((sum, e) => sum + Math.max(0, e.value ?? 0), 0);

  const frictionsOf = (event: Rec): string[] => {
    const category = event.type === "prompt" ? categoryOf(event) : null;
    const isResponse = responses.includes(event);
    const asked = isResponse ? prompts.findLast((prompt) => at(prompt) < at(event)) : undefined;
    const previous = asked === undefined ? null : lastResponseBefore(asked);
    const pair = [previous === null ? undefined : answers.get(previous), answers.get(event)] as const;
    const tests: readonly (readonly [string, boolean])[] = [
      ["repeat-ask", repeats.has(event)],
      ["correction", category === "correct-with" || category === "correct-without"],
      ["error", isResponse && event.label === "error"],
      ["refusal", isResponse && event.label === "refusal"],
      ["truncated", isResponse && event.label === "truncated"],
      ["tool-error", isResponse && Number(extraOf(event)["tool_errors"] ?? 0) > 0],
      ["slow", isResponse && (event.value ?? 0) > settings.slowResponse],
      [
        "self-repeat",
        isResponse &&
          pair[0] !== undefined &&
          pair[1] !== undefined &&
          text.selfRepeat(pair[0], pair[1]) >= settings.selfRepeatAt,
      ],
      ["stop", event.type === "stop"],
      ["regenerate", event.type === "regenerate"],
      ["thumbs-down", event.type === "feedback" && event.label === "thumbs" && event.value === -1],
    ];
    return tests.flatMap(([name, holds]) => (holds ? [name] : []));
  };

  const markerOf = (event: Rec): string | null => {
    if (["copy", "share", "resolved"].includes(event.type)) return event.type;
    if (event.type === "feedback" && event.label === "thumbs" && event.value === 1) return "thumbs-up";
    if (event.type === "prompt" && categoryOf(event) === "positive") return "thanks";
    if (event.type !== "dwell" || event.label !== "visible") return null;
    const about = shown(event.response_id, event);
    const chars = about === null ? null : outputChars(about);
    if (chars === null) return null;
    const half = (chars / settings.readingSpeed / 2) * 1000;
    const after = dwellUpTo(event);
    return after >= half && after - Math.max(0, event.value ?? 0) < half ? "dwell" : null;
  };

  const escalates = (event: Rec): "action" | "request" | null => {
    if (event.type === "escalation") return "action";
    return event.type === "prompt" && features.get(event)?.asksPerson === true ? "request" : null;
  };

  const isVote = (event: Rec): boolean =>
    ["feedback", "feedback_retracted"].includes(event.type) && event.label === "thumbs";
  /** Whether the same user has not voted anew on the same response, up to `until`. */
  const stands = (event: Rec, until: Rec): boolean =>
    !isVote(event) ||
    !events
      .slice(at(event) + 1, at(until) + 1)
      .some((e) => isVote(e) && e.response_id === event.response_id && e.user_id_hash === event.user_id_hash);

  const recentFrom = (event: Rec): number => exchangeOf(event) - 1;
  const frictionsNear = (event: Rec): { readonly name: string; readonly event: Rec }[] =>
    events
      .slice(0, at(event) + 1)
      .filter((e) => exchangeOf(e) >= recentFrom(event) && stands(e, event))
      .flatMap((e) => frictionsOf(e).map((name) => ({ name, event: e })));

  const last = events.at(-1);
  const lastResponse = responses.at(-1) ?? null;
  const ending = (() => {
    if (lastResponse === null || last === undefined || visit.by === "grid") return null;
    const near = events.filter((e) => exchangeOf(e) >= recentFrom(last));
    const final = prompts.at(-1);
    const speech = newestShown(responses.filter((r) => final === undefined || at(r) > at(final)));
    const unanswered = speech !== undefined && asksQuestion(speech) === true;
    const trouble = frictionsNear(last);
    const lastTrouble = trouble.at(-1);
    const markers = near.filter(
      (e) => markerOf(e) !== null && stands(e, last) && (lastTrouble === undefined || at(e) > at(lastTrouble.event)),
    );
    const all =
      unanswered && speech !== undefined ? [...trouble, { name: "unanswered-question", event: speech }] : trouble;
    const single = prompts.length <= 1;
    const failed = single ? responses.every(({ label }) => label === "error" || label === "refusal") : all.length > 0;
    const escalated = events.some((e) => escalates(e) !== null);
    const state = escalated ? "escalated" : markers.length > 0 ? "used" : failed ? "after-friction" : "silent";
    return { state, all, single };
  })();

  return {
    events,
    prompts,
    responses,
    features,
    repeats,
    ending,
    last,
    lastResponse,
    at,
    before,
    userOf,
    contextOf,
    exchangeOf,
    shown,
    named,
    lastResponseBefore,
    trialEnd,
    asksQuestion,
    outputChars,
    counts,
    askCount,
    categoryOf,
    escalates,
    frictionsNear,
  };
};

type Evaluated = ReturnType<typeof evaluate>;

const provenanceOf = (response: Rec | null): readonly (string | null)[] =>
  response === null
    ? [null, null, null, null, null, null]
    : [...provenanceNames.map((n) => response[n]), response.audit_id];

const activeTime = (events: readonly Rec[], from: Rec, settings: EngineSettings): number => {
  let sum = 0;
  for (let i = events.indexOf(from) + 1; i < events.length; i += 1) {
    sum += Math.min(settings.activityCap, (events[i]?.ts ?? 0) - (events[i - 1]?.ts ?? 0));
  }
  return sum;
};

const actKinds = ["copy", "share", "regenerate", "edit", "stop"] as const;
const explicitKinds: ReadonlySet<string | null> = new Set(["thumbs", "rating", "comment", "form"]);

type Draft = Omit<ExpectedSignal, "tenant" | "session" | "user" | "slice" | "resolved"> & {
  readonly from: Rec;
  readonly response: Rec | null;
};

const scaleOf = (event: Rec): number => Number(extraOf(event)["scale_max"] ?? 5);
const isNegative = (event: Rec): boolean =>
  event.label === "thumbs" ? event.value === -1 : (event.value ?? 0) / scaleOf(event) <= 0.4;

const minuteOf = (ts: number): number => Math.floor(ts / 60_000) * 60_000;

/** The time over which a response and acts on it lie. */
const spanOf = (response: Rec | null, acts: readonly Rec[]): readonly [number, number] => {
  const times = [...(response === null ? [] : [response]), ...acts].map(({ ts }) => ts);
  return [Math.min(...times), Math.max(...times)];
};

const ids = (events: readonly Rec[]): string[] => events.slice(0, 20).map(({ event_id }) => event_id);

/** The signals of one visit by (type, anchor); null: taken back. */
const signalsOf = (visit: VisitCut, v: Evaluated, { settings, canReport }: OracleRules): Map<string, Draft | null> => {
  const found = new Map<string, Draft | null>();
  const put = (draft: Draft): void => void found.set(JSON.stringify([draft.type, draft.anchor]), draft);
  const first = v.events[0];
  const plain = { grade: null, category: null, score: null, ambiguity: null };

  for (const prompt of v.prompts) {
    if (!v.counts(prompt)) continue;
    const about = v.lastResponseBefore(prompt);
    const category = v.categoryOf(prompt);
    const repeat = v.repeats.get(prompt);
    if (repeat !== undefined) {
      const { match, ask, answer } = repeat;
      put({
        type: "implicit:repeat-ask",
        anchor: prompt.event_id,
        ts: prompt.ts,
        from: prompt,
        responseId: answer.response_id,
        response: answer,
        window: [ask.ts, prompt.ts],
        evidence: ids([ask, answer, prompt]),
        grade: repeat.grade,
        category,
        score: match.score,
        ambiguity: match.newContent ? "probing,slot_change" : "probing",
        value: {
          word_cosine: match.wordCosine,
          char_cosine: match.charCosine,
          equal: match.equal,
          containment: match.containment,
          number_mismatch: match.numberMismatch,
          negation_mismatch: match.negationMismatch,
          length_ratio: match.lengthRatio,
          gap_ms: prompt.ts - ask.ts,
          turns_between: repeat.turnsBetween,
          ask_count: v.askCount(prompt),
          answer_label: answer.label,
          answer_latency_ms: answer.value,
          regenerated: v.before(prompt).some((e) => {
            const again = e.type === "regenerate" ? v.named(e.response_id) : null;
            return again !== null && v.exchangeOf(again) === v.exchangeOf(ask);
          }),
          preceding_response_id: about?.response_id ?? null,
          text_chars: prompt.text?.length ?? null,
          text_cut: false,
        },
      });
    }
    if (about !== null && category !== null && ["clarify", "correct-with", "correct-without"].includes(category)) {
      put({
        type: "implicit:follow-up-clarification",
        anchor: prompt.event_id,
        ts: prompt.ts,
        from: prompt,
        responseId: about.response_id,
        response: about,
        window: [about.ts, prompt.ts],
        evidence: ids([about, prompt]),
        grade: category === "clarify" ? "clarification" : "correction",
        category,
        score: null,
        ambiguity: v.asksQuestion(about) === null ? "probing,no_response_text" : "probing",
        value: {
          content_tokens: v.features.get(prompt)?.contentTokens ?? null,
          after_question: v.asksQuestion(about),
          repeats: repeat?.grade ?? null,
          gap_ms: prompt.ts - about.ts,
          answer_label: about.label,
          answer_latency_ms: about.value,
          text_chars: prompt.text?.length ?? null,
          text_cut: false,
        },
      });
    }
  }

  for (const kind of actKinds) {
    const acts = v.events.filter(({ type }) => type === kind);
    for (const id of unique(acts.map(({ response_id }) => response_id))) {
      const own = acts.filter(({ response_id }) => response_id === id);
      const [one] = own;
      const end = own.at(-1);
      if (one === undefined || end === undefined || id === null) continue;
      const response = v.named(id);
      const chars = own.reduce((sum, { value }) => sum + Math.max(0, value ?? 0), 0);
      const labels = unique(own.flatMap(({ label }) => (label === null ? [] : [label]))).join(",");
      const output = response === null ? null : v.outputChars(response);
      const taken = {
        chars,
        share_of_output: output === null || output === 0 ? null : Math.min(1, round4(chars / output)),
        kinds: labels,
      };
      const details: Readonly<Record<(typeof actKinds)[number], Readonly<Record<string, unknown>>>> = {
        copy: taken,
        share: taken,
        regenerate: { response_label: response?.label ?? null },
        edit: { chars_changed: chars, edited: labels },
        stop: { output_chars: output },
      };
      const inTrial = own.some((act) => {
        if (response === null || response.label === "error") return false;
        if (!canReport(kind, v.contextOf(response)[0] as string | null)) return false;
        return v.exchangeOf(response) === v.exchangeOf(act);
      });
      put({
        ...plain,
        type: `implicit:${kind}`,
        anchor: id,
        ts: response?.ts ?? one.ts,
        from: response ?? one,
        responseId: id,
        response,
        window: spanOf(response, own),
        evidence: ids(sorted([...(response === null ? [] : [response]), ...own.slice(0, 19)])),
        ambiguity: {
          copy: "copied_elsewhere",
          share: "copied_elsewhere",
          regenerate: "probing",
          edit: null,
          stop: null,
        }[kind],
        value: {
          acts: own.length,
          in_trial: inTrial,
          since_shown_ms: response === null ? null : Math.max(0, one.ts - response.ts),
          ...details[kind],
        },
      });
    }
  }

  const escalations = v.events.filter((event) => v.escalates(event) !== null);
  const [call] = escalations;
  if (call !== undefined && first !== undefined) {
    const firstPrompt = v.prompts.find((prompt) => v.at(prompt) <= v.at(call));
    const from = firstPrompt ?? call;
    const named = call.type === "escalation" ? call.response_id : null;
    const response = named === null ? v.lastResponseBefore(call) : v.named(named);
    put({
      ...plain,
      type: "implicit:escalation",
      anchor: from.event_id,
      ts: from.ts,
      from,
      responseId: named ?? response?.response_id ?? null,
      response,
      window: [first.ts, (escalations.at(-1) ?? call).ts],
      evidence: ids(escalations),
      grade: escalations.some((e) => e.type === "escalation") ? "action" : "request",
      value: {
        acts: escalations.length,
        by: escalations.find(({ type }) => type === "escalation")?.label ?? null,
        after_ms: call.ts - first.ts,
        turns_before: v.prompts.filter((p) => v.at(p) < v.at(call)).length,
        prior_friction: unique(
          v
            .frictionsNear(call)
            .filter(({ event }) => event !== call)
            .map(({ name }) => name),
        ),
        text_cut: false,
      },
    });
  }

  const spoken = v.events.filter(
    (e) => ["feedback", "feedback_retracted"].includes(e.type) && explicitKinds.has(e.label),
  );
  for (const anchor of unique(spoken.map((e) => JSON.stringify([e.response_id, e.user_id_hash, e.label])))) {
    const own = spoken.filter((e) => JSON.stringify([e.response_id, e.user_id_hash, e.label]) === anchor);
    const end = own.at(-1);
    const [one] = own;
    if (end === undefined || one === undefined) continue;
    if (end.type === "feedback_retracted") {
      found.set(JSON.stringify([end.label, anchor]), null);
      continue;
    }
    const response = v.named(end.response_id);
    const value = end.value ?? 0;
    const rating = end.label === "rating";
    const share = rating ? value / scaleOf(end) : null;
    const details: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
      thumbs: { value: end.value },
      rating: { value: end.value, scale_max: scaleOf(end) },
      comment: { text_chars: end.text?.length ?? 0, text_cut: false },
      form: { answers: {} },
    };
    put({
      ...plain,
      type: end.label ?? "",
      anchor,
      ts: end.ts,
      from: end,
      responseId: end.response_id,
      response,
      window: spanOf(response, own),
      evidence: ids(sorted([...(response === null ? [] : [response]), ...own.slice(-19)])),
      grade: end.label === "thumbs" ? (value < 0 ? "down" : "up") : rating ? String(value) : null,
      category:
        end.label === "thumbs"
          ? value < 0
            ? "negative"
            : "positive"
          : share === null
            ? null
            : share <= 0.4
              ? "negative"
              : share >= 0.8
                ? "positive"
                : "neutral",
      score: share === null ? null : round4(share),
      value: { ...details[end.label ?? ""], acts: own.length },
    });
  }

  for (const response of v.responses) {
    if (response.label === "error" || v.last === undefined) continue;
    const dwells = v.events.filter(
      (e) => e.type === "dwell" && e.label === "visible" && e.response_id === response.response_id,
    );
    put({
      ...plain,
      type: "implicit:engagement-length",
      anchor: response.response_id ?? "",
      ts: response.ts,
      from: response,
      responseId: response.response_id,
      response,
      window: [response.ts, visit.endsAt],
      evidence: ids(unique([response, v.last])),
      value: {
        turns_after: v.prompts.filter((p) => v.at(p) > v.at(response)).length,
        active_ms_after: activeTime(v.events, response, settings),
        dwell_ms: dwells.reduce((sum, { value }) => sum + Math.max(0, value ?? 0), 0),
        end_state: v.ending?.state ?? null,
        closed_by: visit.by,
      },
    });
  }

  const { ending, lastResponse, last } = v;
  const ends: Readonly<Record<string, string>> = {
    "after-friction": "implicit:abandonment",
    silent: "implicit:silent-end",
  };
  const type = ending === null ? undefined : ends[ending.state];
  if (ending !== null && type !== undefined && lastResponse !== null && last !== undefined && first !== undefined) {
    const score = round4(1 - ending.all.reduce((calm, { name }) => calm * (1 - (weights[name] ?? 0)), 1));
    const labels = v.events
      .filter((e) => e.type === "prompt" || v.responses.includes(e))
      .map((e) => {
        const label = e.type === "prompt" ? v.categoryOf(e) : e.label;
        return label === null ? e.type : `${e.type}:${label}`;
      });
    put({
      ...plain,
      type,
      anchor: lastResponse.response_id ?? "",
      ts: visit.endsAt,
      from: lastResponse,
      responseId: lastResponse.response_id,
      response: lastResponse,
      window: [first.ts, visit.endsAt],
      evidence: unique([...ending.all.map(({ event }) => event).filter((e) => e !== lastResponse), lastResponse, last])
        .slice(-20)
        .map(({ event_id }) => event_id),
      score,
      ambiguity:
        [...(ending.state === "silent" ? ["satisfied_leave"] : []), ...(ending.single ? ["single_turn"] : [])].join(
          ",",
        ) || null,
      value: {
        closed_by: visit.by,
        frictions: unique(ending.all.map(({ name }) => name)),
        friction_score: score,
        last_labels: labels.slice(-6),
        prompts: v.prompts.length,
        responses: v.responses.length,
        active_ms: activeTime(v.events, first, settings),
      },
    });
  }
  return found;
};

interface TrialFound {
  readonly type: string;
  readonly endsAt: number;
  readonly fired: boolean;
  readonly from: Rec;
  readonly response: Rec | null;
}

const trialsOf = (visit: VisitCut, v: Evaluated, { canReport }: OracleRules): TrialFound[] => {
  const trials: TrialFound[] = [];
  for (const prompt of v.prompts.filter((p) => v.counts(p))) {
    const response = v.lastResponseBefore(prompt);
    const category = v.categoryOf(prompt) ?? "";
    const base = { endsAt: prompt.ts, from: response ?? prompt, response };
    trials.push({ ...base, type: "implicit:repeat-ask", fired: v.repeats.has(prompt) });
    trials.push({
      ...base,
      type: "implicit:follow-up-clarification",
      fired: ["clarify", "correct-with", "correct-without"].includes(category),
    });
  }
  for (const response of v.responses) {
    const endsAt = v.trialEnd(response);
    const during = v.events.filter(
      (e) => e.response_id === response.response_id && v.exchangeOf(e) === v.exchangeOf(response),
    );
    for (const kind of response.label === "error" ? [] : actKinds) {
      if (!canReport(kind, v.contextOf(response)[0] as string | null)) continue;
      trials.push({
        type: `implicit:${kind}`,
        endsAt,
        fired: during.some(({ type }) => type === kind),
        from: response,
        response,
      });
    }
    const upTo = v.events.filter(
      (e) =>
        e.response_id === response.response_id && e.label === "thumbs" && v.exchangeOf(e) <= v.exchangeOf(response),
    );
    const down = unique(upTo.map((e) => e.user_id_hash)).some((user) => {
      const end = upTo.findLast((e) => e.user_id_hash === user && ["feedback", "feedback_retracted"].includes(e.type));
      return end?.type === "feedback" && end.value === -1;
    });
    trials.push({ type: "explicit:thumbs-down", endsAt, fired: down, from: response, response });
    if (response.label !== "error") {
      trials.push({ type: "implicit:engagement-length", endsAt: visit.endsAt, fired: true, from: response, response });
    }
  }
  const impressions = v.events.filter(({ type }) => type === "impression");
  for (const id of unique(impressions.map(({ response_id }) => response_id))) {
    const one = impressions.find(({ response_id }) => response_id === id);
    if (one === undefined) continue;
    const later = v.named(id);
    const response = later !== null && v.exchangeOf(later) <= v.exchangeOf(one) ? later : null;
    const answered = v.events.some(
      (e) =>
        e.type === "feedback" &&
        explicitKinds.has(e.label) &&
        e.response_id === id &&
        v.exchangeOf(e) <= v.exchangeOf(one),
    );
    trials.push({
      type: "explicit:answered",
      endsAt: v.trialEnd(one),
      fired: answered,
      from: response ?? one,
      response,
    });
  }
  for (const answer of v.events) {
    if (answer.type !== "feedback" || !(answer.label === "thumbs" || answer.label === "rating")) continue;
    const named = v.named(answer.response_id);
    const isInTime = named !== null && (v.at(named) < v.at(answer) || minuteOf(named.ts) === minuteOf(answer.ts));
    trials.push({
      type: "explicit:negative",
      endsAt: answer.ts,
      fired: isNegative(answer),
      from: answer,
      response: isInTime ? named : null,
    });
  }
  if (v.ending !== null && v.lastResponse !== null) {
    const base = { endsAt: visit.endsAt, from: v.lastResponse, response: v.lastResponse };
    trials.push({ ...base, type: "implicit:abandonment", fired: v.ending.state === "after-friction" });
    trials.push({ ...base, type: "implicit:silent-end", fired: v.ending.state === "silent" });
    trials.push({ ...base, type: "implicit:escalation", fired: v.ending.state === "escalated" });
  }
  return trials;
};

/** What the whole log amounts to once every visit has ended. */
export const expected = (log: readonly LogEntry[], rules: OracleRules): Expected => {
  const { settings, text } = rules;
  const { kept, verdicts } = accepted(log, settings);
  const sessions = Map.groupBy(kept, ({ tenant, session_id }) => JSON.stringify([tenant, session_id]));
  const signals: ExpectedSignal[] = [];
  const tallies = new Map<string, { -readonly [K in keyof ExpectedTally]: ExpectedTally[K] }>();

  for (const events of sessions.values()) {
    const [head] = events;
    if (head === undefined) continue;
    const standing = new Map<string, ExpectedSignal | null>();
    for (const visit of cutVisits(sorted(events), settings)) {
      const v = evaluate(visit, settings, text);
      for (const [key, draft] of signalsOf(visit, v, rules)) {
        if (draft === null) {
          standing.set(key, null);
          continue;
        }
        const { from, response, ...rest } = draft;
        standing.set(key, {
          ...rest,
          tenant: head.tenant,
          session: head.session_id,
          user: v.userOf(from),
          resolved: response !== null,
          slice: [...v.contextOf(from), ...provenanceOf(response)],
        });
      }
      for (const { type, endsAt, fired, from, response } of trialsOf(visit, v, rules)) {
        const minute = minuteOf(endsAt);
        const provenance = response === null ? Array(5).fill("unknown") : provenanceOf(response).slice(0, 5);
        const slice = [...v.contextOf(from), ...provenance] as readonly (string | number | null)[];
        const key = JSON.stringify([head.tenant, type, minute, slice]);
        const tally = tallies.get(key) ?? { tenant: head.tenant, type, minute, slice, trials: 0, fired: 0 };
        tallies.set(key, { ...tally, trials: tally.trials + 1, fired: tally.fired + (fired ? 1 : 0) });
      }
    }
    signals.push(...[...standing.values()].filter((signal) => signal !== null));
  }
  return { signals, tallies: [...tallies.values()], verdicts };
};
