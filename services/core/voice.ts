// What has been said of a session and what has to be said next: revisions of signals, moves of trials.
import type { Seen, Sighting, Trial } from "./detector.ts";
import { type Folder, type Statement, signalKey } from "./fold.ts";
import { namesResponse } from "./interaction.ts";
import type { Insertion, Session, Visit } from "./session.ts";
import { saysTheSame } from "./signal-record.ts";
import { minute } from "./time.ts";

/** Where signals and trials go. */
export interface Listener {
  signal(session: Session, sighting: Sighting, revision: number, retracted: boolean): void;
  trial(session: Session, trial: Trial, by: 1 | -1): void;
}

export interface Voice {
  /** An event or an end in order: says what a step says of the session's last visit. */
  hear(session: Session, visit: Visit, seen: Seen, before: Sighting | undefined): void;
  /** An event among earlier ones: folds the visits beside it again and says the difference. */
  rewrite(session: Session, insertion: Insertion): void;
}

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

/** A 1 need not be kept: it is what a visit that says a signal has sent. */
const remember = (visit: Visit, key: string, revision: number): void => {
  if (revision === 1) return;
  visit.revisions ??= new Map();
  visit.revisions.set(key, revision);
};

/** Whether the visit can say anything under this anchor: cheaper to ask than to fold it again. */
const mentions = ({ events }: Visit, { anchor, responseId }: Sighting): boolean =>
  events.some((event) => event.id === anchor || (responseId !== null && event.responseId === responseId));

const trialKey = ({ type, key }: Trial): string => `${type}\0${key}`;

const countsTheSame = (a: Trial, b: Trial): boolean =>
  a.endsAt === b.endsAt &&
  a.fired === b.fired &&
  a.responseId === b.responseId &&
  (a.response === null) === (b.response === null) &&
  a.response?.answered?.provenance.key === b.response?.answered?.provenance.key &&
  a.from.context.key === b.from.context.key &&
  a.from.user === b.from.user;

type Said = readonly { readonly visit: Visit; readonly statement: Statement }[];

/** What the latest of these visits says under a key. */
const latest = (said: Said, key: string) => {
  const found = said.findLast(({ statement }) => statement.sightings.has(key));
  const sighting = found?.statement.sightings.get(key);
  return found === undefined || sighting === undefined ? undefined : { visit: found.visit, sighting };
};

/** The visits folded anew remember what those before them had sent, each signal where it is said now. */
const inherit = (removed: readonly Visit[], after: Said): void => {
  const heir = after.at(-1)?.visit;
  for (const { revisions } of removed) {
    for (const [key, revision] of revisions ?? []) {
      const owner = latest(after, key)?.visit ?? heir;
      if (owner !== undefined) remember(owner, key, Math.max(revision, owner.revisions?.get(key) ?? 1));
    }
  }
};

export const createVoice = (folder: Folder, listener: Listener): Voice => {
  const state = (visit: Visit): Said[number] => ({ visit, statement: folder.replay(visit.events, visit.closing) });

  const sightingIn = (visit: Visit, like: Sighting): Sighting | undefined => {
    if (!mentions(visit, like)) return undefined;
    return (visit.fold ?? folder.replay(visit.events, visit.closing)).sightings.get(signalKey(like));
  };

  /** The highest revision of a signal that these visits have sent; 0: none. */
  const highestIn = (visits: readonly Visit[], like: Sighting): number => {
    let highest = 0;
    for (const visit of visits) {
      const kept = visit.revisions?.get(signalKey(like));
      highest = Math.max(highest, kept ?? (sightingIn(visit, like) === undefined ? 0 : 1));
    }
    return highest;
  };

  const say = (session: Session, visit: Visit, sighting: Sighting, sent: { own: number; others: number }): void => {
    const first = sent.own === 0 ? firstRevision(visit, sighting) : 1;
    const revision = Math.max(sent.own + 1, sent.others + 1, first);
    remember(visit, signalKey(sighting), revision);
    listener.signal(session, sighting, revision, sighting.retracted);
  };

  const trialDifference = (session: Session, before: Said, after: Said): void => {
    const gone = Map.groupBy(
      before.flatMap(({ statement }) => statement.trials),
      trialKey,
    );
    const made: Trial[] = [];
    for (const trial of after.flatMap(({ statement }) => statement.trials)) {
      const alike = gone.get(trialKey(trial)) ?? [];
      const index = alike.findIndex((old) => countsTheSame(old, trial));
      if (index < 0) made.push(trial);
      else alike.splice(index, 1);
    }
    for (const trials of gone.values()) for (const trial of trials) listener.trial(session, trial, -1);
    for (const trial of made) listener.trial(session, trial, 1);
  };

  const signalDifference = (session: Session, { earlier, later }: Insertion, before: Said, after: Said): void => {
    const keys = new Set([...before, ...after].flatMap(({ statement }) => [...statement.sightings.keys()]));
    for (const key of keys) {
      const old = latest(before, key);
      const current = latest(after, key);
      const like = current?.sighting ?? old?.sighting;
      // A later visit has the last word on a response that both speak of.
      if (like === undefined || later.some((visit) => sightingIn(visit, like) !== undefined)) continue;
      if (current !== undefined && old !== undefined && saysTheSame(old.sighting, current.sighting)) continue;

      const own = before.map(
        ({ visit, statement }) => visit.revisions?.get(key) ?? (statement.sightings.has(key) ? 1 : 0),
      );
      const kept = after.map(({ visit }) => visit.revisions?.get(key) ?? 0);
      const sent = { own: Math.max(...own, ...kept), others: highestIn([...earlier, ...later], like) };
      if (current !== undefined) {
        say(session, current.visit, current.sighting, sent);
        continue;
      }
      const fallback = earlier.findLast((visit) => sightingIn(visit, like) !== undefined);
      const again = fallback === undefined ? undefined : sightingIn(fallback, like);
      const heir = after.at(-1)?.visit;
      if (fallback !== undefined && again !== undefined) say(session, fallback, again, sent);
      else if (heir !== undefined && !like.retracted) say(session, heir, { ...like, retracted: true }, sent);
    }
  };

  return {
    hear(session, visit, seen, before) {
      if (seen.kind === "trial") {
        if (seen.replaces !== undefined) listener.trial(session, seen.replaces, -1);
        return listener.trial(session, seen, 1);
      }
      if (before !== undefined && saysTheSame(before, seen)) return;
      const own = visit.revisions?.get(signalKey(seen)) ?? (before === undefined ? 0 : 1);
      const others = session.visits.length === 1 ? [] : session.visits.filter((other) => other !== visit);
      say(session, visit, seen, { own, others: highestIn(others, seen) });
    },

    rewrite(session, insertion) {
      const { earlier, later, removed, added } = insertion;
      const before = removed.map(state);
      insertion.forget();
      const after = added.map(state);
      inherit(removed, after);
      session.visits = [...earlier, ...added, ...later];
      signalDifference(session, insertion, before, after);
      trialDifference(session, before, after);
      for (const { visit, statement } of after) if (visit.closing === null) visit.fold = statement;
    },
  };
};
