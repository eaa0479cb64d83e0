// Events for the benches: the demo's mix of real dialogues and simulated chats, as the engine and the producers take them.

import type { Incoming } from "#core/engine-port.ts";
import { generateTraffic } from "#infra/dev/traffic.ts";
import type { InteractionRecord } from "#schemas/generated/records.ts";
import { interactionFields } from "#schemas/generated/records.ts";

const hour = 3_600_000;

/** A record with every field: what the traffic leaves out is null. */
const whole = (event: Partial<InteractionRecord>): InteractionRecord =>
  Object.fromEntries(interactionFields.map((name) => [name, event[name] ?? null])) as unknown as InteractionRecord;

/** A day of conversations ending at `to`, in arrival order. */
export const conversations = (seed: number, to: number): InteractionRecord[] =>
  generateTraffic({ seed, sessions: 4_000, dialogues: 986, from: to - 22 * hour, to }).events.map(whole);

/** The same conversations again under other names, `shift` later. */
export const again = (records: readonly InteractionRecord[], round: number, shift: number): InteractionRecord[] =>
  records.map((record) => ({
    ...record,
    event_id: `${record.event_id}~${String(round)}`,
    session_id: `${record.session_id}~${String(round)}`,
    response_id: record.response_id === null ? null : `${record.response_id}~${String(round)}`,
    ts: record.ts + shift,
  }));

/** As a log would hold them: consecutive offsets, appended when they happened. */
export const asLog = (records: readonly InteractionRecord[], firstOffset: number): Incoming[] =>
  records.map((interaction, i) => ({ interaction, offset: firstOffset + i, appendTs: interaction.ts, schemaId: 1 }));
