// Incidents that are not about rates: streams of events that stopped, a pipeline that stalled.
import type { EventTime } from "#core/time.ts";
import { minute } from "#core/time.ts";
import { binLength } from "./bins.ts";
import type { Bin } from "./book-port.ts";
import type { CaseState, Desk } from "./desk.ts";
import { pairsOf, sliceName } from "./dimensions.ts";
import { type Opening, reopen, reopenWithin, resolve, type Scene } from "./incident.ts";
import { isLive } from "./render.ts";
import { type Rule, ruleFor } from "./rules.ts";
import { isStalled, isWorthTelling, mayHaveStopped, readStream, type StreamState } from "./silence.ts";

/** Nobody's product: the pipeline itself. */
export const pipelineTenant = "~";
const streamSignal = "~stream";
const pipelineSignal = "~pipeline";

/** A stream is back after so many bins running. */
const binsRunning = 3;

export interface Apparatus {
  followStreams(tenant: string, bin: Bin, scene: Scene): void;
  /** A tick was read. `tells`: this partition is the one that speaks for all. */
  followPipeline(state: CaseState, scene: Scene, tells: boolean): void;
}

/** What such an incident says at least; SEV3, so that a rule decides whether it wakes people. */
const blankOpening = (tenant: string, rule: Rule, at: EventTime, rulesVersion: string): Opening => ({
  tenant,
  rule: rule.name,
  rule_version: rulesVersion,
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

export const createApparatus = (desk: Desk): Apparatus => {
  const { book, casesOf, emit } = desk;

  const streamOpening = (tenant: string, feature: string, stream: StreamState, at: EventTime): Opening | undefined => {
    const slice = feature === "*" ? "*" : sliceName([["feature", feature]]);
    const rule = ruleFor(book.rules, { tenant, signal: streamSignal, slice });
    if (!rule.watch) return undefined;
    return {
      ...blankOpening(tenant, rule, at, book.rules.version),
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

  /** Opens what is not known, or lets an episode that ended just now go on. */
  const openOrReopen = (opening: Opening, scene: Scene): void => {
    const { tenant, signal_type: signal, slice } = opening;
    const earlier = casesOf(tenant).findLast(({ record }) => record.signal_type === signal && record.slice === slice);
    if (earlier !== undefined && isLive(earlier.record)) return;
    const ended = earlier?.record.resolved_at ?? null;
    if (earlier !== undefined && ended !== null && scene.at - ended <= reopenWithin)
      return emit(reopen(earlier, { onset: opening.onset }, scene));
    desk.open(
      opening,
      { onset: Math.floor((opening.onset ?? scene.at) / binLength), harm: { n: 0, x: 0, expected: 0 }, tracks: [] },
      scene,
    );
  };

  const followStreams = (tenant: string, bin: Bin, scene: Scene): void => {
    const stopped = casesOf(tenant).filter(({ record }) => isLive(record) && record.class === "stream_stopped");
    for (const own of stopped) {
      const [condition] = pairsOf(own.record.slice) ?? [];
      const stream = readStream(book, tenant, condition?.[1] ?? "*", bin);
      own.quiet = stream === undefined || stream.isBack ? own.quiet + 1 : 0;
      if (own.quiet >= binsRunning) emit(resolve(own, { reason: "recovered", patch: {} }, scene));
    }
    const isAllSilent = (): boolean =>
      casesOf(tenant).some(({ record }) => isLive(record) && record.class === "stream_stopped" && record.slice === "*");
    for (const feature of ["*", ...book.features(tenant)]) {
      if (feature === "" || !mayHaveStopped(book, tenant, feature, bin)) continue;
      if (feature !== "*" && isAllSilent()) continue;
      const stream = readStream(book, tenant, feature, bin);
      if (stream?.hasStopped !== true) continue;
      const opening = streamOpening(tenant, feature, stream, scene.at);
      if (opening !== undefined) openOrReopen({ ...opening, window_end: scene.at }, scene);
    }
  };

  const followPipeline: Apparatus["followPipeline"] = (state, scene, tells) => {
    const own = casesOf(pipelineTenant).find(({ record }) => isLive(record));
    if (!isStalled(book)) {
      state.stalledSince = null;
      if (own !== undefined) emit(resolve(own, { reason: "recovered", patch: {} }, scene));
      return;
    }
    state.stalledSince ??= scene.at;
    if (!tells || own !== undefined || !isWorthTelling(state.stalledSince, scene.at)) return;
    const rule = ruleFor(book.rules, { tenant: pipelineTenant, signal: pipelineSignal, slice: "*" });
    if (!rule.watch) return;
    const openedAt = Math.floor(scene.at / minute) * minute;
    const onset = book.time;
    openOrReopen(
      {
        ...blankOpening(pipelineTenant, rule, openedAt, book.rules.version),
        onset,
        window_start: onset,
        window_end: scene.at,
      },
      scene,
    );
  };

  return { followStreams, followPipeline };
};
