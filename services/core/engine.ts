// One input partition as a deterministic fold: records in log order in; signals, tallies and late records in emission order out.
import type { TallyRecord } from "#schemas/generated/records.ts";
import { createContexts } from "./context.ts";
import { createDeadlines } from "./deadlines.ts";
import { detectorsFor } from "./detectors/index.ts";
import type { Engine, Incoming, Output, Source, Verdict } from "./engine-port.ts";
import { compareEvents, type Event, toEvent } from "./event.ts";
import { createFolder, type Hear } from "./fold.ts";
import { identitiesOf } from "./identities.ts";
import { configHash } from "./ids.ts";
import type { InteractionType } from "./interaction.ts";
import { toLate } from "./late.ts";
import { createRest } from "./rest.ts";
import {
  addEvent,
  forgetEnded,
  holdsEvent,
  insertEvent,
  isFull,
  lastEventOf,
  openVisit,
  type Session,
  type Visit,
} from "./session.ts";
import { createSessions } from "./sessions.ts";
import type { EngineSettings } from "./settings.ts";
import { createToSignal, type Origin } from "./signal-record.ts";
import { createTallies } from "./tally.ts";
import type { TextAnalyser } from "./text/types.ts";
import { type EventTime, minuteOf } from "./time.ts";
import { type Extra, validateInteraction } from "./validate.ts";
import { beginsVisit, type Closing, closingOf } from "./visit.ts";
import { createVoice } from "./voice.ts";
import { createVolumes } from "./volumes.ts";
import { createWatermark } from "./watermark.ts";

export interface EngineOptions {
  readonly settings: EngineSettings;
  readonly text: TextAnalyser;
  readonly source: Source;
  /** Key of the daily user hashes in tallies. */
  readonly hashKey: string;
  readonly origin: Origin;
  /** From so many sessions on, idle ones go to rest: a tenth of the memory, a third more time. */
  readonly mostAwake?: number;
}

const defaultMostAwake = 4_096;

const applied: Verdict = { kind: "applied" };
const duplicate: Verdict = { kind: "duplicate" };

export const createEngine = (options: EngineOptions): Engine => {
  const { settings, text, source, hashKey, origin, mostAwake = defaultMostAwake } = options;
  const detectors = detectorsFor(settings);
  const identities = identitiesOf(detectors, settings, text);
  const maker = { text, contexts: createContexts() };
  const folder = createFolder(detectors, { text, contexts: maker.contexts, rules: settings });
  const toSignal = createToSignal(identities, source, origin);
  const tallies = createTallies({ identities, source, hashKey, grace: settings.grace, shadow: origin === "shadow" });
  const volumes = createVolumes();
  const watermark = createWatermark(settings);
  const sessions = createSessions(createRest(maker, settings), settings, mostAwake);
  const deadlines = createDeadlines();
  const settingsHash = configHash(settings);

  let outputs: Output[] = [];
  /** Of the record in hand. */
  let offset = -1;
  let flushedMinute: EventTime = Number.NEGATIVE_INFINITY;

  const voice = createVoice(folder, {
    signal: (session, sighting, revision, retracted) =>
      outputs.push({
        kind: "signal",
        record: toSignal({ tenant: session.tenant, session: session.id, sighting, revision, retracted, offset }),
      }),
    trial: (session, trial, by) => tallies.count(session.tenant, session.id, trial, by),
  });

  const progress = (stamp: number): TallyRecord => ({
    tenant: "~",
    signal_type: "~progress",
    detector_version: "1",
    config_hash: settingsHash,
    minute: minuteOf(watermark.at),
    source_partition: source.partition,
    trials: 0,
    fired: 0,
    stamp,
    feature: null,
    segment: null,
    tier: null,
    device: null,
    locale: null,
    app_version: null,
    utc_offset_min: null,
    prompt_name: null,
    prompt_version: null,
    model: null,
    model_version: null,
    release: null,
    users: null,
    detector_id: null,
    examples: null,
    shadow: origin === "shadow" ? true : null,
    source_partitions: source.partitions,
    incarnation: source.incarnation,
    watermark: watermark.at,
    volumes: volumes.take(),
    control: null,
  });

  const flushTallies = (stamp: number): void => {
    for (const record of tallies.flush(watermark.at, stamp)) outputs.push({ kind: "tally", record });
    outputs.push({ kind: "progress", record: progress(stamp) });
    flushedMinute = minuteOf(watermark.at);
  };

  /** Sets when the session must be looked at again: to close its last visit, or to forget it. */
  const schedule = (session: Session, slot: number): void => {
    const last = lastEventOf(session);
    if (last === undefined) return sessions.remove(slot);
    const isOpen = session.visits.at(-1)?.closing === null;
    deadlines.set(slot, last.ts + settings.gap + (isOpen ? 0 : settings.grace));
  };

  const hearIn =
    (session: Session, visit: Visit): Hear =>
    (seen, before) =>
      voice.hear(session, visit, seen, before);

  const take = (session: Session, visit: Visit, event: Event): void => {
    const fold = (visit.fold ??= folder.replay(visit.events, null));
    addEvent(visit, event);
    folder.add(fold, event, hearIn(session, visit));
  };

  /** What a visit says at its end; afterwards its fold is no longer needed, unless disorder arrives. */
  const close = (session: Session, visit: Visit, closing: Closing): void => {
    const fold = visit.fold ?? folder.replay(visit.events, null);
    visit.closing = closing;
    folder.close(fold, closing, hearIn(session, visit));
    visit.fold = null;
  };

  const closeIfDue = (session: Session, visit: Visit, until: EventTime): void => {
    const last = visit.events.at(-1);
    if (visit.closing !== null || last === undefined) return;
    const closing = closingOf(last, undefined, until, settings);
    if (closing !== null) close(session, visit, closing);
  };

  const wake = (slot: number): void => {
    if (sessions.isDone(slot)) return sessions.remove(slot);
    const session = sessions.at(slot);
    const visit = session.visits.at(-1);
    if (visit !== undefined) closeIfDue(session, visit, watermark.at);
    forgetEnded(session, watermark.at, settings); // after closing: the watermark may pass both moments at once
    schedule(session, slot);
  };

  /** W2: after every record, in (time, key) order, whatever moved the watermark. */
  const fireDue = (): void => {
    for (let due = deadlines.pop(watermark.at); due.length > 0; due = deadlines.pop(watermark.at)) {
      const inOrder = due.length === 1 ? due : due.toSorted((a, b) => (sessions.keyAt(a) < sessions.keyAt(b) ? -1 : 1));
      for (const slot of inOrder) wake(slot);
    }
  };

  const settleTime = (): void => {
    fireDue();
    sessions.layToRest(watermark.at + settings.lateness);
    if (minuteOf(watermark.at) > flushedMinute) flushTallies(offset);
  };

  /** Folds an event that comes last in its session; false when it does not, or when the visit it continues was said to be over. */
  const append = (session: Session, event: Event): boolean => {
    let visit = session.visits.at(-1);
    const last = visit?.events.at(-1);
    if (visit !== undefined && last !== undefined) {
      if (compareEvents(last, event) > 0) return false;
      const closing = beginsVisit(last, event, session.shift, settings)
        ? closingOf(last, event, watermark.at, settings)
        : null;
      if (visit.closing === null && closing !== null) close(session, visit, closing); // W1: settle first
      if (visit.closing?.at !== closing?.at || visit.closing?.by !== closing?.by) return false;
    }
    if (visit === undefined || visit.closing !== null) {
      visit = openVisit(folder.open());
      session.visits.push(visit);
    }
    take(session, visit, event);
    closeIfDue(session, visit, Number.NEGATIVE_INFINITY); // a session_end ends its visit at once
    return true;
  };

  const late = (record: Incoming, extra: Extra | null, reason: "late" | "visit_full"): Verdict => {
    outputs.push({ kind: "late", record: toLate(record, extra, { reason, watermark: watermark.at, source }) });
    return { kind: "late", reason };
  };

  const accept = (record: Incoming, extra: Extra | null): Verdict => {
    const { interaction, appendTs } = record;
    if (interaction.ts < watermark.at - settings.grace) return late(record, extra, "late");
    const slot = sessions.open(interaction.tenant, interaction.session_id);
    const session = sessions.at(slot);
    forgetEnded(session, watermark.at, settings);
    if (holdsEvent(session, interaction.event_id)) return duplicate;
    const key = { id: interaction.event_id, type: interaction.type as InteractionType, ts: interaction.ts };
    if (isFull(session, key, settings)) return late(record, extra, "visit_full");

    const event = toEvent(record, extra, lastEventOf(session), maker);
    if (!append(session, event)) voice.rewrite(session, insertEvent(session, event, watermark.at, settings));
    schedule(session, slot);
    volumes.add(interaction.tenant, event.context.feature);
    watermark.event(interaction.ts, appendTs);
    return applied;
  };

  return {
    get watermark() {
      return watermark.at;
    },
    get visits() {
      return sessions.size;
    },

    apply(record) {
      offset = record.offset;
      const validation = validateInteraction(record.interaction, record.appendTs, settings);
      if (!validation.ok) return { kind: "reject", reason: validation.reason, field: validation.field };
      const verdict = accept(record, validation.extra);
      settleTime();
      return verdict;
    },

    tick(appendTs, at) {
      offset = at;
      if (watermark.tick(appendTs)) settleTime();
    },

    resume(at) {
      if (watermark.atLeast(at)) settleTime();
    },

    drain() {
      const taken = outputs;
      outputs = [];
      return taken;
    },

    flush() {
      offset += 1;
      while (Number.isFinite(deadlines.next)) {
        watermark.atLeast(deadlines.next);
        fireDue();
      }
      if (Number.isFinite(watermark.at)) flushTallies(offset);
    },
  };
};
