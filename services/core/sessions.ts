// The live sessions of a partition, each at a slot that deadlines refer to: awake while events come, else at rest as bytes.
import { quickHash } from "./ids.ts";
import type { Rest, Shared } from "./rest.ts";
import { lastEventOf, type Session, type SessionRules } from "./session.ts";
import { createSlotIndex } from "./slot-index.ts";
import { type EventTime, type Millis, second } from "./time.ts";
import { gridShift } from "./visit.ts";

export interface Sessions {
  readonly size: number;
  /** The slot of a session, made if there is none. */
  open(tenant: string, id: string): number;
  /** The session itself, woken if it is at rest. */
  at(slot: number): Session;
  /** Whether it is at rest with its last visit closed. */
  isDone(slot: number): boolean;
  /** Its name, by which sessions of one deadline are ordered. */
  keyAt(slot: number): string;
  remove(slot: number): void;
  /** Once there are many, lays some to rest in which nothing has happened for a while. Call it once a record. */
  layToRest(now: EventTime): void;
}

/** A session whose last event is older than this may go to rest. Ten seconds take 200 B more a visit where 1,700 begin a second. */
const restAfter: Millis = 3 * second;
/** Sessions looked at a record: more than one, as a record wakes one at most. */
const looksARecord = 2;

const keyOf = (tenant: string, id: string): string => `${tenant.length}:${tenant}${id}`;

/** At rest there is no more than what it shares. */
const isAwake = (session: Session | Shared | undefined): session is Session =>
  session !== undefined && "visits" in session;

export const createSessions = (rest: Rest, rules: SessionRules, mostAwake: number): Sessions => {
  const index = createSlotIndex();
  const sessions: (Session | Shared | undefined)[] = [];
  const free: number[] = [];
  let size = 0;
  /** Slots that woke and have not been laid to rest; a hand goes round over them, as on a clock. */
  const awake: number[] = [];
  let hand = 0;
  let awakeSize = 0;

  const wake = (slot: number): void => {
    awake.push(slot);
    awakeSize += 1;
  };

  const found = (slot: number): Session | Shared => {
    const session = sessions[slot];
    if (session === undefined) throw new RangeError(`no session at slot ${slot}`);
    return session;
  };

  const nameAt = (slot: number): Pick<Session, "tenant" | "id"> => {
    const session = found(slot);
    return isAwake(session) ? session : rest.nameOf(slot);
  };

  /** Looks at the next of those that woke: drops it from the list when it is gone or goes to rest. */
  const look = (now: EventTime): void => {
    if (hand >= awake.length) hand = 0;
    const slot = awake[hand];
    if (slot === undefined) return;
    const session = sessions[slot];
    if (isAwake(session)) {
      const isIdle = (lastEventOf(session)?.ts ?? 0) + restAfter <= now;
      if (!isIdle || awakeSize <= mostAwake) {
        hand += 1;
        return;
      }
      sessions[slot] = rest.pack(slot, session);
      awakeSize -= 1;
    }
    const last = awake.pop();
    if (last !== undefined && hand < awake.length) awake[hand] = last;
  };

  return {
    get size() {
      return size;
    },
    open(tenant, id) {
      const hash = quickHash(id);
      const known = index.find(hash, (slot) => {
        const name = nameAt(slot);
        return name.id === id && name.tenant === tenant;
      });
      if (known !== undefined) return known;
      const slot = free.pop() ?? sessions.length;
      sessions[slot] = { tenant, id, shift: gridShift(tenant, id, rules), visits: [] };
      index.add(hash, slot);
      wake(slot);
      size += 1;
      return slot;
    },
    at(slot) {
      const session = found(slot);
      if (isAwake(session)) return session;
      const woken = rest.unpack(slot, session);
      sessions[slot] = woken;
      wake(slot);
      return woken;
    },
    isDone(slot) {
      return !isAwake(found(slot)) && !rest.isOpen(slot);
    },
    keyAt(slot) {
      const { tenant, id } = nameAt(slot);
      return keyOf(tenant, id);
    },
    remove(slot) {
      index.remove(slot);
      if (isAwake(found(slot))) awakeSize -= 1;
      else rest.forget(slot);
      sessions[slot] = undefined;
      free.push(slot);
      size -= 1;
    },
    layToRest(now) {
      for (let looks = 0; looks < looksARecord; looks += 1) look(now);
    },
  };
};
