// What the engine remembers of an interaction: everything later turns may need, and no text.
import type { Context, Contexts, Provenance } from "./context.ts";
import type { Incoming } from "./engine-port.ts";
import { type InteractionType, rankOf } from "./interaction.ts";
import type { Match, PromptFeatures, ResponseFeatures, TextAnalyser, TurnCategory } from "./text/types.ts";
import { cutText } from "./text-cap.ts";
import type { EventTime } from "./time.ts";
import { type Extra, ratingScale } from "./validate.ts";

export type Grade = "repeat" | "rephrase";

/** The earlier ask that a prompt repeats. */
export interface Bond {
  readonly ask: Event;
  readonly match: Match;
  readonly grade: Grade;
}

/** What was read out of a prompt and the turns before it. */
export interface PromptReading {
  readonly bond: Bond | null;
  /** Before ties with a repeat are settled; null: no text, edited, sent again, or nothing to react to. */
  readonly category: TurnCategory | null;
}

export interface Event {
  readonly id: string;
  readonly type: InteractionType;
  readonly ts: EventTime;
  readonly offset: number;
  readonly schemaId: number;
  readonly user: string | null;
  readonly responseId: string | null;
  readonly label: string | null;
  readonly value: number | null;
  /** Its own; gaps are filled while folding. */
  readonly context: Context;
  /** Responses only. */
  readonly provenance: Provenance | null;
  readonly auditId: string | null;
  /** Length of the text as sent. */
  readonly textChars: number | null;
  /** The text was longer than the cap; features see only its beginning. */
  readonly textCut: boolean;
  readonly prompt: PromptFeatures | null;
  readonly response: ResponseFeatures | null;
  /** `extra.output_chars`, else the length of the text. */
  readonly outputChars: number | null;
  /** `extra.asks_question`, else what the text says; null: unknown. */
  readonly asksQuestion: boolean | null;
  readonly toolErrors: boolean;
  /** Ratings: highest value of the scale. */
  readonly scaleMax: number | null;
  /** Forms: the answers as JSON, words only by their length. */
  readonly form: string | null;

  /** Cached analysis, undefined until it is made; made again only when something lands shortly before this event. */
  reading: PromptReading | undefined;
  repeatsItself: boolean | undefined;
}

const filled = (value: string | null | undefined): string | null =>
  value === undefined || value === "" ? null : value;

const numberIn = (extra: Extra | null, key: string): number | null => {
  const value = extra?.[key];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
};

const maxFormFields = 50;

/** Numbers and booleans as they are; of words only the length leaves the detector. */
const reduceForm = (extra: Extra): string =>
  JSON.stringify(
    Object.fromEntries(
      Object.keys(extra)
        .toSorted()
        .slice(0, maxFormFields)
        .map((key) => {
          const value = extra[key];
          return typeof value === "number" || typeof value === "boolean"
            ? [key, value]
            : [`${key}_chars`, charsOf(value)];
        }),
    ),
  );
const charsOf = (value: unknown): number => (typeof value === "string" ? value : JSON.stringify(value)).length;

export interface EventMaker {
  readonly text: TextAnalyser;
  readonly contexts: Contexts;
}

/** `like`: an earlier event of the session, whose context is probably the same. */
export const toEvent = (
  { interaction, offset, schemaId }: Incoming,
  extra: Extra | null,
  like: Event | undefined,
  { text, contexts }: EventMaker,
): Event => {
  const type = interaction.type as InteractionType;
  const label = filled(interaction.label);
  const words = filled(interaction.text);
  const cut = words === null ? null : cutText(words);
  const response = type === "response" && cut !== null ? text.response(cut) : null;
  const asks = extra?.["asks_question"];
  return {
    id: interaction.event_id,
    type,
    ts: interaction.ts,
    offset,
    schemaId,
    user: filled(interaction.user_id_hash),
    responseId: filled(interaction.response_id),
    label,
    value: interaction.value,
    context: contexts.context(interaction, like?.context),
    provenance: type === "response" ? contexts.provenance(interaction) : null,
    auditId: type === "response" ? filled(interaction.audit_id) : null,
    textChars: words === null ? null : words.length,
    textCut: cut !== words,
    prompt: type === "prompt" && cut !== null ? text.prompt(cut) : null,
    response,
    outputChars: type === "response" ? (numberIn(extra, "output_chars") ?? words?.length ?? null) : null,
    asksQuestion: typeof asks === "boolean" ? asks : (response?.asksQuestion ?? null),
    toolErrors: (numberIn(extra, "tool_errors") ?? 0) > 0,
    scaleMax: label === "rating" ? (ratingScale(extra) ?? null) : null,
    form: type === "feedback" && label === "form" ? reduceForm(extra ?? {}) : null,
    reading: undefined,
    repeatsItself: undefined,
  };
};

/** Order inside a session: time, then rank, then id. Negative: `a` comes first. */
export const compareEvents = (a: Pick<Event, "ts" | "type" | "id">, b: Pick<Event, "ts" | "type" | "id">): number => {
  if (a.ts !== b.ts) return a.ts - b.ts;
  const ranks = rankOf(a.type) - rankOf(b.type);
  if (ranks !== 0) return ranks;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
};
