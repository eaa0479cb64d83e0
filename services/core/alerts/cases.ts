// The deciding half of the alert fold: alarms of closed bins, changes and acts of people in, transitions of incidents out.
import type { ChangeRecord, IncidentRecord } from "#schemas/generated/records.ts";
import { createAlarms } from "./alarms.ts";
import type { Act } from "./alert-port.ts";
import { createApparatus, pipelineTenant } from "./apparatus.ts";
import { binOf, endOf } from "./bins.ts";
import type { Bin, Book, ClosedTenant } from "./book-port.ts";
import { isRollbackOf, isWatched, rememberChange } from "./changes.ts";
import { type CaseState, openDesk } from "./desk.ts";
import { pairsOf } from "./dimensions.ts";
import { isInhibited, scopeOfCase } from "./grouping.ts";
import { adoptCase, applyAct, type Case, type Links, type Refusal } from "./incident.ts";
import { createLife } from "./life.ts";
import { safeSliceValue } from "./payload.ts";
import { type CandidateChange, isLive, readList } from "./render.ts";
import { binsOfStream, isStalled } from "./silence.ts";

export interface CaseSettings extends Links {
  /** Of the partition: the first tells of a stalled pipeline, all wait while it stalls. */
  readonly partition: number;
}

export interface Cases {
  /** A bin has closed for these tenants. */
  close(bin: Bin, tenants: readonly ClosedTenant[], offset: number): void;
  /** A tick was read: the only thing that tells a stalled pipeline from a quiet one. */
  tick(offset: number): void;
  change(change: ChangeRecord): void;
  /** Undefined: done; else why nothing changed. */
  act(act: Act, id: string, offset: number): Refusal | "act_unknown_incident" | undefined;
  adopt(records: readonly IncidentRecord[]): void;
  drain(): IncidentRecord[];
}

export const createCases = (book: Book, state: CaseState, { partition, ...links }: CaseSettings): Cases => {
  const desk = openDesk(book, state, links);
  const alarms = createAlarms(desk);
  const life = createLife(desk);
  const apparatus = createApparatus(desk);
  const { casesOf, emit } = desk;

  /** What a stopped stream holds neither opens nor ends. */
  const isHeld = (own: Case): boolean =>
    own.record.class === "stream_stopped" ||
    isInhibited(
      casesOf(own.record.tenant).filter((other) => other !== own && other.record.class === "stream_stopped"),
      own.record.signal_type,
      scopeOfCase(own),
    );

  /** Incidents whose candidate change is taken back are judged from here on. */
  const rollBack = (tenant: string, change: ChangeRecord): void => {
    const known = desk.changesFor(tenant);
    for (const own of casesOf(tenant)) {
      if (!isLive(own.record)) continue;
      const listed = new Set(readList<CandidateChange>(own.record.changes).map(({ change_id: id }) => id));
      const candidates = known.filter(({ change_id: id }) => listed.has(safeSliceValue(id)));
      if (!isRollbackOf(change, candidates)) continue;
      own.rolledBackAt = change.ts;
      own.quiet = 0;
    }
  };

  return {
    close(bin, tenants, offset) {
      const scene = desk.sceneAt(endOf(bin), offset);
      const stalled = isStalled(book);
      if (book.time >= endOf(bin + 1)) state.leapt = bin;
      for (const { tenant, candidates } of tenants) {
        if (!stalled) {
          if (bin - state.leapt > binsOfStream) apparatus.followStreams(tenant, bin, scene);
          alarms.look(candidates, bin, scene);
        }
        for (const own of casesOf(tenant)) {
          if (isLive(own.record) && !stalled && !isHeld(own)) life.follow(own, bin, scene);
          if (isLive(own.record)) life.passTime(own, bin, scene);
        }
      }
    },

    tick(offset) {
      const scene = desk.sceneAt(book.tickedAt, offset);
      apparatus.followPipeline(state, scene, partition === 0);
      for (const own of casesOf(pipelineTenant)) if (isLive(own.record)) life.passTime(own, binOf(scene.at), scene);
    },

    change(change) {
      const { tenant, scope, change_id: id, kind, to, ts } = change;
      const known = state.changes.get(tenant) ?? [];
      const next = rememberChange(known, change);
      if (next === known) return;
      state.changes.set(tenant, next);
      if (kind === "detector") return to === null ? undefined : book.announce([to]);
      const pairs = pairsOf(scope);
      for (const one of tenant === "*" ? book.tenants() : [tenant]) {
        if (isWatched(change) && pairs !== undefined) book.watch(one, id, pairs, ts);
        rollBack(one, change);
      }
    },

    act(act, id, offset) {
      const own = [...state.cases.values()].flat().find(({ record }) => record.incident_id === act.incidentId);
      if (own === undefined) return "act_unknown_incident";
      const wasLive = isLive(own.record);
      const result = applyAct(own, act, id, { offset, ...links });
      if (typeof result === "string") return result;
      emit(result);
      if (wasLive && !isLive(result)) desk.release(own);
      return undefined;
    },

    adopt(records) {
      for (const record of records) {
        const { incident_id: id, rule, signal_type: signal, slice } = record;
        const list = casesOf(record.tenant);
        const isKnown = list.some(({ record: own }) => {
          const isSameKey = own.rule === rule && own.signal_type === signal && own.slice === slice;
          return own.incident_id === id || (isLive(own) && isSameKey);
        });
        if (isKnown || record.state === "closed") continue;
        const own = adoptCase(record);
        list.push(own);
        desk.freeze(own);
      }
    },

    drain: desk.drain,
  };
};
