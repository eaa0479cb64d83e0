// One session: its visits in order, and how an event that lands among them changes where they begin and end.
import { compareEvents, type Event } from "./event.ts";
import type { Folder, Visit } from "./fold.ts";
import { isTurn } from "./fold.ts";
import type { EngineSettings } from "./settings.ts";
import type { EventTime, Millis } from "./time.ts";
import { beginsVisit, closingOf } from "./visit.ts";

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

export const lastEventOf = (session: Session): Event | undefined => session.visits.at(-1)?.events.at(-1);

export const holdsEvent = (session: Session, id: string): boolean =>
  session.visits.some(({ events }) => events.some((event) => event.id === id));

/** Forgets the visits that nothing acceptable can change any more, and their revisions with them. */
export const forgetEnded = (session: Session, watermark: EventTime, { gap, grace }: SessionRules): void => {
  const isOver = ({ events }: Visit): boolean => (events.at(-1)?.ts ?? 0) + gap + grace <= watermark;
  while (session.visits[0] !== undefined && isOver(session.visits[0])) session.visits.shift();
};

type Key = Pick<Event, "ts" | "type" | "id">;

/** Where an event belongs: the visits before and after it in order, as far as there are any. */
interface Place {
  readonly visit: number;
  /** Index in that visit's events before which it lands. */
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

/** Forgets the analysis that an event landing at `from` may change: of the next prompts, and of the next response. */
const forgetReadings = (events: readonly Event[], from: number): void => {
  let prompts = 0;
  for (let index = from; index < events.length && prompts < reach; index += 1) {
    const event = events[index];
    if (event === undefined) return;
    if (event.type === "prompt") prompts += 1;
    if (event.asked !== null) event.asked.reading = undefined;
    if (event.answered !== null) event.answered.repeatsItself = undefined;
  }
};

export interface Rewritten {
  readonly before: readonly Visit[];
  readonly removed: readonly Visit[];
  readonly added: readonly Visit[];
}

export interface RewriteTools {
  readonly folder: Folder;
  readonly rules: SessionRules;
  readonly watermark: EventTime;
}

/**
 * Puts an event among those already folded: the visits beside it are cut anew and folded again from their events. Only they can
 * change: a border depends on nothing but the two events at its sides.
 */
export const insertEvent = (session: Session, event: Event, tools: RewriteTools): Rewritten => {
  const { folder, rules, watermark } = tools;
  const before = session.visits;
  const { visit, index } = placeOf(session, event);
  const atEnd = index === (before[visit]?.events.length ?? 0);
  const removed = before.slice(visit, atEnd ? visit + 2 : visit + 1);
  const events = removed.flatMap(({ events: own }) => own);
  events.splice(index, 0, event);
  forgetReadings([...events, ...before.slice(visit + removed.length).flatMap((later) => later.events)], index + 1);

  const added: Visit[] = [];
  const next = before[visit + removed.length]?.events[0];
  for (const [at, current] of events.entries()) {
    const previous = events[at - 1];
    if (previous === undefined || beginsVisit(previous, current, session.shift, rules)) added.push(folder.open());
    const open = added.at(-1);
    if (open !== undefined) folder.add(open, current);
    const following = events[at + 1] ?? next;
    const ends = following === undefined || beginsVisit(current, following, session.shift, rules);
    if (!ends || open === undefined) continue;
    const closing = closingOf(current, following, watermark, rules);
    if (closing !== null) folder.close(open, closing);
  }
  session.visits = [...before.slice(0, visit), ...added, ...before.slice(visit + removed.length)];
  return { before, removed, added };
};
