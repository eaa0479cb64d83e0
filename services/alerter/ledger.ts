// What `incidents` and `deliveries` say: each incident's newest record, its transitions, and where every notification stands.
//
// Kept by every instance for all partitions, so that any of them can answer the API and take over any partition. Records come from
// the logs and, the moment they are acknowledged, from this process itself; the higher rev (and the later delivery) wins either way.
import type { DeliveryRecord, IncidentRecord } from "#schemas/generated/records.ts";
import { type Notice, readNotices } from "./notices.ts";

/** One step of an incident's life, for the audit. */
export interface Transition {
  readonly rev: number;
  readonly ts: number;
  readonly state: string;
  readonly severity: string;
  readonly class: string;
  readonly act_id: string | null;
  readonly actor: string | null;
  /** Offset in `tallies` at which it was decided. */
  readonly log_offset: number | null;
}

export interface Case {
  readonly partition: number;
  readonly record: IncidentRecord;
  readonly notices: readonly Notice[];
  /** By notification: when it was first written down, epoch ms. */
  readonly seenAt: ReadonlyMap<string, number>;
  /** By rev. */
  readonly transitions: ReadonlyMap<number, Transition>;
  /** By `notification|destination`. */
  readonly deliveries: ReadonlyMap<string, DeliveryRecord>;
}

interface Entry {
  partition: number;
  record: IncidentRecord | undefined;
  notices: readonly Notice[];
  readonly seenAt: Map<string, number>;
  readonly transitions: Map<number, Transition>;
  readonly deliveries: Map<string, DeliveryRecord>;
  /** The rev that lies last in the log: compaction keeps that one. */
  lastInLog: number;
}

/** Incidents of destinations that are gone go by this id. */
export const destinationIncident = "~destination";

export interface Ledger {
  find(incidentId: string): Case | undefined;
  /** Of one partition, or of all. */
  cases(partition?: number): Iterable<Case>;
  /** The highest rev known of an incident; 0: none. */
  revOf(incidentId: string): number;
  /** A record as it lies in the log, in order, or one that was just acknowledged (`fromLog` false). */
  addIncident(at: Origin, record: IncidentRecord): void;
  addDelivery(at: Origin, record: DeliveryRecord): void;
  /** A tombstone. */
  forget(incidentId: string): void;
  /** Incidents of a partition whose highest rev does not lie last in the log. */
  buried(partition: number): readonly IncidentRecord[];
  /** Destinations that answered 410 and who was told of it, by `notification|destination`. */
  gone(): ReadonlyMap<string, GoneDelivery>;
  /** Called after each change with the incident's id; returns how to stop it. */
  watch(listener: (incidentId: string) => void): () => void;
}

export interface GoneDelivery {
  readonly partition: number;
  readonly record: DeliveryRecord;
}

export interface Origin {
  readonly partition: number;
  /** Append time, epoch ms. */
  readonly at: number;
  readonly fromLog: boolean;
}

export const deliveryKey = (notificationId: string, destination: string): string => `${notificationId}|${destination}`;

/** One writer owns a partition and stamps each record of a key later than the last; only who asks for a repeat writes too. */
const isLater = (a: DeliveryRecord, b: DeliveryRecord | undefined): boolean =>
  b === undefined || a.ts > b.ts || (a.ts === b.ts && a.attempt >= b.attempt);

const transitionOf = (record: IncidentRecord): Transition => ({
  rev: record.rev,
  ts: record.ts,
  state: record.state,
  severity: record.severity,
  class: record.class,
  act_id: record.act_id,
  actor: record.actor,
  log_offset: record.log_offset,
});

export const createLedger = (): Ledger => {
  const entries = new Map<string, Entry>();
  const gone = new Map<string, GoneDelivery>();
  const listeners = new Set<(incidentId: string) => void>();

  const entryOf = (id: string, partition: number): Entry => {
    const known = entries.get(id);
    if (known !== undefined) return known;
    const entry: Entry = {
      partition,
      record: undefined,
      notices: [],
      seenAt: new Map(),
      transitions: new Map(),
      deliveries: new Map(),
      lastInLog: 0,
    };
    entries.set(id, entry);
    return entry;
  };

  const tell = (id: string): void => {
    for (const listener of listeners) listener(id);
  };

  const addIncident = ({ partition, at, fromLog }: Origin, record: IncidentRecord): void => {
    const entry = entryOf(record.incident_id, partition);
    if (fromLog) entry.lastInLog = record.rev;
    entry.transitions.set(record.rev, transitionOf(record));
    const isNewest = record.rev > (entry.record?.rev ?? 0);
    if (!isNewest && entry.record !== undefined) return;
    entry.partition = partition;
    entry.record = record;
    entry.notices = readNotices(record.notify);
    for (const { id } of entry.notices) if (!entry.seenAt.has(id)) entry.seenAt.set(id, at);
    tell(record.incident_id);
  };

  const addDelivery = ({ partition }: Origin, record: DeliveryRecord): void => {
    const key = deliveryKey(record.notification_id, record.destination);
    if (record.incident_id === destinationIncident) {
      if (!isLater(record, gone.get(key)?.record)) return;
      gone.set(key, { partition, record });
      return tell(destinationIncident);
    }
    const entry = entryOf(record.incident_id, partition);
    if (!isLater(record, entry.deliveries.get(key))) return;
    entry.deliveries.set(key, record);
    tell(record.incident_id);
  };

  const toCase = (entry: Entry | undefined): Case | undefined =>
    entry?.record === undefined ? undefined : { ...entry, record: entry.record };

  return {
    find: (id) => toCase(entries.get(id)),
    *cases(partition) {
      for (const entry of entries.values()) {
        if (partition !== undefined && entry.partition !== partition) continue;
        const found = toCase(entry);
        if (found !== undefined) yield found;
      }
    },
    revOf: (id) => entries.get(id)?.record?.rev ?? 0,
    addIncident,
    addDelivery,
    forget(id) {
      if (entries.delete(id)) tell(id);
    },
    buried: (partition) =>
      [...entries.values()].flatMap(({ partition: own, record, lastInLog }) =>
        own === partition && record !== undefined && lastInLog > 0 && lastInLog < record.rev ? [record] : [],
      ),
    gone: () => gone,
    watch(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};
