// What tests of webhooks need besides the receiver: a certificate, payloads, destinations, and a proxy that notes whom it was asked for.
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Delivery, Destination } from "#adapters/webhook-port.ts";
import type { IncidentPayload } from "#schemas/incident-payload.ts";

/** Self-signed for receiver.test until 2126, made for these tests: protects nothing. */
export const certificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgXspVqYS5afM6vb3V
9Hf6F47/88+iJQTfln/AjNybqLGhRANCAAS8S8ukjJ/Uwbiiy1oYr6kRwpJisXJl
fgXdos5T4jDKYoFAGQz8WaQtzq38W5hdUxfFTkKSLQkzuBwSUVPR7nYJ
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBoTCCAUegAwIBAgIUVQct7bUJtkbNTzgFtszN2hIPv78wCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNcmVjZWl2ZXIudGVzdDAgFw0yNjExMjUxNzU0MzdaGA8yMTI2
MTEwMTE3NTQzN1owGDEWMBQGA1UEAwwNcmVjZWl2ZXIudGVzdDBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABLxLy6SMn9TBuKLLWhivqRHCkmKxcmV+Bd2izlPiMMpi
gUAZDPxZpC3OrfxbmF1TF8VOQpItCTO4HBJRU9HudgmjbTBrMB0GA1UdDgQWBBQJ
7NWeGKSHlgfyop8f4i/F+jGK8jAfBgNVHSMEGDAWgBQJ7NWeGKSHlgfyop8f4i/F
+jGK8jAYBgNVHREEETAPgg1yZWNlaXZlci50ZXN0MA8GA1UdEwEB/wQFMAMBAf8w
CgYIKoZIzj0EAwIDSAAwRQIgZrgt60BjPWzPczt6SVmJqzhJNPqNysNsrAjwnCUK
3eECIQCBzwVlnwfg9fs10lDtdihKpCmiQUDF2ehf4JSkeQgLLg==
-----END CERTIFICATE-----`,
};

/** 24 bytes and more, as text. */
export const secretOf = (text: string): string => `whsec_${Buffer.from(text.padEnd(24, "-")).toString("base64")}`;

export const samplePayload = (changes: Partial<IncidentPayload> = {}): IncidentPayload => ({
  summary:
    "SEV2 negative-rate 20.5 % vs 4.5 % (×4.6, 3.3–6.2), 41/200, 23 users · feature=billing,prompt_version=p12 since 10:35",
  incident_id: "inc_42",
  tenant: "acme",
  rule: "negative-rate",
  rule_version: "1",
  state: "open",
  severity: "SEV2",
  severity_before: null,
  markers: ["sudden", "change-correlated"],
  class: "quality",
  signal_type: "explicit:negative",
  direction: "rise",
  slice: "feature=billing,prompt_version=p12",
  parent_slice: "feature=billing",
  causes: ["feature=billing,prompt_version=p12"],
  window_start: "2026-03-01T10:35:00.000Z",
  window_end: "2026-03-01T11:45:00.000Z",
  trials: 200,
  fired: 41,
  users: 23,
  rate: 0.205,
  baseline: 0.045,
  ratio: 4.56,
  ratio_low: 3.3,
  ratio_high: 6.2,
  p: 0.00001,
  ln_e: 10.2,
  method: "e-SR",
  min_detectable_ratio: 2.3,
  onset: "2026-03-01T10:35:00.000Z",
  opened_at: "2026-03-01T11:45:00.000Z",
  acked_at: null,
  resolved_at: null,
  versions: [{ dimension: "prompt_version", value: "p12", before: null, now: 0.205, trials: 200 }],
  changes: [
    {
      change_id: "chg-7",
      kind: "prompt",
      from: "p11",
      to: "p12",
      ts: "2026-03-01T10:00:00.000Z",
      scope: "feature=billing",
      score: 0.82,
      note: "correlated, not cause",
      owner: "team-billing",
      rollback_ref: "deploy/4711",
      url: "https://deploys.example/4711",
    },
  ],
  examples: ["resp-1", "resp-2"],
  signals: [],
  owner: "team-billing",
  runbook_url: "https://runbooks.example/negative-rate",
  query_url: "https://console.example/query?slice=feature%3Dbilling&from=1",
  incident_url: "https://console.example/incidents/inc_42",
  flap_count: 0,
  notice: "reads behaviour, is no verdict",
  limit: "rises below ×2.3 may stay unseen for two hours",
  ...changes,
});

/** Where a test may reach its own receivers. */
export const loopback = ["127.0.0.0/8"];

export const sampleDestination = (
  type: Destination["type"],
  changes: Partial<Omit<Destination, "type">> & { readonly format?: "json" | "cloudevents" } = {},
): Destination => {
  const format = changes.format ?? "json";
  const common = { name: "ops", url: "https://receiver.test/hook", allowPrivate: [], allowPorts: [], proxy: null };
  const secrets = type === "standard" ? [secretOf("first")] : type === "pagerduty" ? ["routing-key"] : [];
  return { ...common, secrets, ...changes, ...(type === "standard" ? { format } : {}), type } as Destination;
};

export const sampleDelivery = (destination: Destination, changes: Partial<Delivery> = {}): Delivery => ({
  destination,
  notificationId: "ntf_0d1c3a",
  kind: "opened",
  incident: samplePayload(),
  at: Date.now(),
  ...changes,
});

export interface TestProxy extends AsyncDisposable {
  readonly url: string;
  /** `host:port` and login of each CONNECT. */
  readonly asked: readonly { readonly target: string; readonly login: string | undefined }[];
}

/** An egress proxy to which all names are loopback; `refuse`: it lets nobody out. */
export const openTestProxy = async ({ refuse = false } = {}): Promise<TestProxy> => {
  const asked: { target: string; login: string | undefined }[] = [];
  const server = createServer();
  server.on("connect", ({ url = "", headers }, inner) => {
    asked.push({ target: url, login: headers["proxy-authorization"] });
    inner.on("error", () => undefined);
    if (refuse) {
      inner.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      return;
    }
    const outer = connect(Number(url.split(":").at(-1)), "127.0.0.1", () => {
      inner.write("HTTP/1.1 200 Connection established\r\n\r\n");
      outer.pipe(inner).pipe(outer);
    });
    outer.on("error", () => inner.destroy()).on("close", () => inner.destroy());
    inner.on("close", () => outer.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://user:pass@127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
};
