// What a rules file means, in words that need no statistics: what is watched, how closely, how small a rise is seen, who is told.
import { routesFor, weekdays } from "#alerter/delivery-settings.ts";
import type { RulesFile } from "#alerter/rules-file.ts";
import { overDispersion } from "#core/alerts/baseline.ts";
import { smallestVisibleRatio } from "#core/alerts/detectable.ts";
import type { Rule } from "#core/alerts/rules.ts";

/** 28 days of bins of five minutes. */
const binsOfMonth = 8_064;
const binsOfHour = 12;

/** T: bins between false alarms. */
const patienceOf = ({ sensitivity }: Rule): number => binsOfMonth / sensitivity;

const usualBaseline = 0.05;
/** Correlation between trials of one bin; measured traffic of 6,000 trials an hour varies less than that of hundreds. */
const correlationAt = (trials: number): number => (trials > 1_200 ? 0.002 : 0.01);

/** The smallest ratio of harm found within two hours at a base rate of 5 %; undefined: none. */
const visibleRatio = (rule: Rule, trialsAnHour: number): number | undefined => {
  const seen = smallestVisibleRatio({
    baseline: usualBaseline,
    phi: overDispersion(trialsAnHour / binsOfHour, correlationAt(trialsAnHour)),
    trials: 2 * trialsAnHour,
    threshold: patienceOf(rule),
    direction: "rise",
    smallestRatio: rule.smallestRatio,
  });
  return seen === undefined ? undefined : Math.max(seen, rule.guards.minRatio);
};

const all = (patterns: readonly string[]): boolean => patterns.includes("*");

const among = (what: string, patterns: readonly string[]): string =>
  all(patterns) ? `all ${what}s` : `${what}${patterns.length > 1 ? "s" : ""} ${patterns.join(", ")}`;

const scopeOf = ({ tenants, signals, slices }: Rule): string =>
  [among("signal", signals), `in ${among("slice", slices)}`, `of ${among("tenant", tenants)}`].join(" ");

const clock = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;

const quietOf = ({ delivery }: RulesFile, { name }: Rule): string => {
  const quiet = delivery.quietHours[name];
  if (quiet === undefined) return "";
  const days = quiet.days.length === weekdays.length ? "every day" : quiet.days.join(" ");
  const rest = quiet.pages === "through" ? "tickets wait, pages do not" : "everything waits";
  return `quiet ${clock(quiet.from)}–${clock(quiet.to)} ${quiet.timeZone} ${days}: ${rest}`;
};

/** Routes that take an incident of this severity, with where they lead. */
const toldOf = ({ delivery }: RulesFile, rule: Rule, severity: string, kind = "quality"): string =>
  routesFor(delivery, rule.routes, { severity, class: kind })
    .map(({ name, destinations, fallback }) => {
      const then = fallback === null || severity > "SEV2" ? "" : `, else ${fallback}`;
      return `${name} (${destinations.join(", ")}${then})`;
    })
    .join("; ") || "nobody";

const severitiesOf = ({ severity }: Rule): readonly string[] => (severity === null ? ["SEV1", "SEV3"] : [severity]);

const named: Readonly<Record<string, string>> = { SEV1: "pages", SEV2: "pages", SEV3: "tickets", SEV4: "tickets" };

const whoOf = (file: RulesFile, rule: Rule): string =>
  [
    ...severitiesOf(rule).map((severity) => `${named[severity]} → ${toldOf(file, rule, severity)}`),
    `not about quality (SEV4) → ${toldOf(file, rule, "SEV4", "data")}`,
    quietOf(file, rule),
  ]
    .filter((part) => part !== "")
    .join("; ");

const times = (ratio: number | undefined): string => (ratio === undefined ? "none" : `×${ratio.toFixed(1)}`);

const figure = (value: number): string => value.toLocaleString("en", { maximumFractionDigits: 2 });

/** A row of the table: short, or its cells would break over lines. */
export const ruleRow = ({ delivery }: RulesFile, rule: Rule) => {
  const everywhere = delivery.routes.length > 0 ? "every route" : "nobody";
  const seen = (trials: number) => (rule.watch ? visibleRatio(rule, trials) : undefined);
  const shown = (trials: number): string => (rule.watch ? times(seen(trials)) : "–");
  return {
    rule: rule.name,
    "false alarms": rule.watch ? figure(rule.sensitivity) : "–",
    T: rule.watch ? figure(Math.round(patienceOf(rule))) : "–",
    "no news up to": rule.watch ? `×${rule.smallestRatio}` : "–",
    "seen at 100/h": shown(100),
    "600/h": shown(600),
    "6,000/h": shown(6_000),
    told: rule.watch ? rule.routes.join(", ") || everywhere : "nobody",
  };
};

/** The same as data. */
export const ruleData = (file: RulesFile, rule: Rule) => ({
  rule: rule.name,
  watch: rule.watch,
  watches: scopeOf(rule),
  sensitivity: rule.sensitivity,
  patience_bins: Math.round(patienceOf(rule)),
  smallest_ratio: rule.smallestRatio,
  visible_ratio: Object.fromEntries([100, 600, 6_000].map((trials) => [trials, visibleRatio(rule, trials) ?? null])),
  severity: rule.severity,
  told: whoOf(file, rule),
  owner: rule.owner,
  runbook: rule.runbook,
});

const guardsOf = ({ guards }: Rule): string =>
  `An incident needs ${guards.minTrials} trials, ${guards.minFired} of them harmful, ${guards.minUsers} users, ` +
  `×${guards.minRatio} of the baseline and ${figure(100 * guards.minDifference)} points more (or twice the baseline).`;

const extrasOf = ({ objective, cusumThreshold }: Rule): readonly string[] => [
  ...(objective === null
    ? []
    : [
        `Objective ${figure(100 * objective.rate)} %: also alarms when its budget burns ` +
          `${objective.windows.map(({ factor, longMinutes, shortMinutes }) => `${factor} × too fast over ${longMinutes} and ${shortMinutes} min`).join(", or ")}.`,
      ]),
  ...(cusumThreshold === null ? [] : [`Also alarms when the CUSUM for twice the baseline passes ${cusumThreshold}.`]),
];

/** Some sentences. */
export const explainRule = (file: RulesFile, rule: Rule): readonly string[] => {
  if (!rule.watch) return [`Counts ${scopeOf(rule)}, and never alerts.`];
  const patience = Math.round(patienceOf(rule));
  const alarms = `${figure(rule.sensitivity)} false alarm${rule.sensitivity === 1 ? "" : "s"} per slice and month`;
  return [
    `Watches ${scopeOf(rule)}.`,
    `Bears at most ${alarms}: T = ${figure(patience)} bins of 5 minutes between them. A rate up to ×${rule.smallestRatio} of its own baseline is no news.`,
    `Finds within 2 hours, at a base rate of 5 %: ${[100, 600, 6_000].map((trials) => `${times(visibleRatio(rule, trials))} at ${figure(trials)} trials/h`).join(", ")}; with many slices somewhat more.`,
    guardsOf(rule),
    ...extrasOf(rule),
    `Told: ${whoOf(file, rule)}.`,
    ...(rule.owner === null ? [] : [`Owner: ${rule.owner}.`]),
    ...(rule.runbook === null ? [] : [`Runbook: ${rule.runbook}`]),
  ];
};

/** Silences, in words. */
export const silenceText = ({ rules }: RulesFile): readonly string[] =>
  rules.silences.map(
    ({ from, until, reason, signals, slices, tenants }) =>
      `Silent from ${new Date(from).toISOString()} to ${new Date(until).toISOString()}: ` +
      `${among("signal", signals)} in ${among("slice", slices)} of ${among("tenant", tenants)} (${reason}).`,
  );
