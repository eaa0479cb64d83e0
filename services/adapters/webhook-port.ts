// The webhook seam: what the alerter may ask of the outside. webhook/sender.ts sends for real, webhook/memory.ts is its twin; both pass one contract suite.
import type { IncidentPayload } from "#schemas/incident-payload.ts";

interface AnyDestination {
  /** Of the lane, in logs and in `deliveries`. */
  readonly name: string;
  readonly url: string;
  /**
   * Resolved, current one first. standard: `whsec_…`, each of which signs, so that receivers can change over; pagerduty: the routing
   * key; alertmanager-webhook: as standard, or none; the others: none (Slack's secret is its URL).
   */
  readonly secrets: readonly string[];
  /** CIDRs of loopback, private, unique-local or carrier-grade addresses that may be reached after all, there also without TLS. */
  readonly allowPrivate: readonly string[];
  /** Besides 443 and 8443. */
  readonly allowPorts: readonly number[];
  /** `http://[user:password@]host:port` of an egress proxy (CONNECT), which then resolves and vets names; null: go out directly. */
  readonly proxy: string | null;
}

/** Where notifications go: plain data, checked by who read it. */
export type Destination =
  | (AnyDestination & { readonly type: "standard"; readonly format: "json" | "cloudevents" })
  | (AnyDestination & { readonly type: "pagerduty" | "slack" | "alertmanager" | "alertmanager-webhook" });

export type NotificationKind = "opened" | "updated" | "reminder" | "acknowledged" | "resolved" | "test";

export interface Delivery {
  readonly destination: Destination;
  /** The idempotency key: the same in every attempt. */
  readonly notificationId: string;
  readonly kind: NotificationKind;
  /** As stored in the incident record; anything outside the allow-list is not sent. */
  readonly incident: IncidentPayload;
  /** Epoch ms of this attempt; goes into headers only. */
  readonly at: number;
}

/**
 * accepted: 2xx. failed: try again later. throttled: 429, 502, 504: the same, and slower. disabled: 410, this destination is gone.
 * refused: the same delivery can never succeed here.
 */
export type AttemptOutcome = "accepted" | "failed" | "throttled" | "disabled" | "refused";

export interface Attempt {
  readonly outcome: AttemptOutcome;
  /** Null: no answer came. */
  readonly status: number | null;
  /**
   * `ok`, `http_<status>`, `redirect`, `gone`, `slack_<reason>`; without an answer: `timeout`, `dns`, `connect`, `proxy`, `tls`,
   * `tls_expired`, `tls_name`, `tls_self_signed`, `reset`, `bad_answer`; never sent: `bad_url`, `blocked_port`, `blocked_address`, `bad_secret`, `bad_payload`.
   */
  readonly code: string;
  /** What the receiver asked for, at most an hour. */
  readonly retryAfterMs: number | null;
  /** Hex; equal for all attempts of one notification at one destination. Empty when there was no body to send. */
  readonly bodySha256: string;
  readonly durationMs: number;
  /** The request may have been taken although no answer says so: who cannot drop repeats (Slack) gets at most one more. */
  readonly unknown: boolean;
}

/** How a kind of destination wants to be treated. */
export interface Manners {
  /** Whether it drops repeats by id; else at most one repeat after an unknown attempt. */
  readonly idempotent: boolean;
  /** Least time between two messages, ms. */
  readonly gapMs: number;
  /** Alertmanager forgets alerts that are not sent again: how often while open, and for how long after the end, ms. */
  readonly resend: { readonly everyMs: number; readonly resolvedForMs: number } | null;
}

export interface Sender extends AsyncDisposable {
  /** One attempt. Never throws for what a receiver, a name server or a network does; throws `signal`'s reason when it aborts. */
  send(delivery: Delivery, signal?: AbortSignal): Promise<Attempt>;
}

const minute = 60_000;

export const mannersOf = ({ type }: Pick<Destination, "type">): Manners => ({
  idempotent: type !== "slack",
  // Slack: about one message a second per channel.
  gapMs: type === "slack" ? 1000 : 0,
  resend: type === "alertmanager" ? { everyMs: minute, resolvedForMs: 5 * minute } : null,
});
