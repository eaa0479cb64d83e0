// The record of an interaction that came too late: what it was about, without any text.
import type { LateRecord } from "#schemas/generated/records.ts";
import type { Incoming, Source } from "./engine-port.ts";
import type { EventTime } from "./time.ts";
import type { Extra } from "./validate.ts";

/** The keys of `extra` that can hold no words. */
const plainKeys = ["asks_question", "output_chars", "scale_max", "tool_errors"] as const;

const plainExtra = (extra: Extra | null): string | null => {
  const entries = plainKeys.flatMap((key) => {
    const value = extra?.[key];
    return typeof value === "number" || typeof value === "boolean" ? [[key, value] as const] : [];
  });
  return entries.length === 0 ? null : JSON.stringify(Object.fromEntries(entries));
};

export const toLate = (
  { interaction, offset, appendTs }: Incoming,
  extra: Extra | null,
  { reason, watermark, source }: { readonly reason: string; readonly watermark: EventTime; readonly source: Source },
): LateRecord => ({
  event_id: interaction.event_id,
  type: interaction.type,
  ts: interaction.ts,
  tenant: interaction.tenant,
  session_id: interaction.session_id,
  user_id_hash: interaction.user_id_hash,
  response_id: interaction.response_id,
  text_chars: interaction.text?.length ?? null,
  value: interaction.value,
  label: interaction.label,
  feature: interaction.feature,
  segment: interaction.segment,
  tier: interaction.tier,
  device: interaction.device,
  locale: interaction.locale,
  app_version: interaction.app_version,
  utc_offset_min: interaction.utc_offset_min,
  prompt_name: interaction.prompt_name,
  prompt_version: interaction.prompt_version,
  model: interaction.model,
  model_version: interaction.model_version,
  release: interaction.release,
  audit_id: interaction.audit_id,
  extra: plainExtra(extra),
  reason,
  watermark,
  source_topic: source.topic,
  source_partition: source.partition,
  source_offset: offset,
  append_ts: appendTs,
});
