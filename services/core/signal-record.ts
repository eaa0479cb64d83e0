// A sighting as it goes out: ids, context, provenance of the response it is about, where it was read.
import type { SignalRecord } from "#schemas/generated/records.ts";
import type { Sighting } from "./detector.ts";
import type { Source } from "./engine-port.ts";
import { createSignalId } from "./ids.ts";
import type { Identity } from "./tally.ts";

export type Origin = "live" | "backfill" | "shadow";

export interface Said {
  readonly tenant: string;
  readonly session: string;
  readonly sighting: Sighting;
  readonly revision: number;
  readonly retracted: boolean;
  /** Of the record that made this revision. */
  readonly offset: number;
}

export type ToSignal = (said: Said) => SignalRecord;

const lowestOffset = ({ evidence, from }: Sighting): number => {
  let lowest = from.event.offset;
  for (const { offset } of evidence) if (offset < lowest) lowest = offset;
  return lowest;
};

export const createToSignal = (identities: ReadonlyMap<string, Identity>, source: Source, origin: Origin): ToSignal => {
  const signalId = createSignalId();
  const nobody: Identity = { detectorId: "", detectorVersion: "", configHash: "" };

  return ({ tenant, session, sighting, revision, retracted, offset }) => {
    const { type, anchor, from, response } = sighting;
    const { context, user } = from;
    const provenance = response?.answered?.provenance ?? null;
    const identity = identities.get(type) ?? nobody;
    return {
      event_id: signalId({
        tenant,
        session,
        type,
        anchor,
        detectorId: identity.detectorId,
        detectorVersion: identity.detectorVersion,
        configHash: identity.configHash,
      }),
      ts: sighting.at,
      event_type: type,
      tenant,
      session_id: session,
      detector_id: identity.detectorId,
      detector_version: identity.detectorVersion,
      config_hash: identity.configHash,
      origin,
      anchor,
      revision,
      retracted,
      provenance_status: response === null ? "unresolved" : "resolved",
      source_topic: source.topic,
      source_partition: source.partition,
      source_first_offset: lowestOffset(sighting),
      source_last_offset: offset,
      schema_id: from.event.schemaId,
      event_value: JSON.stringify(sighting.value),
      response_id: sighting.responseId,
      user_id_hash: user,
      feature: context.feature,
      segment: context.segment,
      tier: context.tier,
      device: context.device,
      locale: context.locale,
      app_version: context.app_version,
      utc_offset_min: context.utc_offset_min,
      prompt_name: provenance?.prompt_name ?? null,
      prompt_version: provenance?.prompt_version ?? null,
      model: provenance?.model ?? null,
      model_version: provenance?.model_version ?? null,
      release: provenance?.release ?? null,
      audit_id: response?.answered?.auditId ?? null,
      window_start: sighting.windowStart,
      window_end: sighting.windowEnd,
      evidence: JSON.stringify(sighting.evidence.map(({ id }) => id)),
      grade: sighting.grade,
      category: sighting.category,
      score: sighting.score,
      // Only a measured precision may stand here, and no detector's bins have been measured on live traffic.
      confidence: null,
      ambiguity: sighting.ambiguity,
    };
  };
};

/** Whether two sightings of one signal would go out alike, apart from revision and offsets. */
export const saysTheSame = (a: Sighting, b: Sighting): boolean =>
  a === b ||
  (a.at === b.at &&
    a.responseId === b.responseId &&
    (a.response === null) === (b.response === null) &&
    a.response?.answered?.provenance.key === b.response?.answered?.provenance.key &&
    a.response?.answered?.auditId === b.response?.answered?.auditId &&
    a.from.context.key === b.from.context.key &&
    a.from.user === b.from.user &&
    a.windowStart === b.windowStart &&
    a.windowEnd === b.windowEnd &&
    a.grade === b.grade &&
    a.category === b.category &&
    a.score === b.score &&
    a.ambiguity === b.ambiguity &&
    a.retracted === b.retracted &&
    a.evidence.length === b.evidence.length &&
    a.evidence.every((event, index) => event.id === b.evidence[index]?.id) &&
    JSON.stringify(a.value) === JSON.stringify(b.value));
