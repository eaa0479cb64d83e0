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
  /** By tenant, then by name: no key is put together for each event. */
  const slots = new Map<string, Map<string, number>>();
  let size = 0;
  const sessions: (Session | undefined)[] = [];
  const free: number[] = [];
  const at = (slot: number): Session => {
    const session = sessions[slot];
    if (session === undefined) throw new RangeError(`no session at slot ${slot}`);
    return session;
  };

  return {
    get size() {
      return size;
    },
    open(tenant, id) {
      let own = slots.get(tenant);
      if (own === undefined) slots.set(tenant, (own = new Map()));
      const known = own.get(id);
      if (known !== undefined) return known;
      const slot = free.pop() ?? sessions.length;
      sessions[slot] = { tenant, id, shift: gridShift(tenant, id, rules), visits: [] };
      own.set(id, slot);
      size += 1;
      return slot;
    },
    at,
    keyAt(slot) {
      const { tenant, id } = at(slot);
      return keyOf(tenant, id);
    },
    remove(slot) {
      const { tenant, id } = at(slot);
      const own = slots.get(tenant);
      own?.delete(id);
      if (own?.size === 0) slots.delete(tenant);
      sessions[slot] = undefined;
      free.push(slot);
      size -= 1;
    },
  };
};
