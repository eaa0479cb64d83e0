// The notifications that an incident record carries, read back from its JSON.
import { z } from "zod";
import type { NotificationKind } from "#adapters/webhook-port.ts";
import type { IncidentPayload } from "#schemas/incident-payload.ts";

export interface Notice {
  /** The idempotency key at every destination. */
  readonly id: string;
  readonly kind: NotificationKind;
  readonly seq: number;
  /** Whether it may wake people. */
  readonly page: boolean;
  /** Event time, epoch ms. */
  readonly at: number;
  /** Sent as stored. */
  readonly data: IncidentPayload;
}

const notice = z.object({
  id: z.string().regex(/^[\w-]{1,128}$/),
  kind: z.enum(["opened", "updated", "reminder", "acknowledged", "resolved", "test"]),
  seq: z.number(),
  page: z.boolean(),
  at: z.number(),
  // The sender holds it against the allow-list before anything leaves.
  data: z.custom<IncidentPayload>((value) => typeof value === "object" && value !== null),
});

const list = z.array(notice);

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

/** In their order; empty for none, and for what is no list of notices. */
export const readNotices = (text: string | null): readonly Notice[] => {
  if (text === null) return [];
  const parsed = list.safeParse(parse(text));
  return parsed.success ? parsed.data : [];
};

/** A JSON list of words, as `routes` and `markers` are; empty for none. */
export const readWords = (text: string | null): readonly string[] => {
  const value = text === null ? [] : parse(text);
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
};
