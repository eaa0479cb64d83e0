// What every detector is: a pure reducer over the analysed turns of one visit, woken once when the visit closes.
import type { Context } from "./context.ts";
import type { Event, Grade, PromptReading } from "./event.ts";
import type { FrictionSeen } from "./friction.ts";
import type { InteractionType } from "./interaction.ts";
import type { EngineSettingName } from "./settings.ts";
import type { RateType } from "./signals.ts";
import type { Match } from "./text/types.ts";
import type { EventTime } from "./time.ts";
import type { Closing } from "./visit.ts";

/** An event in its place in the visit, with what a signal about it carries: gaps filled from earlier in the visit. */
export interface Placed {
  readonly event: Event;
  readonly context: Context;
  readonly user: string | null;
  /** Which exchange of the visit: how many prompts came up to here. */
  readonly exchange: number;
  /** Active time of the visit up to here. */
  readonly activeMs: number;
}

/** This prompt asks again what `ask` asked. */
export interface Repeat {
  readonly grade: Grade;
  readonly ask: Event;
  readonly match: Match;
  /** The newest response shown to that ask. */
  readonly answer: Placed;
  readonly regenerated: boolean;
  /** The same question for the second, third … time. */
  readonly askCount: number;
  /** User turns in between. */
  readonly turnsBetween: number;
}

export type Category = NonNullable<PromptReading["category"]> | "rephrase";

/** One event of a visit with what the shared analysis says of it. Lives for one step: remember what is `placed`, not the turn. */
export interface Turn {
  readonly event: Event;
  readonly placed: Placed;
  /**
   * The response it is about: a prompt's is the one shown just before, an act's the one it names (an escalation's, if it names
   * none, the one shown just before); null: not seen in this visit so far.
   */
  readonly about: Placed | null;
  /** Prompts: the responses, in order, whose trials end here. */
  readonly ended: readonly Placed[];
  /** Prompts: counts as a trial of what people do next: not the first, has text, neither edited nor sent again. */
  readonly counts: boolean;
  readonly repeat: Repeat | null;
  readonly category: Category | null;
  readonly escalation: "action" | "request" | null;
  /** The friction seen in the last two exchanges up to here. */
  readonly frictions: readonly FrictionSeen[];
  readonly first: Event;
}

export type EndState = "escalated" | "used" | "after-friction" | "silent";

/** How a visit ended that had at least one response and was not merely cut by the grid. */
export interface Ending {
  readonly state: EndState;
  readonly frictions: readonly FrictionSeen[];
  readonly markers: readonly string[];
  /** 0 to 1, by published weights. */
  readonly frictionScore: number;
  readonly singleTurn: boolean;
  /** What the last six turns were. */
  readonly lastLabels: readonly string[];
}

/** The wake-up of every detector: the visit is over. */
export interface Close {
  readonly closing: Closing;
  /** The responses, in order, whose trials end here. */
  readonly ended: readonly Placed[];
  readonly first: Event;
  readonly last: Placed;
  /** All responses of the visit, in order. */
  readonly shown: readonly Placed[];
  readonly ending: Ending | null;
  readonly prompts: number;
}

/** A behaviour seen; said at once, revised when later turns of the visit change it. */
export interface Sighting {
  readonly kind: "sighting";
  readonly type: string;
  readonly anchor: string;
  readonly at: EventTime;
  /** The turn that gives context, user and schema. */
  readonly from: Placed;
  readonly responseId: string | null;
  /** That response, if this visit has shown it; it gives the provenance. */
  readonly response: Event | null;
  readonly windowStart: EventTime;
  readonly windowEnd: EventTime;
  /** In order, at most 20. */
  readonly evidence: readonly Event[];
  readonly grade: string | null;
  readonly category: string | null;
  readonly score: number | null;
  readonly ambiguity: string | null;
  readonly value: Readonly<Record<string, unknown>>;
  /** Taken back by the user. */
  readonly retracted: boolean;
}

/** One trial, fired or not: a rate's denominator. Said in a fold when it ends, again only if that `replaces` what was said. */
export interface Trial {
  readonly kind: "trial";
  readonly type: RateType;
  /** Unique among the visit's trials of this type. */
  readonly key: string;
  readonly endsAt: EventTime;
  readonly fired: boolean;
  /** What the slice says of the context, and who may be harmed. */
  readonly from: Pick<Placed, "context" | "user">;
  readonly responseId: string | null;
  /** The response that gives the slice's provenance; null: not seen, slice unknown. */
  readonly response: Event | null;
  /** The trial as it was said before its response was seen. */
  readonly replaces?: Trial;
}

export type Seen = Sighting | Trial;

/** All that a step may say: what to remember of the visit, and what was seen. */
export interface Step<State> {
  readonly state: State;
  readonly seen: readonly Seen[];
}

export interface Detector<State> {
  readonly id: string;
  readonly version: string;
  /** The rates it has trials for, and the explicit kinds it passes on. */
  readonly types: readonly string[];
  /** The settings that its outcome depends on beside the rules of time; part of its `config_hash`. */
  readonly settings: readonly EngineSettingName[];
  /** Whether text analysis is part of its `config_hash`. */
  readonly readsText: boolean;
  /** The event types that it listens to. */
  readonly hears: readonly InteractionType[];
  readonly start: State;
  onTurn(state: State, turn: Turn): Step<State>;
  onClose?(state: State, close: Close): Step<State>;
}

const nothing: readonly Seen[] = [];
export const unchanged = <State>(state: State): Step<State> => ({ state, seen: nothing });
