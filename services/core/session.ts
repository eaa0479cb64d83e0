// One session: its visits in order, and how an event that lands among them changes where they begin and end.
import { compareEvents, type Event } from "./event.ts";
import type { Fold } from "./fold.ts";
import type { InteractionType } from "./interaction.ts";
import type { EngineSettings } from "./settings.ts";
import type { EventTime, Millis } from "./time.ts";
import { beginsVisit, type Closing, closingOf } from "./visit.ts";

/** What has to be kept of a visit: its events in order, how it ended, and which revisions were sent. */
export interface Visit {
  readonly events: Event[];
  /** Prompts and responses among them. */
  turns: number;
  /** Null: open. */
  closing: Closing | null;
  /** The highest revision sent of a signal, where it is another than the 1 of one that is said once. */
  revisions: Map<string, number> | null;
  /** While the visit grows; null: to be made again from the events when it is needed. */
  fold: Fold | null;
}

export interface Session {
  readonly tenant: string;
  readonly id: string;
  /** Shift of its grid. */
  readonly shift: Millis;
  visits: Visit[];
}

export type SessionRules = Pick<EngineSettings, "gap" | "grace" | "maxSession">;

/** Caps of one visit; what lies beyond is late with reason `visit_full`. */
const maxTurns = 512;
const maxEvents = 4_096;

const isTurn = (type: InteractionType): boolean => type === "prompt" || type === "response";

export const openVisit = (fold: Fold | null): Visit => ({ events: [], turns: 0, closing: null, revisions: null, fold });

export const addEvent = (visit: Visit, event: Event): void => {
  visit.events.push(event);
  if (isTurn(event.type)) visit.turns += 1;
};

export const lastEventOf = (session: Session): Event | undefined => session.visits.at(-1)?.events.at(-1);

/** An id of a session may come twice; the first one in the log counts. */
export const holdsEvent = (session: Session, id: string): boolean => {
  for (const { events } of session.visits) {
    for (let index = events.length - 1; index >= 0; index -= 1) if (events[index]?.id === id) return true;
  }
  return false;
};

/** Forgets the visits that nothing acceptable can change any more, and their revisions with them. */
export const forgetEnded = (session: Session, watermark: EventTime, { gap, grace }: SessionRules): void => {
  const isOver = ({ events }: Visit): boolean => (events.at(-1)?.ts ?? 0) + gap + grace <= watermark;
  while (session.visits[0] !== undefined && isOver(session.visits[0])) session.visits.shift();
};

type Key = Pick<Event, "ts" | "type" | "id">;

/** Where an event belongs: in this visit, before this index of its events, which may be their end. */
interface Place {
  readonly visit: number;
  readonly index: number;
}

const placeOf = (session: Session, event: Key): Place => {
  for (let visit = session.visits.length - 1; visit >= 0; visit -= 1) {
    const events = session.visits[visit]?.events ?? [];
    for (let index = events.length - 1; index >= 0; index -= 1) {
      const earlier = events[index];
      if (earlier !== undefined && compareEvents(earlier, event) < 0) return { visit, index: index + 1 };
    }
  }
  return { visit: 0, index: 0 };
};

/** Whether the visit that the event would join has no room for it. */
export const isFull = (session: Session, event: Key, rules: SessionRules): boolean => {
  const { visit, index } = placeOf(session, event);
  const own = session.visits[visit];
  const previous = own?.events[index - 1];
  const following = own?.events[index] ?? session.visits[visit + 1]?.events[0];
  const isFilled = (of: Visit | undefined): boolean =>
    of !== undefined && (of.events.length >= maxEvents || (isTurn(event.type) && of.turns >= maxTurns));

  if (previous !== undefined && !beginsVisit(previous, event, session.shift, rules)) return isFilled(own);
  if (following === undefined || beginsVisit(event, following, session.shift, rules)) return false;
  return isFilled(own?.events[index] === undefined ? session.visits[visit + 1] : own);
};

/** The analysis of this many later prompts may look back as far as an event before them. */
const reach = 20;

/**
 * Forgets the analysis that an event before `events` may change: of as many prompts as look back at earlier asks, and on to the
 * end of an exchange that has a response, as what follows looks back at no earlier one.
 */
const forgetReadings = (events: readonly Event[], isToEnd: boolean): void => {
  let prompts = 0;
  let isAnswered = false;
  for (const { type, asked, answered } of events) {
    if (type === "prompt") {
      if (!isToEnd && isAnswered && prompts >= reach) return;
      prompts += 1;
    }
    if (type === "response" && prompts > 0) isAnswered = true;
    if (asked !== null) asked.reading = undefined;
    if (answered !== null) answered.repeatsItself = undefined;
  }
};

/** Whether a response id comes twice: which of its records is the response may then change, however far apart they lie. */
const reusesId = (events: readonly Event[]): boolean => {
  const ids = events.flatMap(({ type, responseId }) => (type === "response" ? [responseId] : []));
  return new Set(ids).size < ids.length;
};

/** An event that lands among earlier ones: the visits beside it, and what becomes of them. */
export interface Insertion {
  /** Visits that stay as they are. */
  readonly earlier: readonly Visit[];
  readonly later: readonly Visit[];
  readonly removed: readonly Visit[];
  /** In their place; without a fold as yet. */
  readonly added: readonly Visit[];
  /** Forgets the cached analysis that the event may change; call it when the old visits need not be folded any more. */
  forget(): void;
}

/**
 * Cuts the visits beside a new event anew. Only they can change: a border between two events depends on nothing but these two.
 */
export const insertEvent = (session: Session, event: Event, watermark: EventTime, rules: SessionRules): Insertion => {
  const { visits } = session;
  const { visit, index } = placeOf(session, event);
  const isLast = index === (visits[visit]?.events.length ?? 0);
  const removed = visits.slice(visit, isLast ? visit + 2 : visit + 1);
  const earlier = visits.slice(0, visit);
  const later = visits.slice(visit + removed.length);
  const events = removed.flatMap((old) => old.events).toSpliced(index, 0, event);

  const added: Visit[] = [];
  let open = openVisit(null);
  for (const [at, current] of events.entries()) {
    addEvent(open, current);
    const following = events[at + 1] ?? later[0]?.events[0];
    if (following !== undefined && !beginsVisit(current, following, session.shift, rules)) continue;
    open.closing = closingOf(current, following, watermark, rules);
    added.push(open);
    open = openVisit(null);
  }
  return {
    earlier,
    later,
    removed,
    added,
    forget: () => forgetReadings(events.slice(index + 1), reusesId(events)),
  };
};
