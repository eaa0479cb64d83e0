// The deciding half of the alert fold: alarms of closed bins, changes and acts of people in, transitions of incidents out.
import type { EventTime } from "#core/time.ts";
import { minute } from "#core/time.ts";
import type { ChangeRecord, IncidentRecord } from "#schemas/generated/records.ts";
import type { Act } from "./alert-port.ts";
import type { Bin, Book, Candidate, ClosedTenant, Scope, Series, Sums, Track } from "./book-port.ts";
import { binLength, binsPerDay, endOf, storedBins } from "./book-state.ts";
import { isRollbackOf, isWatched, rememberChange } from "./changes.ts";
import { type Closing, closingOf, isLongOpen, isOverAfter } from "./closing.ts";
import { describe, dispersionOf, type Subject, type Suspicion, suspect } from "./describe.ts";
import { pairsOf, sliceName } from "./dimensions.ts";
import {
  type Alarm,
  explainedParts,
  findHolder,
  findHost,
  findReturning,
  findSameKey,
  heldScopes,
  isInhibited,
  joinSignals,
  restartOf,
  scopeOfCase,
} from "./grouping.ts";
import { type AlarmClass, type Evidence, isImportant, judge } from "./guards.ts";
import {
  adoptCase,
  applyAct,
  type Case,
  isFlapping,
  type Opening,
  openCase,
  type Refusal,
  remindIfDue,
  reopen,
  resolve,
  type Scene,
  silence,
  unsilence,
  updateIfDue,
} from "./incident.ts";
import { isCrossSegment, isGraver, severityOf } from "./markers.ts";
import { isoTime } from "./payload.ts";
import { evidenceOfRest } from "./remainder.ts";
import { type CandidateChange, type GroupedSignal, isLive, readList, safeName, severityIn } from "./render.ts";
import { findEvidence, findRoot, nameable, ownSums, parentOf, type Root } from "./root.ts";
import { type Rule, ruleFor, silenceFor } from "./rules.ts";
import { canMeet, isWithin, meet } from "./scope.ts";
import { binsOfStream, isStalled, isWorthTelling, readStream, type StreamState } from "./silence.ts";

export interface CaseSettings {
  /** Of the partition: one of them tells of a stalled pipeline, all of them wait. */
  readonly partition: number;
  readonly incidentUrl: string | null;
  readonly queryUrl: string | null;
}

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

/** Ended incidents that still wait for their postmortem. */
const mostEnded = 500;
/** Expected harm below which a short window tells little about the size of a rise: 20 ± 4.5. */
const enoughForGravity = 20;
/** Evidence where the trigger has no threshold of its own: one false alarm in 28 days. */
const monthOfBins = 28 * binsPerDay;
const pipelineTenant = "~";
const streamSignal = "~stream";
const pipelineSignal = "~pipeline";

const isSustained = ({ trigger }: Candidate): boolean => trigger === "sustained";

const keyOf = ({ series, slice }: Track): string => `${series.signal}|${slice}`;

/** The strongest first, slow rises last; of equals in the order of signals and slices. */
const byStrength = (a: Candidate, b: Candidate): number =>
  Number(isSustained(a)) - Number(isSustained(b)) || (b.lnE ?? 0) - (a.lnE ?? 0);

export const createCases = (
  book: Book,
  state: CaseState,
  { partition, incidentUrl, queryUrl }: CaseSettings,
): Cases => {
  let out: IncidentRecord[] = [];
  const emit = (record: IncidentRecord | undefined): void => {
    if (record !== undefined) out.push(record);
  };

  const casesOf = (tenant: string): Case[] => {
    let found = state.cases.get(tenant);
    if (found === undefined) state.cases.set(tenant, (found = []));
    return found;
  };
  const changesFor = (tenant: string): readonly ChangeRecord[] => [
    ...(state.changes.get(tenant) ?? []),
    ...(state.changes.get("*") ?? []),
  ];

  const links = { incidentUrl, queryUrl };
  const sceneAt = (at: EventTime, offset: number): Scene => ({ at, offset, ...links });

  const silenceOf = (tenant: string, signal: string, slice: string, at: EventTime) => {
    const found = silenceFor(book.rules, { tenant, signal, slice }, at);
    return found && { until: found.until, by: `rule ${found.id}`, reason: found.reason };
  };

  const add = (own: Case): void => {
    const list = casesOf(own.record.tenant);
    list.push(own);
    emit(own.record);
    const ended = list.filter(({ record }) => record.state === "resolved");
    const surplus = new Set(ended.slice(0, Math.max(0, ended.length - mostEnded)));
    for (let at = list.length - 1; at >= 0; at -= 1) {
      const one = list[at];
      if (one !== undefined && (surplus.has(one) || one.record.state === "closed")) list.splice(at, 1);
    }
  };

  const open = (opening: Opening, about: Pick<Case, "onset" | "harm" | "tracks">, scene: Scene): Case => {
    const { tenant, signal_type: signal, slice } = opening;
    const own = openCase(opening, about, silenceOf(tenant, signal, slice, scene.at), scene);
    add(own);
    return own;
  };

  // ── what is known of a live incident ──

  const seriesOf = ({ record }: Case): Series | undefined =>
    book.findTrack(record.tenant, record.signal_type, "*")?.series;

  const trackOf = ({ record }: Case): Track | undefined =>
    book.findTrack(record.tenant, record.signal_type, record.slice) ??
    book.findTrack(record.tenant, record.signal_type, "*");

  const sumsOf = (own: Case, track: Track, from: Bin, to: Bin): Sums =>
    own.record.class === "mix" ? ownSums(book, track, from, to) : book.sums(track.series, scopeOfCase(own), from, to);

  const subjectOf = (own: Case, bin: Bin): Subject | undefined => {
    const track = trackOf(own);
    if (track === undefined) return undefined;
    const { tenant, signal_type: signal, slice } = own.record;
    const from = Math.max(own.onset, bin - storedBins + 1);
    const rule = ruleFor(book.rules, { tenant, signal, slice });
    return {
      series: track.series,
      scope: scopeOfCase(own),
      track,
      rule,
      from,
      to: bin,
      sums: sumsOf(own, track, from, bin),
    };
  };

  const relatedTracks = (own: Case): readonly Track[] => {
    const scope = scopeOfCase(own);
    const signals = new Set([own.record.signal_type, ...own.tracks.map((track) => track.slice(0, track.indexOf("|")))]);
    return book
      .tracks(own.record.tenant)
      .filter(({ series, pairs }) => signals.has(series.signal) && canMeet(pairs, scope));
  };

  /** An incident must not become normal, so what it holds does not reach the baselines. A mixture that shifted is the new normal. */
  const freeze = (own: Case): void => {
    if (own.record.class === "mix" || !isLive(own.record)) return;
    const scope = scopeOfCase(own);
    const alarmed = new Set(own.tracks);
    for (const track of relatedTracks(own))
      if (isWithin(track.pairs, scope) || alarmed.has(`${track.series.signal}|${track.slice}`))
        book.freeze(track, own.onset);
  };

  /** What alarmed in it begins anew; what other live incidents hold stays frozen. */
  const release = (own: Case): void => {
    for (const track of relatedTracks(own)) {
      book.thaw(track);
      book.restart(track);
    }
    for (const other of casesOf(own.record.tenant)) if (other !== own) freeze(other);
  };

  // ── opening ──

  interface Found {
    readonly candidate: Candidate;
    readonly evidence: Evidence;
    readonly kind: AlarmClass;
    readonly root: Root;
    readonly subject: Subject;
    readonly suspicion: Suspicion;
  }

  /** A climbing rate is as grave as it is now: the last quarter, half and full hour, where enough is expected in them. */
  const recentWindows = ({ series, scope, from, to }: Subject): readonly Sums[] =>
    [3, 6, 12]
      .filter((length) => to - length + 1 >= from)
      .map((length) => book.sums(series, scope, to - length + 1, to))
      .filter(({ expected }) => expected >= enoughForGravity);

  const gravityOf = ({ candidate, kind, root, subject, suspicion }: Found) => {
    const { series, scope, sums, rule } = subject;
    return {
      kind,
      rule,
      direction: series.direction,
      cells: root.cells,
      scope,
      windows: isSustained(candidate) ? [sums] : [sums, ...recentWindows(subject)],
      isSustained: isSustained(candidate),
      isWarm: candidate.trigger !== "warm-up" && book.standing(candidate.track).warm,
      isChangeCorrelated: suspicion.isCorrelated,
      phi: dispersionOf(book, subject),
    };
  };

  const markersOf = ({ candidate, kind, root, subject, suspicion }: Found): readonly string[] => [
    isSustained(candidate) ? "sustained" : "sudden",
    ...(kind === "quality" && isCrossSegment(root.cells, subject.series.direction, subject.rule.guards.minTrials)
      ? ["cross-segment"]
      : []),
    ...(suspicion.isCorrelated ? ["change-correlated"] : []),
    ...(candidate.trigger === "warm-up" || !book.standing(candidate.track).warm ? ["warm-up"] : []),
  ];

  const toOpening = (found: Found, at: EventTime): Opening => {
    const { candidate, kind, root, subject, suspicion } = found;
    const { series, scope, rule } = subject;
    const slice = sliceName(scope);
    const described = describe(book, subject, suspicion);
    const first: GroupedSignal = {
      signal_type: series.signal,
      slice: safeName(slice),
      ratio: described.ratio,
      onset: isoTime(described.onset),
    };
    return {
      ...described,
      tenant: series.tenant,
      rule: rule.name,
      rule_version: book.rules.version,
      signal_type: series.signal,
      direction: series.direction,
      severity: severityOf(gravityOf(found)),
      class: kind,
      slice,
      opened_at: at,
      markers: JSON.stringify(markersOf(found)),
      parent_slice: parentOf(scope),
      causes: JSON.stringify(root.causes.map(sliceName)),
      signals: JSON.stringify([first]),
      p: candidate.p ?? described.p,
      ln_e: candidate.lnE,
      method: candidate.trigger,
      owner: rule.owner,
      runbook_url: rule.runbook,
      routes: JSON.stringify(rule.routes),
      detector: series.identity,
    };
  };

  /** What the evidence decides anew when an incident comes back or becomes something else. */
  const toPatch = (found: Found, at: EventTime): Partial<IncidentRecord> => {
    const {
      opened_at: _opened,
      tenant: _t,
      rule: _r,
      rule_version: _v,
      slice: _s,
      parent_slice: _p,
      signals: _g,
      signal_type: _k,
      direction: _d,
      ...patch
    } = toOpening(found, at);
    return patch;
  };

  /** A rollback that was announced after the change and before the incident opened. */
  const rollbackOf = ({ records }: Suspicion, tenant: string): EventTime | null =>
    changesFor(tenant).findLast((change) => isRollbackOf(change, records))?.ts ?? null;

  const join = (own: Case, { candidate, subject, suspicion }: Found): void => {
    const key = keyOf(candidate.track);
    if (!own.tracks.includes(key)) {
      own.tracks = [...own.tracks, key];
      if (own.record.class !== "mix") book.freeze(candidate.track, own.onset);
    }
    const { series, scope } = subject;
    const { ratio, onset } = describe(book, subject, suspicion);
    const signals = joinSignals(own, {
      signal_type: series.signal,
      slice: safeName(sliceName(scope)),
      ratio,
      onset: isoTime(onset),
    });
    if (signals === null) return;
    own.record = { ...own.record, signals };
    own.hasNews = true;
    freeze(own);
  };

  const settle = (found: Found, bin: Bin, scene: Scene): void => {
    const { candidate, kind, subject, suspicion } = found;
    const { series, scope, rule } = subject;
    const cases = casesOf(series.tenant);
    const alarm: Alarm = { series, scope, kind, from: subject.from, to: bin };
    const host = findHost(book, cases, alarm);
    if (host !== undefined) return join(host, found);
    const same = findSameKey(cases, rule.name, alarm, sliceName(scope));
    if (same !== undefined) {
      // What looked like one user or one client has spread; the other way round it stays what was told.
      if (kind !== "quality") return;
      same.hasNews = true;
      emit(updateIfDue(same, toPatch(found, scene.at), scene));
      return freeze(same);
    }
    const returning = findReturning(book, cases, alarm, scene.at);
    const onset = subject.from;
    if (returning !== undefined) {
      returning.onset = onset;
      const patch = toPatch(found, scene.at);
      // What was graver stays so: it is the same episode.
      const graver = isGraver(severityIn({ severity: patch.severity ?? "SEV4" }), severityIn(returning.record));
      emit(
        reopen(
          returning,
          { ...patch, markers: returning.record.markers, ...(graver ? {} : { severity: returning.record.severity }) },
          scene,
        ),
      );
      return freeze(returning);
    }
    const own = open(
      toOpening(found, scene.at),
      { onset, harm: subject.sums, tracks: [keyOf(candidate.track)] },
      scene,
    );
    own.rolledBackAt = rollbackOf(suspicion, series.tenant);
    freeze(own);
  };

  /** Whether what live incidents do not explain of the slice is still an alarm. */
  const isUnexplained = (
    evidence: Evidence,
    { explained, rule, restart }: { readonly explained: readonly Scope[]; readonly rule: Rule; readonly restart: Bin },
  ): boolean => {
    if (explained.length === 0) return true;
    const { candidate, from, to, sums } = evidence;
    const { series, pairs } = candidate.track;
    let { n, x, expected } = sums;
    for (const part of explained) {
      const held = book.sums(series, meet(pairs, part), Math.max(from, to - storedBins + 1), to);
      n -= held.n;
      x -= held.x;
      expected -= held.expected;
    }
    if (n < rule.guards.minTrials || !isImportant({ n, x, expected }, series.direction, rule.guards)) return false;
    const first = Math.max(restart, to - storedBins + 1);
    const options = { parts: explained, smallestRatio: rule.smallestRatio, from: first, to };
    return (
      isSustained(candidate) || evidenceOfRest(book, candidate.track, options) >= (candidate.threshold ?? monthOfBins)
    );
  };

  /** A watch whose change was taken back, or whose incident is over, has said what it had to say. */
  const isSpent = ({ trigger, changeId, track }: Candidate): boolean => {
    if (trigger !== "deploy-watch" || changeId === null) return false;
    const { tenant } = track.series;
    const isOver = casesOf(tenant).some(
      ({ record }) => record.state === "resolved" && record.changes?.includes(JSON.stringify(changeId)) === true,
    );
    const known = changesFor(tenant);
    const watched = known.filter(({ change_id: id }) => id === changeId);
    return isOver || known.some((change) => isRollbackOf(change, watched));
  };

  const look = (candidate: Candidate, bin: Bin, scene: Scene): void => {
    const { track } = candidate;
    const { series, pairs } = track;
    const { tenant, signal } = series;
    const cases = casesOf(tenant);
    const rule = ruleFor(book.rules, { tenant, signal, slice: track.slice });
    if (isSpent(candidate)) return;
    const holder = findHolder(cases, signal, pairs);
    if (holder !== undefined) {
      const key = keyOf(track);
      if (holder.tracks.includes(key)) return;
      holder.tracks = [...holder.tracks, key];
      return book.freeze(track, holder.onset);
    }
    if (isInhibited(cases, signal, pairs)) return;
    const restart = restartOf(cases, signal, pairs);
    const evidence = findEvidence(book, candidate, bin, restart);
    if (evidence === undefined) return;
    const explained = explainedParts(cases, signal, pairs);
    if (!isUnexplained(evidence, { explained, rule, restart })) return;
    const { guards } = rule;
    const dimensions = book.cells(series, [], bin, bin).dimensions;
    const first = Math.max(restart, bin - storedBins + 1);
    const { verdict, scope: named } = judge(book, evidence, { guards, dimensions, restart: first });
    if ("wait" in verdict) return;
    const kind = verdict.class;
    const root = findRoot(book, evidence, { guards, explained: heldScopes(cases, signal) });
    const from = evidence.from;
    const scope = kind === "quality" ? root.scope : nameable(book, series, named ?? pairs, Math.max(from, first), bin);
    const isOwn = sliceName(scope) === track.slice && (kind === "mix" || isSustained(candidate));
    const sums = isOwn ? evidence.sums : book.sums(series, scope, Math.max(from, first), bin);
    const subject: Subject = { series, scope, track, rule, from, to: bin, sums };
    const suspicion = suspect(book, changesFor(tenant), subject);
    settle(
      { candidate, evidence, kind, root: kind === "quality" ? root : { ...root, causes: [] }, subject, suspicion },
      bin,
      scene,
    );
  };

  // ── closing ──

  const end = (own: Case, closing: Closing, scene: Scene): void => {
    if (closing === "new_level") {
      for (const track of relatedTracks(own)) book.newLevel(track);
      const markers = readList<string>(own.record.markers);
      emit(resolve(own, { reason: closing, patch: { markers: JSON.stringify([...markers, closing]) } }, scene));
    } else emit(resolve(own, { reason: closing, patch: {} }, scene));
    release(own);
  };

  /** Whether it has become graver, or a change that came to light is the likely one. */
  const refresh = (own: Case, bin: Bin, scene: Scene): void => {
    const subject = subjectOf(own, bin);
    if (subject === undefined || own.record.class !== "quality" || own.record.method === "sustained") {
      if (own.hasNews) emit(updateIfDue(own, {}, scene));
      return;
    }
    const { series, from, to } = subject;
    const suspicion = suspect(book, changesFor(series.tenant), subject);
    const cells = book.cells(series, [], from, to);
    const candidate: Candidate = {
      track: subject.track,
      trigger: "e-sr",
      lnE: null,
      threshold: null,
      p: null,
      changeId: null,
    };
    const evidence: Evidence = { candidate, from, to, sums: subject.sums };
    const root: Root = { scope: subject.scope, causes: [], cells };
    const found: Found = { candidate, evidence, kind: "quality", root, subject, suspicion };
    const markers = readList<string>(own.record.markers);
    const isNewlyCorrelated = suspicion.isCorrelated && !markers.includes("change-correlated");
    const now = severityOf(gravityOf(found));
    const severity = isGraver(now, severityIn(own.record)) ? now : severityIn(own.record);
    if (isNewlyCorrelated) own.hasNews = true;
    if (!own.hasNews && severity === own.record.severity) return;
    const patch = {
      ...describe(book, subject, suspicion),
      severity,
      onset: own.record.onset,
      markers: JSON.stringify(isNewlyCorrelated ? [...markers, "change-correlated"] : markers),
    };
    emit(updateIfDue(own, patch, scene));
  };

  /** Adds a bin to what the incident has cost. */
  const weigh = (own: Case, bin: Bin): void => {
    const track = trackOf(own);
    if (track === undefined || endOf(bin) <= own.record.opened_at) return;
    const { n, x, expected } = sumsOf(own, track, bin, bin);
    own.harm = { n: own.harm.n + n, x: own.harm.x + x, expected: own.harm.expected + expected };
  };

  const follow = (own: Case, bin: Bin, scene: Scene): void => {
    weigh(own, bin);
    const track = trackOf(own);
    const closing =
      track === undefined ? "open" : closingOf(book, own, track, bin, (from) => sumsOf(own, track, from, bin));
    if (closing === "quiet") own.quiet += 1;
    else if (closing === "loud") own.quiet = 0;
    if (isOverAfter(own, scene.at, isFlapping(own))) {
      return end(own, own.rolledBackAt === null ? "recovered" : "rolled_back", scene);
    }
    if (isLongOpen(own, scene.at)) return end(own, "new_level", scene);
    if (closing !== "quiet") refresh(own, bin, scene);
  };

  /** What time alone brings: silences that begin and end, reminders. */
  const passTime = (own: Case, bin: Bin, scene: Scene): void => {
    const { state: now, silenced_until: until, tenant, signal_type: signal, slice } = own.record;
    if (now === "silenced" && until !== null && until <= scene.at) emit(unsilence(own, {}, scene));
    else if (now === "open" || now === "acknowledged") {
      const rule = silenceOf(tenant, signal, slice, scene.at);
      if (rule !== undefined) emit(silence(own, rule, scene));
    }
    const refreshed = (): Partial<IncidentRecord> => {
      const subject = own.record.method === "sustained" ? undefined : subjectOf(own, bin);
      if (subject === undefined) return {};
      return { ...describe(book, subject, suspect(book, changesFor(tenant), subject)), onset: own.record.onset };
    };
    emit(remindIfDue(own, refreshed, scene));
  };

  // ── silence of streams and of the pipeline ──

  const streamOpening = (tenant: string, feature: string, stream: StreamState, at: EventTime): Opening | undefined => {
    const slice = feature === "*" ? "*" : sliceName([["feature", feature]]);
    const rule = ruleFor(book.rules, { tenant, signal: streamSignal, slice });
    if (!rule.watch) return undefined;
    return {
      ...apparatus(tenant, rule, at),
      signal_type: streamSignal,
      class: "stream_stopped",
      slice,
      parent_slice: feature === "*" ? null : "*",
      onset: stream.from * binLength,
      window_start: stream.from * binLength,
      trials: stream.events,
      ratio: stream.expected > 0 ? stream.events / stream.expected : null,
      p: stream.p,
      method: "poisson",
    };
  };

  const apparatus = (tenant: string, rule: Rule, at: EventTime): Opening => ({
    tenant,
    rule: rule.name,
    rule_version: book.rules.version,
    signal_type: pipelineSignal,
    direction: "fall",
    severity: rule.severity ?? "SEV3",
    class: "pipeline_stalled",
    slice: "*",
    opened_at: at,
    markers: "[]",
    parent_slice: null,
    causes: "[]",
    signals: "[]",
    onset: at,
    window_start: at,
    window_end: at,
    trials: null,
    fired: null,
    users: null,
    sessions: null,
    rate: null,
    baseline: null,
    ratio: null,
    ratio_low: null,
    ratio_high: null,
    p: null,
    ln_e: null,
    method: "progress",
    min_detectable_ratio: null,
    versions: "[]",
    changes: "[]",
    examples: "[]",
    owner: rule.owner,
    runbook_url: rule.runbook,
    routes: JSON.stringify(rule.routes),
    detector: null,
  });

  /** Opens what is not known, or lets an episode that ended just now go on. */
  const openApparatus = (opening: Opening, scene: Scene): void => {
    const { tenant, signal_type: signal, slice } = opening;
    const earlier = casesOf(tenant).findLast(({ record }) => record.signal_type === signal && record.slice === slice);
    if (earlier !== undefined && isLive(earlier.record)) return;
    const ended = earlier?.record.resolved_at ?? null;
    if (earlier !== undefined && ended !== null && scene.at - ended <= 24 * binLength)
      return emit(reopen(earlier, { onset: opening.onset }, scene));
    open(
      opening,
      { onset: Math.floor((opening.onset ?? scene.at) / binLength), harm: { n: 0, x: 0, expected: 0 }, tracks: [] },
      scene,
    );
  };

  const followStreams = (tenant: string, bin: Bin, scene: Scene): void => {
    const ofStream = casesOf(tenant).filter(({ record }) => isLive(record) && record.class === "stream_stopped");
    for (const own of ofStream) {
      const [condition] = pairsOf(own.record.slice) ?? [];
      const stream = readStream(book, tenant, condition?.[1] ?? "*", bin);
      own.quiet = stream === undefined || stream.isBack ? own.quiet + 1 : 0;
      if (own.quiet >= 3) emit(resolve(own, { reason: "recovered", patch: {} }, scene));
    }
    const isAllSilent = (): boolean =>
      casesOf(tenant).some(({ record }) => isLive(record) && record.class === "stream_stopped" && record.slice === "*");
    for (const feature of ["*", ...book.features(tenant)]) {
      if (feature === "" || (feature !== "*" && isAllSilent())) continue;
      const stream = readStream(book, tenant, feature, bin);
      if (stream?.hasStopped !== true) continue;
      const opening = streamOpening(tenant, feature, stream, scene.at);
      if (opening !== undefined) openApparatus({ ...opening, window_end: scene.at }, scene);
    }
  };

  return {
    close(bin, tenants, offset) {
      const scene = sceneAt(endOf(bin), offset);
      const stalled = isStalled(book);
      if (book.time >= endOf(bin + 1)) state.leapt = bin;
      for (const { tenant, candidates } of tenants) {
        if (!stalled) {
          if (bin - state.leapt > binsOfStream) followStreams(tenant, bin, scene);
          for (const candidate of candidates.toSorted(byStrength)) look(candidate, bin, scene);
        }
        for (const own of casesOf(tenant)) {
          if (!isLive(own.record)) continue;
          const isHeld =
            stalled ||
            own.record.class === "stream_stopped" ||
            isInhibited(
              casesOf(tenant).filter((other) => other !== own && other.record.class === "stream_stopped"),
              own.record.signal_type,
              scopeOfCase(own),
            );
          if (!isHeld) follow(own, bin, scene);
          if (isLive(own.record)) passTime(own, bin, scene);
        }
      }
    },

    tick(offset) {
      const at = book.tickedAt;
      const scene = sceneAt(at, offset);
      const own = casesOf(pipelineTenant).find(({ record }) => isLive(record));
      if (!isStalled(book)) {
        state.stalledSince = null;
        if (own !== undefined) emit(resolve(own, { reason: "recovered", patch: {} }, scene));
        return;
      }
      state.stalledSince ??= at;
      if (partition !== 0 || own !== undefined || !isWorthTelling(state.stalledSince, at)) return;
      const rule = ruleFor(book.rules, { tenant: pipelineTenant, signal: pipelineSignal, slice: "*" });
      if (!rule.watch) return;
      const onset = book.time;
      openApparatus(
        {
          ...apparatus(pipelineTenant, rule, Math.floor(at / minute) * minute),
          onset,
          window_start: onset,
          window_end: at,
        },
        scene,
      );
    },

    change(change) {
      const { tenant, scope, change_id: id, ts } = change;
      const known = state.changes.get(tenant) ?? [];
      const next = rememberChange(known, change);
      if (next === known) return;
      state.changes.set(tenant, next);
      if (change.kind === "detector") {
        if (change.to !== null) book.announce([change.to]);
        return;
      }
      const concerned = tenant === "*" ? book.tenants() : [tenant];
      const pairs = pairsOf(scope);
      for (const one of concerned) {
        if (isWatched(change) && pairs !== undefined) book.watch(one, id, pairs, ts);
        const all = changesFor(one);
        for (const own of casesOf(one)) {
          if (!isLive(own.record)) continue;
          const ids = new Set(readList<CandidateChange>(own.record.changes).map(({ change_id: listed }) => listed));
          if (
            !isRollbackOf(
              change,
              all.filter(({ change_id: other }) => ids.has(other)),
            )
          )
            continue;
          own.rolledBackAt = ts;
          own.quiet = 0;
        }
      }
    },

    act(act, id, offset) {
      for (const list of state.cases.values())
        for (const own of list) {
          if (own.record.incident_id !== act.incidentId) continue;
          const wasLive = isLive(own.record);
          const result = applyAct(own, act, id, { offset, ...links });
          if (typeof result === "string") return result;
          emit(result);
          if (wasLive && !isLive(result) && seriesOf(own) !== undefined) release(own);
          return undefined;
        }
      return "act_unknown_incident";
    },

    adopt(records) {
      for (const record of records) {
        const list = casesOf(record.tenant);
        const isKnown = list.some(
          ({ record: own }) =>
            own.incident_id === record.incident_id ||
            (isLive(own) &&
              own.rule === record.rule &&
              own.signal_type === record.signal_type &&
              own.slice === record.slice),
        );
        if (isKnown || record.state === "closed") continue;
        const own = adoptCase(record);
        list.push(own);
        freeze(own);
      }
    },

    drain() {
      const taken = out;
      out = [];
      return taken;
    },
  };
};
