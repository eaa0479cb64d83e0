// What has been said of a session and what has to be said next: revisions of signals, moves of trials.
import type { Seen, Sighting, Trial } from "./detector.ts";
import { type Hear, signalKey, type Visit } from "./fold.ts";
import { namesResponse } from "./interaction.ts";
import type { Rewritten, Session } from "./session.ts";
import { saysTheSame } from "./signal-record.ts";
import { minute } from "./time.ts";

/** Where signals and trials go. */
export interface Listener {
  signal(session: Session, sighting: Sighting, revision: number, retracted: boolean): void;
  trial(session: Session, trial: Trial, by: 1 | -1): void;
}

const highestRevision = (session: Session, key: string): number => {
  let highest = 0;
  for (const { revisions } of session.visits) highest = Math.max(highest, revisions.get(key) ?? 0);
  return highest;
};

/** Revisions that one visit may make of a signal before the next visit's, a minute later, start. */
const revisionsAMinute = 16;
const highestStart = 2 ** 31 - 2 ** 20;

/**
 * The first revision that a visit gives a signal. An act on a response that this visit has not seen may come a day after the
 * visit that has, which is long forgotten: so that today's change of vote outranks yesterday's, it counts from the clock.
 */
const firstRevision = (visit: Visit, { from, response }: Sighting): number => {
  if (response !== null || !namesResponse(from.event.type)) return 1;
  const start = Math.floor((visit.events[0]?.ts ?? 0) / minute) * revisionsAMinute;
  return Math.max(1, Math.min(start, highestStart));
};

export interface Voice {
  /** For events in order: says what a step says. */
  hearIn(session: Session): Hear;
  /** For events among earlier ones: says the difference. */
  difference(session: Session, rewritten: Rewritten): void;
}

const latestWith = (visits: readonly Visit[], key: string): Visit | undefined =>
  visits.findLast(({ sightings }) => sightings.has(key));

/** The visits folded anew remember what those before them had said, each signal where it is said now. */
const inherit = ({ removed, added }: Rewritten): void => {
  const heir = added.at(-1);
  for (const { revisions } of removed) {
    for (const [key, revision] of revisions) {
      const owner = latestWith(added, key) ?? heir;
      owner?.revisions.set(key, Math.max(revision, owner.revisions.get(key) ?? 0));
    }
  }
};

const trialKey = ({ type, key }: Trial): string => `${type}\0${key}`;

const countsTheSame = (a: Trial, b: Trial): boolean =>
  a.endsAt === b.endsAt &&
  a.fired === b.fired &&
  a.responseId === b.responseId &&
  (a.response === null) === (b.response === null) &&
  a.response?.answered?.provenance.key === b.response?.answered?.provenance.key &&
  a.from.context.key === b.from.context.key &&
  a.from.user === b.from.user;

export const createVoice = (listener: Listener): Voice => {
  const say = (session: Session, visit: Visit, sighting: Sighting): void => {
    const key = signalKey(sighting);
    const highest = highestRevision(session, key);
    const first = visit.revisions.has(key) ? 1 : firstRevision(visit, sighting);
    const revision = Math.max(highest + 1, first);
    visit.revisions.set(key, revision);
    listener.signal(session, sighting, revision, sighting.retracted);
  };

  const retract = (session: Session, visit: Visit, sighting: Sighting): void => {
    const key = signalKey(sighting);
    const revision = highestRevision(session, key) + 1;
    visit.revisions.set(key, revision);
    listener.signal(session, sighting, revision, true);
  };

  const signalDifference = (session: Session, { before, removed, added }: Rewritten): void => {
    const gone = new Set(removed.flatMap(({ sightings }) => [...sightings.keys()]));
    const now = new Set(added.flatMap(({ sightings }) => [...sightings.keys()]));
    for (const key of gone) {
      const old = latestWith(before, key)?.sightings.get(key);
      const heir = added.at(-1);
      if (old !== undefined && heir !== undefined && latestWith(session.visits, key) === undefined && !old.retracted) {
        retract(session, heir, old);
      }
    }
    for (const key of gone.union(now)) {
      const old = latestWith(before, key)?.sightings.get(key);
      const visit = latestWith(session.visits, key);
      const current = visit?.sightings.get(key);
      if (visit === undefined || current === undefined) continue;
      if (old === undefined || !saysTheSame(old, current)) say(session, visit, current);
    }
  };

  const trialDifference = (session: Session, { removed, added }: Rewritten): void => {
    const gone = Map.groupBy(
      removed.flatMap(({ trials }) => trials),
      trialKey,
    );
    const made: Trial[] = [];
    for (const trial of added.flatMap(({ trials }) => trials)) {
      const alike = gone.get(trialKey(trial)) ?? [];
      const index = alike.findIndex((old) => countsTheSame(old, trial));
      if (index < 0) made.push(trial);
      else alike.splice(index, 1);
    }
    for (const trials of gone.values()) for (const trial of trials) listener.trial(session, trial, -1);
    for (const trial of made) listener.trial(session, trial, 1);
  };

  return {
    hearIn: (session) => (visit: Visit, seen: Seen, before: Sighting | undefined) => {
      if (seen.kind === "trial") return listener.trial(session, seen, 1);
      if (before === undefined || !saysTheSame(before, seen)) say(session, visit, seen);
    },
    difference(session, rewritten) {
      inherit(rewritten);
      signalDifference(session, rewritten);
      trialDifference(session, rewritten);
    },
  };
};
