// Timelines: interactions written as they happen, a driver that folds them, and what came out in the words of a test.

import { createEngine } from "#core/engine.ts";
import type { Engine, Incoming, Output, Verdict } from "#core/engine-port.ts";
import { defaultEngineSettings, type EngineSettings } from "#core/settings.ts";
import type { TextAnalyser } from "#core/text/types.ts";
import type { InteractionRecord, LateRecord, SignalRecord, TallyRecord } from "#schemas/generated/records.ts";
import { createFakeText } from "./fake-text.ts";

/** 2026-01-05T10:00:00Z, a Monday; timelines count from here. */
export const start = 1_767_607_200_000;

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Event time of `12s`, `30m`, `1h`, `-5m`, `1h30m` after the start. */
export const at = (when: string): number => {
  const sign = when.startsWith("-") ? -1 : 1;
  const parts = [...when.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  return start + sign * parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ""] ?? 0), 0);
};

const empty: InteractionRecord = {
  event_id: "",
  type: "",
  ts: 0,
  tenant: "acme",
  session_id: "s1",
  user_id_hash: null,
  response_id: null,
  text: null,
  value: null,
  label: null,
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
  audit_id: null,
  extra: null,
};

type More = Partial<InteractionRecord>;

/** Any event; its id says what and when unless `more` names one. */
export const event = (when: string, type: string, more: More = {}): InteractionRecord => ({
  ...empty,
  event_id: `${type}-${when}${more.session_id === undefined ? "" : `-${more.session_id}`}`,
  type,
  ts: at(when),
  ...more,
});

export const prompt = (when: string, text: string | null, more: More = {}): InteractionRecord =>
  event(when, "prompt", { text, ...more });

export const response = (when: string, responseId: string, more: More = {}): InteractionRecord =>
  event(when, "response", {
    response_id: responseId,
    text: `here is answer ${responseId}`,
    label: "ok",
    prompt_name: "support",
    prompt_version: "p1",
    model: "m",
    model_version: "m-1",
    release: "r1",
    ...more,
  });

export const act = (when: string, type: string, responseId: string, more: More = {}): InteractionRecord =>
  event(when, type, { response_id: responseId, ...more });

export const thumbs = (when: string, responseId: string, value: 1 | -1, more: More = {}): InteractionRecord =>
  act(when, "feedback", responseId, { label: "thumbs", value, ...more });

export const sessionEnd = (when: string, more: More = {}): InteractionRecord =>
  event(when, "session_end", { label: "user", ...more });

/** A record of the log: an interaction, or a tick by its append time. */
export type Entry = InteractionRecord | { readonly tick: string };

export interface Driver {
  readonly engine: Engine;
  /** Appends in this order, each at its own event time unless `appendedAt` says otherwise. */
  log(...entries: readonly Entry[]): readonly Verdict[];
  append(interaction: InteractionRecord, appendedAt: number): Verdict;
  /** Ends every visit. */
  finish(): void;
  readonly outputs: readonly Output[];
  readonly signals: readonly SignalRecord[];
  readonly late: readonly LateRecord[];
  readonly tallies: readonly TallyRecord[];
  readonly progress: readonly TallyRecord[];
  /** Highest revisions, without retracted ones. */
  readonly final: readonly SignalRecord[];
  /** Final trials of a type over all minutes and cells, as `fired/trials`. */
  rate(type: string): string;
  /** Final signals of a type. */
  of(type: string): readonly SignalRecord[];
}

export interface DriverOptions {
  readonly settings?: Partial<EngineSettings>;
  readonly text?: TextAnalyser;
  readonly origin?: "live" | "backfill" | "shadow";
}

export const finalSignals = (signals: readonly SignalRecord[]): readonly SignalRecord[] => {
  const highest = new Map<string, SignalRecord>();
  for (const signal of signals) {
    if (signal.revision >= (highest.get(signal.event_id)?.revision ?? 0)) highest.set(signal.event_id, signal);
  }
  return [...highest.values()]
    .filter(({ retracted }) => !retracted)
    .toSorted((a, b) => (a.event_id < b.event_id ? -1 : 1));
};

/** Of each identity the tally with the highest stamp. */
export const finalTallies = (tallies: readonly TallyRecord[]): readonly TallyRecord[] => {
  const highest = new Map<string, TallyRecord>();
  for (const tally of tallies) {
    const { trials: _trials, fired: _fired, users: _users, examples: _examples, stamp: _stamp, ...identity } = tally;
    highest.set(JSON.stringify(identity), tally);
  }
  return [...highest.values()];
};

export const createDriver = ({ settings, text, origin }: DriverOptions = {}): Driver => {
  const engine = createEngine({
    settings: { ...defaultEngineSettings, ...settings },
    text: text ?? createFakeText(),
    source: { topic: "interactions", partition: 0, partitions: 1, incarnation: 1 },
    hashKey: "test key",
    origin: origin ?? "live",
  });
  const outputs: Output[] = [];
  let offset = 0;

  const put = (incoming: Omit<Incoming, "offset" | "schemaId">): Verdict => {
    const verdict = engine.apply({ ...incoming, offset, schemaId: 7 });
    offset += 1;
    outputs.push(...engine.drain());
    return verdict;
  };

  return {
    engine,
    outputs,
    log: (...entries) =>
      entries.flatMap((entry) => {
        if (!("tick" in entry)) return [put({ interaction: entry, appendTs: entry.ts })];
        engine.tick(at(entry.tick), offset);
        offset += 1;
        outputs.push(...engine.drain());
        return [];
      }),
    append: (interaction, appendTs) => put({ interaction, appendTs }),
    finish() {
      engine.flush();
      outputs.push(...engine.drain());
    },
    get signals() {
      return outputs.flatMap((output) => (output.kind === "signal" ? [output.record] : []));
    },
    get late() {
      return outputs.flatMap((output) => (output.kind === "late" ? [output.record] : []));
    },
    get tallies() {
      return outputs.flatMap((output) => (output.kind === "tally" ? [output.record] : []));
    },
    get progress() {
      return outputs.flatMap((output) => (output.kind === "progress" ? [output.record] : []));
    },
    get final() {
      return finalSignals(this.signals);
    },
    rate(type) {
      const own = finalTallies(this.tallies).filter((tally) => tally.signal_type === type);
      const sum = (field: "fired" | "trials"): number => own.reduce((total, tally) => total + tally[field], 0);
      return `${sum("fired")}/${sum("trials")}`;
    },
    of(type) {
      return this.final.filter((signal) => signal.event_type === type);
    },
  };
};
