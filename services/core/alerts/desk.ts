// What the parts of the deciding half share: the incidents at hand, what was changed, and where transitions go.
import type { EventTime } from "#core/time.ts";
import type { ChangeRecord, IncidentRecord } from "#schemas/generated/records.ts";
import { storedBins } from "./bins.ts";
import type { Bin, Book, Sums, Track } from "./book-port.ts";
import type { Subject } from "./describe.ts";
import { keyOf, scopeOfCase } from "./grouping.ts";
import { type Case, type Links, type Opening, openCase, type Scene, type SilenceUntil } from "./incident.ts";
import { isLive } from "./render.ts";
import { ownSums } from "./root.ts";
import { ruleFor, silenceFor } from "./rules.ts";
import { canMeet, isWithin } from "./scope.ts";

/** Plain data. */
export interface CaseState {
  /** By tenant; `~` for the pipeline. */
  readonly cases: Map<string, Case[]>;
  /** By tenant; `*` for all. */
  readonly changes: Map<string, readonly ChangeRecord[]>;
  stalledSince: EventTime | null;
  /** Newest bin that closed together with the next: events of a leap of the clock are counted where it ends, so streams cannot be judged. */
  leapt: Bin;
}

export const createCaseState = (): CaseState => ({
  cases: new Map(),
  changes: new Map(),
  stalledSince: null,
  leapt: Number.NEGATIVE_INFINITY,
});

/** Ended incidents that still wait for their postmortem. */
const mostEnded = 500;

export interface Desk {
  readonly book: Book;
  /** Of a tenant, oldest first. */
  readonly casesOf: (tenant: string) => Case[];
  /** What was changed for a tenant, changes for all included. */
  readonly changesFor: (tenant: string) => readonly ChangeRecord[];
  /** A transition that others must learn of; undefined: there was none. */
  readonly emit: (record: IncidentRecord | undefined) => void;
  readonly drain: () => IncidentRecord[];
  readonly sceneAt: (at: EventTime, offset: number) => Scene;
  /** The silence rule that holds for an incident. */
  readonly silenceOf: (
    subject: Pick<IncidentRecord, "tenant" | "signal_type" | "slice">,
    at: EventTime,
  ) => SilenceUntil | undefined;
  readonly open: (opening: Opening, about: Pick<Case, "onset" | "harm" | "tracks">, scene: Scene) => Case;
  /** Where an incident is counted: its root slice's track, else that of its whole signal; undefined: its signal is not known. */
  readonly trackOf: (own: Case) => Track | undefined;
  readonly sumsOf: (own: Case, track: Track, from: Bin, to: Bin) => Sums;
  /** What it is about now. */
  readonly subjectOf: (own: Case, bin: Bin) => Subject | undefined;
  /** Tracks of its signals that share trials with it. */
  readonly tracksMet: (own: Case) => readonly Track[];
  /** What it holds does not reach the baselines: it must not become normal. */
  readonly freeze: (own: Case) => void;
  /** What alarmed in it begins anew; what other live incidents hold stays frozen. */
  readonly release: (own: Case) => void;
}

/** What is closed needs no memory, and of what ended only so much. */
const forget = (list: Case[]): void => {
  const ended = list.filter(({ record }) => record.state === "resolved");
  const surplus = new Set(ended.slice(0, Math.max(0, ended.length - mostEnded)));
  for (let at = list.length - 1; at >= 0; at -= 1) {
    const one = list[at];
    if (one !== undefined && (surplus.has(one) || one.record.state === "closed")) list.splice(at, 1);
  }
};

export const openDesk = (book: Book, state: CaseState, links: Links): Desk => {
  let out: IncidentRecord[] = [];

  const casesOf = (tenant: string): Case[] => {
    let found = state.cases.get(tenant);
    if (found === undefined) state.cases.set(tenant, (found = []));
    return found;
  };

  const emit = (record: IncidentRecord | undefined): void => {
    if (record !== undefined) out.push(record);
  };

  const silenceOf: Desk["silenceOf"] = ({ tenant, signal_type: signal, slice }, at) => {
    const found = silenceFor(book.rules, { tenant, signal, slice }, at);
    return found && { until: found.until, by: `rule ${found.id}`, reason: found.reason };
  };

  const trackOf = ({ record: { tenant, signal_type: signal, slice } }: Case): Track | undefined =>
    book.findTrack(tenant, signal, slice) ?? book.findTrack(tenant, signal, "*");

  const sumsOf = (own: Case, track: Track, from: Bin, to: Bin): Sums =>
    own.record.class === "mix" ? ownSums(book, track, from, to) : book.sums(track.series, scopeOfCase(own), from, to);

  const tracksMet = (own: Case): readonly Track[] => {
    const scope = scopeOfCase(own);
    const signals = new Set([own.record.signal_type, ...own.tracks.map((track) => track.slice(0, track.indexOf("|")))]);
    return book
      .tracks(own.record.tenant)
      .filter(({ series, pairs }) => signals.has(series.signal) && canMeet(pairs, scope));
  };

  const freeze = (own: Case): void => {
    // A mixture that shifted is the new normal.
    if (own.record.class === "mix" || !isLive(own.record)) return;
    const scope = scopeOfCase(own);
    const alarmed = new Set(own.tracks);
    for (const track of tracksMet(own))
      if (isWithin(track.pairs, scope) || alarmed.has(keyOf(track))) book.freeze(track, own.onset);
  };

  return {
    book,
    casesOf,
    emit,
    silenceOf,
    trackOf,
    sumsOf,
    tracksMet,
    freeze,
    changesFor: (tenant) => [...(state.changes.get(tenant) ?? []), ...(state.changes.get("*") ?? [])],
    drain() {
      const taken = out;
      out = [];
      return taken;
    },
    sceneAt: (at, offset) => ({ at, offset, ...links }),
    open(opening, about, scene) {
      const own = openCase(opening, about, silenceOf(opening, scene.at), scene);
      const list = casesOf(opening.tenant);
      list.push(own);
      emit(own.record);
      forget(list);
      return own;
    },
    subjectOf(own, bin) {
      const track = trackOf(own);
      if (track === undefined) return undefined;
      const { tenant, signal_type: signal, slice } = own.record;
      const from = Math.max(own.onset, bin - storedBins + 1);
      const rule = ruleFor(book.rules, { tenant, signal, slice });
      const sums = sumsOf(own, track, from, bin);
      return { series: track.series, scope: scopeOfCase(own), track, rule, from, to: bin, sums };
    },
    release(own) {
      for (const track of tracksMet(own)) {
        book.thaw(track);
        book.restart(track);
      }
      for (const other of casesOf(own.record.tenant)) if (other !== own) freeze(other);
    },
  };
};
