// What the engine remembers of an interaction: everything later turns may need, and no text.
import type { InteractionRecord } from "#schemas/generated/records.ts";
import type { Context, Contexts, Provenance } from "./context.ts";
import type { Incoming } from "./engine-port.ts";
import { type InteractionType, knownLabel, rankOf } from "./interaction.ts";
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

/** What a prompt's text left behind; features go once no acceptable turn can be compared with it any more. */
export interface Asked {
  features: PromptFeatures | null;
  readonly contentTokens: number;
  readonly asksPerson: boolean;
  /** Length of the text as sent. */
  readonly chars: number;
  /** It was longer than the cap; features see only its beginning. */
  readonly cut: boolean;
  /** Cached analysis, undefined until it is made; made again only when something lands shortly before this event. */
  reading: PromptReading | undefined;
}

/** What a response record says of the answer. */
export interface Answered {
  features: ResponseFeatures | null;
  readonly provenance: Provenance;
  readonly auditId: string | null;
  /** `extra.output_chars`, else the length of the text. */
  readonly outputChars: number | null;
  /** `extra.asks_question`, else what the text says; null: unknown. */
  readonly asksQuestion: boolean | null;
  readonly toolErrors: boolean;
  /** Cached analysis, as above. */
  repeatsItself: boolean | undefined;
}

/** What explicit feedback carries beside its value. */
export interface Opinion {
  /** Ratings: highest value of the scale. */
  readonly scaleMax: number | null;
  /** Forms: the answers as JSON, words only by their length. */
  readonly form: string | null;
  readonly chars: number;
  readonly cut: boolean;
}

export interface Event {
  readonly id: string;
  readonly type: InteractionType;
  readonly ts: EventTime;
  readonly offset: number;
  readonly schemaId: number;
  readonly user: string | null;
  readonly responseId: string | null;
  /** One of those that mean something for its type. */
  readonly label: string | null;
  readonly value: number | null;
  /** Its own; gaps are filled while folding. */
  readonly context: Context;
  /** Prompts with a text. */
  readonly asked: Asked | null;
  /** Responses. */
  readonly answered: Answered | null;
  /** Feedback. */
  readonly opinion: Opinion | null;
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

const toAsked = (words: string, { text }: EventMaker): Asked => {
  const cut = cutText(words);
  const features = text.prompt(cut);
  const { contentTokens, asksPerson } = features;
  return { features, contentTokens, asksPerson, chars: words.length, cut: cut !== words, reading: undefined };
};

const toAnswered = (interaction: InteractionRecord, extra: Extra | null, maker: EventMaker): Answered => {
  const words = filled(interaction.text);
  const features = words === null ? null : maker.text.response(cutText(words));
  const asks = extra?.["asks_question"];
  return {
    features,
    provenance: maker.contexts.provenance(interaction),
    auditId: filled(interaction.audit_id),
    outputChars: numberIn(extra, "output_chars") ?? words?.length ?? null,
    asksQuestion: typeof asks === "boolean" ? asks : (features?.asksQuestion ?? null),
    toolErrors: extra?.["tool_errors"] === true || (numberIn(extra, "tool_errors") ?? 0) > 0,
    repeatsItself: undefined,
  };
};

const toOpinion = ({ label, text }: InteractionRecord, extra: Extra | null): Opinion => ({
  scaleMax: label === "rating" ? (ratingScale(extra) ?? null) : null,
  form: label === "form" ? reduceForm(extra ?? {}) : null,
  chars: text?.length ?? 0,
  cut: text !== null && cutText(text) !== text,
});

/** `like`: an earlier event of the session, whose context is probably the same. */
export const toEvent = (
  { interaction, offset, schemaId }: Incoming,
  extra: Extra | null,
  like: Event | undefined,
  maker: EventMaker,
): Event => {
  const type = interaction.type as InteractionType;
  const words = type === "prompt" ? filled(interaction.text) : null;
  return {
    id: interaction.event_id,
    type,
    ts: interaction.ts,
    offset,
    schemaId,
    user: filled(interaction.user_id_hash),
    responseId: filled(interaction.response_id),
    label: knownLabel(type, interaction.label),
    value: interaction.value,
    context: maker.contexts.context(interaction, like?.context),
    asked: words === null ? null : toAsked(words, maker),
    answered: type === "response" ? toAnswered(interaction, extra, maker) : null,
    opinion: type === "feedback" ? toOpinion(interaction, extra) : null,
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
