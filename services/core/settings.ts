// The engine's settings: one table from which the environment, `replay --set` and the reference page are made.
import { isUnreported } from "./reports.ts";
import { hour, type Millis, minute, second } from "./time.ts";

export type EngineSettingKind = "duration" | "number" | "integer" | "rules";

export interface EngineSetting {
  /** For `replay --set name=value`. */
  readonly name: string;
  readonly env: string;
  readonly kind: EngineSettingKind;
  /** As it would be written in the environment. */
  readonly default: string;
  readonly doc: string;
  /** Rules: whether they can be read, and what readable ones look like. */
  readonly accepts?: (text: string) => boolean;
  readonly expectation?: string;
}

export const engineSettings = [
  {
    name: "gap",
    env: "EARSHOT_GAP",
    kind: "duration",
    default: "30m",
    doc: "silence after which a visit is over",
  },
  {
    name: "maxSession",
    env: "EARSHOT_MAX_SESSION",
    kind: "duration",
    default: "4h",
    doc: "width of the grid that cuts a session which never pauses",
  },
  {
    name: "lateness",
    env: "EARSHOT_LATENESS",
    kind: "duration",
    default: "30s",
    doc: "how far the watermark stays behind the newest event",
  },
  {
    name: "grace",
    env: "EARSHOT_GRACE",
    kind: "duration",
    default: "10m",
    doc: "how far behind the watermark an event is still applied",
  },
  {
    name: "idle",
    env: "EARSHOT_IDLE",
    kind: "duration",
    default: "60s",
    doc: "silence between two ticks after which they move the watermark",
  },
  {
    name: "pastWindow",
    env: "EARSHOT_PAST_WINDOW",
    kind: "duration",
    default: "24h",
    doc: "an event older than this when it is appended is rejected",
  },
  {
    name: "repeatAt",
    env: "EARSHOT_REPEAT_AT",
    kind: "number",
    default: "0.75",
    doc: "score from which a turn is graded repeat",
  },
  {
    name: "rephraseAt",
    env: "EARSHOT_REPHRASE_AT",
    kind: "number",
    default: "0.5",
    doc: "score from which a turn is graded rephrase",
  },
  {
    name: "hanKanaRaise",
    env: "EARSHOT_HAN_KANA_RAISE",
    kind: "number",
    default: "0.2",
    doc: "added to both thresholds for Han and Kana text",
  },
  {
    name: "lookbackTurns",
    env: "EARSHOT_LOOKBACK_TURNS",
    kind: "integer",
    default: "5",
    doc: "user turns with which an ask is compared",
  },
  {
    name: "lookbackAge",
    env: "EARSHOT_LOOKBACK_AGE",
    kind: "duration",
    default: "10m",
    doc: "age up to which earlier turns are compared too, at most 20",
  },
  {
    name: "minContentTokens",
    env: "EARSHOT_MIN_CONTENT_TOKENS",
    kind: "integer",
    default: "2",
    doc: "content words below which an ask never repeats another",
  },
  {
    name: "selfRepeatAt",
    env: "EARSHOT_SELF_REPEAT_AT",
    kind: "number",
    default: "0.75",
    doc: "likeness from which the assistant repeats itself: friction",
  },
  {
    name: "slowResponse",
    env: "EARSHOT_SLOW_RESPONSE",
    kind: "duration",
    default: "30s",
    doc: "latency above which a response is friction",
  },
  {
    name: "readingSpeed",
    env: "EARSHOT_READING_SPEED",
    kind: "number",
    default: "20",
    doc: "characters a second; half the reading time seen marks a response as used",
  },
  {
    name: "activityCap",
    env: "EARSHOT_ACTIVITY_CAP",
    kind: "duration",
    default: "5m",
    doc: "the most that one pause between events counts as active time",
  },
  {
    name: "unreported",
    env: "EARSHOT_UNREPORTED",
    kind: "rules",
    default: "",
    doc: "acts that clients cannot report, so without trials there: type@feature/app_version by comma, * for any",
    accepts: isUnreported,
    expectation: "type@feature/app_version by comma, each type one of copy, share, regenerate, edit, stop",
  },
] as const satisfies readonly EngineSetting[];

type Table = (typeof engineSettings)[number];
export type EngineSettingName = Table["name"];

export type EngineSettings = {
  readonly [S in Table as S["name"]]: S["kind"] extends "rules" ? string : number;
};

const units: Readonly<Record<string, Millis>> = { ms: 1, s: second, m: minute, h: hour, d: 24 * hour };

const parseNumber = (text: string): number | undefined => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined);

const parseDuration = (text: string): Millis | undefined => {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?([a-z]+)$/.exec(text.trim()) ?? [];
  const value = Number(amount) * (units[unit ?? ""] ?? Number.NaN);
  return Number.isSafeInteger(value) ? value : undefined;
};

const parsers: Readonly<Record<EngineSettingKind, (text: string) => number | string | undefined>> = {
  rules: (text) => (isUnreported(text) ? text : undefined),
  number: parseNumber,
  integer: (text) => (/^\d+$/.test(text) ? Number(text) : undefined),
  duration: parseDuration,
};

/** The value of a setting as written, `10m` or `0.75`; undefined when it is none of its kind. */
export const parseEngineSetting = (kind: EngineSettingKind, text: string): number | string | undefined =>
  parsers[kind](text);

export const defaultEngineSettings = Object.fromEntries(
  engineSettings.map((setting) => [setting.name, parseEngineSetting(setting.kind, setting.default)]),
) as unknown as EngineSettings;

/** Clock skew into the future that validation allows. */
export const allowedSkew: Millis = 5 * minute;

/**
 * How far before the committed watermark, in append time, a fold must begin so that its state there is exact: a visit alive
 * (`gap`, `grace`) may have begun `maxSession` earlier, its open minute adds 60 s; producers may be ahead by the allowed skew.
 */
export const horizonOf = (settings: EngineSettings): Millis =>
  settings.maxSession + settings.gap + settings.grace + settings.lateness + minute + allowedSkew + minute;
