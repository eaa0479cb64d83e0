// The rules file: alerts.yaml to rules for the fold and settings for delivery, or all of its mistakes at once, each with its line.
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { z } from "zod";
import { burnWindows } from "#core/alerts/burn-rate.ts";
import { defaultRule, defaultRules, type Rule, type RuleSet, type SilenceRule } from "#core/alerts/rules.ts";
import { configHash } from "#core/ids.ts";
import type { Env } from "#runtime/config.ts";
import { AppError } from "#runtime/errors.ts";
import { nearest } from "#runtime/nearest.ts";
import { type DeliverySettings, noDelivery, type QuietHours, type Route } from "./delivery-settings.ts";
import { crossMistakes, crossWarnings, type Named } from "./rules-file/checks.ts";
import { readDestination } from "./rules-file/destinations.ts";
import { type Path, type RulesDocument, readDocument } from "./rules-file/document.ts";
import { describeMistakes, isValue, type Mistake } from "./rules-file/mistakes.ts";
import { isCatchAll } from "./rules-file/patterns.ts";
import { withoutFaults } from "./rules-file/repair.ts";
import {
  type DestinationEntry,
  destinationSchema,
  pairSchema,
  priorSchema,
  priorSignals,
  type RouteEntry,
  type RuleEntry,
  routeSchema,
  ruleSchema,
  type SilenceEntry,
  silenceSchema,
} from "./rules-file/schema.ts";

export interface RulesFile {
  readonly rules: RuleSet;
  readonly delivery: DeliverySettings;
  /** What is allowed and probably not meant, as complete sentences. */
  readonly warnings: readonly string[];
}

export interface RulesFileOptions {
  /** Name for messages. */
  readonly file: string;
  /** Where it lies: paths in it start there. */
  readonly folder: string;
  readonly env: Env;
  /** Whether a secret or address that is not found here is a mistake, as where the alerter runs, or only a warning. */
  readonly secrets: "required" | "optional";
}

/** Keys below which nothing is quoted: what stands there by mistake may be a secret. */
const hidden = /^(?:.*secret.*|url|proxy|token|password|.*key)$/;

const found = ({ value }: RulesDocument, path: Path): string => {
  let here: unknown = value;
  for (const part of path) {
    const around = here as Readonly<Record<string, unknown>> | null | undefined;
    // A single element may stand where a list is meant.
    if (typeof part === "number" && !Array.isArray(around)) continue;
    here = around?.[part];
  }
  const last = path.findLast((part) => typeof part === "string") ?? "";
  return hidden.test(last) && here !== undefined && here !== null ? "has a value that is not shown" : isValue(here);
};

const unknownKey = (key: string, known: readonly string[]): Omit<Mistake, "path"> => {
  const [near] = nearest(key, known, 1);
  return { found: "is no setting", expected: near === undefined ? `one of ${known.join(", ")}` : `${near}, perhaps` };
};

/** What zod found, in our words; messages of unknown keys are the known ones (see `mapping`). */
const toMistakes = (issues: readonly z.core.$ZodIssue[], document: RulesDocument, base: Path): readonly Mistake[] =>
  issues.flatMap((issue): readonly Mistake[] => {
    const path: Path = [...base, ...issue.path.filter((part) => typeof part !== "symbol")];
    if (issue.code !== "unrecognized_keys") return [{ path, found: found(document, path), expected: issue.message }];
    const known = issue.message.split(", ").filter((key) => key !== "secret" && key !== "previous_secret");
    return issue.keys.map((key) => ({ path: [...path, key], ...unknownKey(key, known) }));
  });

const sections = ["rules", "silences", "routes", "destinations", "pairs", "priors"] as const;

type Section = Readonly<Record<string, unknown>>;

/** Reads a document section by section, so that a mistake in one element hides none in the others. */
const createReader = (document: RulesDocument) => {
  const mistakes: Mistake[] = [];
  const top: Section =
    typeof document.value === "object" && document.value !== null && !Array.isArray(document.value)
      ? (document.value as Section)
      : {};
  if (document.value !== null && document.value !== undefined && top !== document.value)
    mistakes.push({ path: [], found: found(document, []), expected: `a mapping with ${sections.join(", ")}` });
  for (const key of Object.keys(top))
    if (!(sections as readonly string[]).includes(key)) mistakes.push({ path: [key], ...unknownKey(key, sections) });

  const read = <T>(schema: z.ZodType<T>, value: unknown, path: Path): T | undefined => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    mistakes.push(...toMistakes(parsed.error.issues, document, path));
    return undefined;
  };

  return {
    mistakes,
    list<T>(section: (typeof sections)[number], schema: z.ZodType<T>): readonly Named<T>[] {
      const value = top[section] ?? [];
      if (!Array.isArray(value)) {
        mistakes.push({ path: [section], found: isValue(value), expected: "a list" });
        return [];
      }
      return value.map((element: unknown, index): Named<T> => {
        const path = [section, index];
        const name: unknown = (element as Section | null)?.["name"];
        const entry = read(schema, element, path);
        return {
          path,
          name: typeof name === "string" ? name : undefined,
          entry: entry ?? withoutFaults(schema, element, `nameless ${index}`),
          isWhole: entry !== undefined,
          raw: element,
        };
      });
    },
    priors(): Readonly<Record<string, number>> {
      const value = top["priors"] ?? {};
      if (typeof value !== "object" || Array.isArray(value)) {
        mistakes.push({ path: ["priors"], found: isValue(value), expected: "a mapping of signals to rates" });
        return {};
      }
      const rates: Record<string, number> = {};
      for (const [signal, rate] of Object.entries(value as Section)) {
        const path = ["priors", signal];
        if (!priorSignals.includes(signal)) mistakes.push({ path, ...unknownKey(signal, priorSignals) });
        const prior = read(priorSchema, rate, path);
        if (prior !== undefined) rates[signal] = prior;
      }
      return rates;
    },
  };
};

const toRule = (entry: RuleEntry): Rule => {
  const { guards, objective } = entry;
  return {
    name: entry.name,
    tenants: entry.tenants,
    signals: entry.signals,
    slices: entry.slices,
    watch: entry.watch,
    sensitivity: entry.sensitivity,
    smallestRatio: entry.smallest_ratio,
    guards: {
      minTrials: guards.min_trials,
      minFired: guards.min_fired,
      minUsers: guards.min_users,
      minRatio: guards.min_ratio,
      minDifference: guards.min_difference,
    },
    severity: entry.severity ?? null,
    cusumThreshold: entry.cusum_threshold ?? null,
    objective:
      objective === undefined
        ? null
        : {
            rate: objective.rate,
            windows:
              objective.windows?.map(({ factor, long, short }) => ({
                factor,
                longMinutes: long,
                shortMinutes: short,
              })) ?? burnWindows(objective.rate),
          },
    routes: entry.routes,
    owner: entry.owner ?? null,
    runbook: entry.runbook ?? null,
  };
};

/** The id is a hash of the silence, so that a file read again names the same one. */
const toSilence = (entry: SilenceEntry): SilenceRule => ({ id: `silence-${configHash(entry)}`, ...entry });

const toRoute = (entry: RouteEntry): Route => ({
  name: entry.name,
  destinations: entry.destinations,
  fallback: entry.fallback ?? null,
  rateLimit: entry.rate_limit ?? null,
  minSeverity: entry.min_severity,
  classes: entry.classes ?? null,
  groupWaitMs: entry.group_wait,
});

const toQuietHours = ({
  from,
  to,
  time_zone: timeZone,
  days,
  pages,
}: NonNullable<RuleEntry["quiet_hours"]>): QuietHours => ({
  from,
  to,
  timeZone,
  days,
  pages,
});

/** With the default rule behind them, unless the last of them fits everything. */
const closed = (rules: readonly Rule[]): readonly Rule[] => {
  const last = rules.at(-1);
  return last !== undefined && isCatchAll(last) ? rules : [...rules, defaultRule];
};

const entriesOf = <T>(named: readonly Named<T>[]): readonly T[] =>
  named.flatMap(({ entry }) => (entry === undefined ? [] : [entry]));

/** Destinations without routes take everything. */
const routesOr = (routes: readonly Route[], destinations: readonly { readonly name: string }[]): readonly Route[] =>
  routes.length > 0 || destinations.length === 0
    ? routes
    : [
        toRoute({
          name: "default",
          destinations: destinations.map(({ name }) => name),
          min_severity: "SEV4",
          group_wait: 30_000,
        }),
      ];

/** Reads the text of a rules file; never throws for what stands in it. */
export const parseRulesFile = (
  text: string,
  options: RulesFileOptions,
): RulesFile | { readonly mistakes: readonly string[] } => {
  const { file } = options;
  const document = readDocument(text, file);
  if ("broken" in document) return { mistakes: document.broken };

  const reader = createReader(document);
  const rules = reader.list<RuleEntry>("rules", ruleSchema);
  const silences = reader.list<SilenceEntry>("silences", silenceSchema);
  const routes = reader.list<RouteEntry>("routes", routeSchema);
  const destinations = reader.list<DestinationEntry>("destinations", destinationSchema);
  const pairs = entriesOf(reader.list<string>("pairs", pairSchema));
  const priors = reader.priors();

  const reached = destinations.flatMap(({ entry, path, isWhole }) =>
    entry === undefined ? [] : [readDestination(entry, path, { ...options, isWhole })],
  );
  const missing = reached.flatMap((one) => one.missing);
  const parts = { rules, silences, routes, destinations };
  const mistakes = [
    ...reader.mistakes,
    ...reached.flatMap((one) => one.mistakes),
    ...(options.secrets === "required" ? missing : []),
    ...crossMistakes(parts),
  ];
  if (mistakes.length > 0) return { mistakes: describeMistakes(mistakes, document, file) };

  const content = {
    rules: closed(entriesOf(rules).map(toRule)),
    silences: entriesOf(silences).map(toSilence),
    pairs: [...new Set(pairs)],
    priors,
  };
  const ready = reached.map(({ destination }) => destination);
  const quiet = entriesOf(rules).flatMap(({ name, quiet_hours: hours }) =>
    hours === undefined ? [] : [[name, toQuietHours(hours)] as const],
  );
  return {
    rules: { version: configHash(content), ...content },
    delivery: {
      destinations: ready,
      routes: routesOr(entriesOf(routes).map(toRoute), ready),
      quietHours: Object.fromEntries(quiet),
    },
    warnings: [
      ...describeMistakes(options.secrets === "required" ? [] : missing, document, file),
      ...crossWarnings(parts).map(({ path, warning }) => `${file}:${document.lineOf(path)}: ${warning}`),
    ],
  };
};

/** What holds without any file. */
export const noRulesFile: RulesFile = {
  rules: defaultRules,
  delivery: noDelivery,
  warnings: ["There are no destinations: incidents are recorded, and nobody is told."],
};

/** Reads a rules file from disk; an AppError `config` lists all mistakes. */
export const loadRulesFile = (
  path: string,
  options: Omit<RulesFileOptions, "file" | "folder"> & { readonly file?: string },
): RulesFile => {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new AppError("config", `Cannot read the rules in ${path}`, { cause });
  }
  const read = parseRulesFile(text, { file: path, folder: dirname(path), ...options });
  if (!("mistakes" in read)) return read;
  const count = read.mistakes.length === 1 ? "a mistake" : `${read.mistakes.length} mistakes`;
  throw new AppError("config", `The rules have ${count}:\n${read.mistakes.map((line) => `  ${line}`).join("\n")}`, {
    cure: "infra/alerts/alerts.example.yaml describes every setting.",
  });
};
