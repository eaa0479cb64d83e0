// The live sessions of a partition, each at a slot that deadlines refer to.
import type { Session, SessionRules } from "./session.ts";
import { gridShift } from "./visit.ts";

export interface Sessions {
  readonly size: number;
  /** The slot of a session, made if there is none. */
  open(tenant: string, id: string): number;
  at(slot: number): Session;
  /** Its name, by which sessions of one deadline are ordered. */
  keyAt(slot: number): string;
  remove(slot: number): void;
}

const keyOf = (tenant: string, id: string): string => `${tenant.length}:${tenant}${id}`;

export const createSessions = (rules: SessionRules): Sessions => {
  const slots = new Map<string, number>();
  const sessions: (Session | undefined)[] = [];
  const free: number[] = [];
  const at = (slot: number): Session => {
    const session = sessions[slot];
    if (session === undefined) throw new RangeError(`no session at slot ${slot}`);
    return session;
  };

  return {
    get size() {
      return slots.size;
    },
    open(tenant, id) {
      const key = keyOf(tenant, id);
      const known = slots.get(key);
      if (known !== undefined) return known;
      const slot = free.pop() ?? sessions.length;
      sessions[slot] = { tenant, id, shift: gridShift(tenant, id, rules), visits: [] };
      slots.set(key, slot);
      return slot;
    },
    at,
    keyAt(slot) {
      const { tenant, id } = at(slot);
      return keyOf(tenant, id);
    },
    remove(slot) {
      const { tenant, id } = at(slot);
      slots.delete(keyOf(tenant, id));
      sessions[slot] = undefined;
      free.push(slot);
    },
  };
};
