// What may stand in a rules file, one element at a time: names, units, ranges and defaults.
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { weekdays } from "#alerter/delivery-settings.ts";
import { defaultRule } from "#core/alerts/rules.ts";
import { parseDuration } from "#runtime/units.ts";
import { flag, integer, leaf, listOf, mapping, number, oneOf, someOf, text, trouble, word } from "./leaves.ts";
import { alertable, dimensionPair, signalPattern, slicePattern, tenantPattern } from "./patterns.ts";

const severities = ["SEV1", "SEV2", "SEV3", "SEV4"] as const;
const classes = ["quality", "mix", "data", "client", "concentrated", "stream_stopped", "pipeline_stalled"] as const;

const scope = {
  tenants: someOf(tenantPattern).default(["*"]),
  signals: someOf(signalPattern).default(["*"]),
  slices: someOf(slicePattern).default(["*"]),
};

const { guards: given } = defaultRule;
const guards = mapping({
  min_trials: integer("trials in the window", 1, 1e6).default(given.minTrials),
  min_fired: integer("harmful trials in the window", 1, 1e6).default(given.minFired),
  min_users: integer("users with a harmful trial", 1, 1000).default(given.minUsers),
  min_ratio: number("rate ÷ baseline", 1, 100).default(given.minRatio),
  min_difference: number("rate − baseline", 0, 1).default(given.minDifference),
});

const timeOfDay = leaf('a time of the day such as "22:00"', (value) => {
  const [, hours, minutes] = (typeof value === "string" ? /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(value) : null) ?? [];
  return hours === undefined ? undefined : 60 * Number(hours) + Number(minutes);
});

const timeZone = leaf("an IANA time zone such as Europe/Berlin", (value) => {
  if (typeof value !== "string") return undefined;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: value }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
});

const quietHours = mapping({
  from: timeOfDay,
  to: timeOfDay,
  time_zone: timeZone.default("UTC"),
  days: someOf(oneOf(weekdays)).default([...weekdays]),
  pages: oneOf(["through", "hold"]).default("through"),
});

const binMinutes = 5;
const longestWindow = 3 * 24 * 60;

/** Minutes. */
const window = leaf("a duration of whole bins of 5 minutes up to 3 days, such as 5m, 1h or 3d", (value) => {
  const minutes = typeof value === "string" ? (parseDuration(value) ?? 0) / 60_000 : 0;
  return minutes > 0 && minutes <= longestWindow && minutes % binMinutes === 0 ? minutes : undefined;
});

const objective = mapping({
  rate: leaf("the tolerable rate: above 0, below 1", (value) =>
    typeof value === "number" && value > 0 && value < 1 ? value : undefined,
  ),
  windows: someOf(
    mapping({ factor: number("multiples of the objective", 1, 1000), long: window, short: window }).refine(
      ({ long, short }) => short < long,
      { path: ["short"], error: "a shorter window than long" },
    ),
  ).optional(),
});

export const ruleSchema = mapping({
  name: word("a name"),
  ...scope,
  watch: flag("whether it alerts").default(true),
  sensitivity: number("false alarms per slice and month", 0.01, 30).default(defaultRule.sensitivity),
  smallest_ratio: number("the smallest ratio that matters", 1.05, 5).default(defaultRule.smallestRatio),
  guards: guards.default({
    min_trials: given.minTrials,
    min_fired: given.minFired,
    min_users: given.minUsers,
    min_ratio: given.minRatio,
    min_difference: given.minDifference,
  }),
  severity: oneOf(severities).optional(),
  cusum_threshold: number("a threshold in nats", 0.1, 1000).optional(),
  objective: objective.optional(),
  routes: listOf(word("the name of a route")).default([]),
  quiet_hours: quietHours.optional(),
  owner: word("who owns it").optional(),
  runbook: text(
    "an http(s) address without user, password or markup",
    /^https?:\/\/[\w.:[\]-]+(?:\/[\w.:/%~+,;=?&#*-]*)?$/,
  ).optional(),
});

/** Epoch ms. */
const moment = leaf('a time with its zone such as "2026-03-01T10:00:00Z"', (value) => {
  const isTime =
    typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/.test(value);
  const at = isTime ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
});

export const silenceSchema = mapping({
  ...scope,
  from: moment,
  until: moment,
  reason: text("why, in up to 200 characters on one line", /^[^\n\r]{1,200}$/),
});

export const routeSchema = mapping({
  name: word("a name"),
  destinations: someOf(word("the name of a destination")),
  fallback: word("the name of another route").optional(),
  rate_limit: integer("notifications an hour", 1, 10_000).optional(),
  min_severity: oneOf(severities).default("SEV4"),
  classes: someOf(oneOf(classes)).optional(),
  group_wait: leaf("a duration from 0s to 10m", (value) => {
    const ms = typeof value === "string" ? parseDuration(value) : value === 0 ? 0 : undefined;
    return ms !== undefined && ms <= 600_000 ? ms : undefined;
  }).default(30_000),
});

const variable = text("the name of an environment variable", /^[A-Za-z_]\w{0,127}$/);
const file = text("the path of a file", /^[^\0\n]{1,1024}$/);

/** Never a value in the file itself: it is kept in repositories and quoted in tickets. */
const inline = (name: string) =>
  leaf(`${name}_env or ${name}_file instead: a secret never stands in this file`, () => undefined).optional();

const secretKeys = {
  secret: inline("secret"),
  secret_env: variable.optional(),
  secret_file: file.optional(),
  previous_secret: inline("previous_secret"),
  previous_secret_env: variable.optional(),
  previous_secret_file: file.optional(),
};
const routingKeys = { secret: inline("secret"), secret_env: variable.optional(), secret_file: file.optional() };

/** Classes of addresses, as ipaddr.js names them, that `allow_private` may open. */
const privateRanges: ReadonlySet<string> = new Set(["loopback", "private", "uniqueLocal", "carrierGradeNat"]);

const privateCidr = leaf(
  "a CIDR of loopback, private, unique-local or carrier-grade addresses such as 10.1.0.0/16",
  (value) => {
    if (typeof value !== "string" || !ipaddr.isValidCIDR(value)) return undefined;
    const [address, bits] = ipaddr.parseCIDR(value);
    // The first and the last address lie in the same class: none of those classes has a hole.
    const last =
      address.kind() === "ipv4"
        ? ipaddr.IPv4.broadcastAddressFromCIDR(value)
        : ipaddr.IPv6.broadcastAddressFromCIDR(value);
    const isPrivate = bits > 0 && [address, last].every((one) => privateRanges.has(one.range()));
    return isPrivate ? value : trouble("others need no allowance, or get none");
  },
);

const reach = {
  allow_private: listOf(privateCidr).default([]),
  allow_ports: listOf(integer("a port", 1, 65_535)).default([]),
  proxy: text(
    "http://host:port; with user and password in proxy_env or proxy_file",
    /^http:\/\/[\w.:[\]-]+$/,
  ).optional(),
  proxy_env: variable.optional(),
  proxy_file: file.optional(),
};

const address = {
  url: leaf("an http(s) URL without user and password", (value) => {
    const parsed = typeof value === "string" ? URL.parse(value) : null;
    const isPlain =
      parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.username === "" && parsed.password === "";
    return isPlain && typeof value === "string" ? value : undefined;
  }).optional(),
  url_env: variable.optional(),
  url_file: file.optional(),
};

const name = word("a name");

const kinds = {
  standard: mapping({
    name,
    type: z.literal("standard"),
    ...address,
    ...secretKeys,
    format: oneOf(["json", "cloudevents"]).default("json"),
    ...reach,
  }),
  pagerduty: mapping({ name, type: z.literal("pagerduty"), ...address, ...routingKeys, ...reach }),
  slack: mapping({ name, type: z.literal("slack"), ...address, url: inline("url"), ...reach }),
  alertmanager: mapping({ name, type: z.literal("alertmanager"), ...address, ...reach }),
  "alertmanager-webhook": mapping({
    name,
    type: z.literal("alertmanager-webhook"),
    ...address,
    ...secretKeys,
    ...reach,
  }),
};

export const destinationSchema = z.discriminatedUnion(
  "type",
  [kinds.standard, kinds.pagerduty, kinds.slack, kinds.alertmanager, kinds["alertmanager-webhook"]],
  { error: `one of ${Object.keys(kinds).join(", ")}` },
);

export const pairSchema = dimensionPair;

export const priorSchema = leaf("a rate above 0 and below 1", (value) =>
  typeof value === "number" && value > 0 && value < 1 ? value : undefined,
);

export const priorSignals: readonly string[] = alertable.filter((type) => !type.startsWith("~"));

export type RuleEntry = z.output<typeof ruleSchema>;
export type SilenceEntry = z.output<typeof silenceSchema>;
export type RouteEntry = z.output<typeof routeSchema>;
export type DestinationEntry = z.output<typeof destinationSchema>;
