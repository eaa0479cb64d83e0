// What an answer means for the delivery: done, later, slower, never.
import type { Attempt, AttemptOutcome, Destination } from "#adapters/webhook-port.ts";
import type { Answer } from "./exchange.ts";
import { policyCodes } from "./failure.ts";

type Verdict = Pick<Attempt, "outcome" | "status" | "code" | "retryAfterMs" | "unknown">;

const longestWait = 3_600_000;

/** Seconds or an HTTP date, at most an hour; null: neither. */
const retryAfterMs = (header: string | null, now: number): number | null => {
  if (header === null) return null;
  const wait = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(wait) ? null : Math.min(longestWait, Math.max(0, wait));
};

/** Slack answers in short words; these say that trying again is in vain. https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
const finalReasons = [
  "action_prohibited",
  "channel_is_archived",
  "channel_not_found",
  "invalid_payload",
  "invalid_token",
  "no_active_hooks",
  "no_service",
  "no_service_id",
  "no_team",
  "posting_to_general_channel_denied",
  "team_disabled",
  "user_not_found",
];

/** The bytes stay the same, so a receiver that calls them malformed will say so again. */
const refusesMalformed = (type: Destination["type"]): boolean => type === "pagerduty" || type === "alertmanager";

const throttling: ReadonlySet<number> = new Set([429, 502, 504]);

const ofStatus = (type: Destination["type"], status: number, text: string): readonly [AttemptOutcome, string] => {
  if (status >= 200 && status < 300) return ["accepted", "ok"];
  if (status >= 300 && status < 400) return ["failed", "redirect"];
  const reason = type === "slack" ? finalReasons.find((known) => known === text.trim()) : undefined;
  if (reason !== undefined) return ["refused", `slack_${reason}`];
  if (status === 410) return ["disabled", "gone"];
  if (throttling.has(status)) return ["throttled", `http_${status}`];
  return [status === 400 && refusesMalformed(type) ? "refused" : "failed", `http_${status}`];
};

/** `now` in epoch ms, for waits given as a date. */
export const judge = (type: Destination["type"], answer: Answer, now: number): Verdict => {
  if ("failed" in answer) {
    const { code } = answer.failed;
    const outcome = policyCodes.has(code) ? "refused" : "failed";
    return { outcome, status: null, code, retryAfterMs: null, unknown: answer.sent };
  }
  const { status, retryAfter, text } = answer;
  const [outcome, code] = ofStatus(type, status, text);
  const wait = outcome === "accepted" ? null : retryAfterMs(retryAfter, now);
  return { outcome, status, code, retryAfterMs: wait, unknown: false };
};
