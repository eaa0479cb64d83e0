// A delivery made into the request that carries it: vetted URL, bytes that every attempt shares, headers of this attempt.
import type { Delivery, Destination } from "#adapters/webhook-port.ts";
import type { Post } from "./exchange.ts";
import { ExchangeFailed } from "./failure.ts";
import { vetUrl } from "./guard.ts";
import { allowedPayload } from "./payload.ts";
import { parseSecret, signatureHeaders } from "./signature.ts";
import { renderAlertmanager } from "./targets/alertmanager.ts";
import { renderAlertmanagerWebhook } from "./targets/alertmanager-webhook.ts";
import { renderCloudEvent } from "./targets/cloudevents.ts";
import type { Note, Rendered } from "./targets/message.ts";
import { renderPagerDuty } from "./targets/pagerduty.ts";
import { renderSlack } from "./targets/slack.ts";
import { renderStandard } from "./targets/standard.ts";

const renderers: Readonly<Record<Destination["type"], (note: Note) => Rendered>> = {
  standard: renderStandard,
  pagerduty: renderPagerDuty,
  slack: renderSlack,
  alertmanager: renderAlertmanager,
  "alertmanager-webhook": renderAlertmanagerWebhook,
};

const render = (note: Note): Rendered => {
  const { destination } = note;
  const enveloped = destination.type === "standard" && destination.format === "cloudevents";
  return (enveloped ? renderCloudEvent : renderers[destination.type])(note);
};

/** The keys that sign; none where the kind of destination knows no signatures. */
const signingKeys = ({ type, secrets }: Destination): readonly Buffer[] => {
  if (type !== "standard" && type !== "alertmanager-webhook") return [];
  const keys = secrets.map((secret) => parseSecret(secret));
  if (type === "standard" && keys.length === 0) throw new ExchangeFailed("bad_secret");
  return keys.map((key) => {
    if (key === undefined) throw new ExchangeFailed("bad_secret");
    return key;
  });
};

const withPath = (url: URL, path: string): URL => {
  const longer = new URL(url);
  const base = url.pathname.replace(/\/+$/, "");
  longer.pathname = base.endsWith(path) ? base : `${base}${path}`;
  return longer;
};

/** Throws ExchangeFailed for what no attempt can mend. */
export const prepare = ({ destination, notificationId, kind, incident, at }: Delivery): Post => {
  const url = vetUrl(destination);
  const keys = signingKeys(destination);
  if (destination.type === "pagerduty" && destination.secrets.length === 0) throw new ExchangeFailed("bad_secret");
  const allowed = allowedPayload(incident);
  if (allowed === undefined || !/^[\w-]{1,128}$/.test(notificationId)) throw new ExchangeFailed("bad_payload");
  const { path = "", contentType, body } = render({ destination, notificationId, kind, incident: allowed });
  const signed = { id: notificationId, timestamp: Math.floor(at / 1000), body };
  return {
    destination,
    url: path === "" ? url : withPath(url, path),
    headers: {
      "content-type": contentType,
      "user-agent": "earshot",
      ...(keys.length === 0 ? {} : signatureHeaders(keys, signed)),
    },
    body,
  };
};
