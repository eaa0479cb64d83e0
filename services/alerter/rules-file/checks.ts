// What a rules file must hold together: names that exist, rules that can be reached, times in order.
import { nearest } from "#runtime/nearest.ts";
import type { Path } from "./document.ts";
import { isValue, type Mistake } from "./mistakes.ts";
import { isCatchAll, isCovered, type Scope } from "./patterns.ts";
import type { DestinationEntry, RouteEntry, RuleEntry, SilenceEntry } from "./schema.ts";

/** An element of a section, the name that it gives itself, and what was read of it: as much as is right; undefined: nothing. */
export interface Named<T> {
  readonly path: Path;
  readonly name: string | undefined;
  readonly entry: T | undefined;
  /** Whether it is right as it stands. */
  readonly isWhole: boolean;
  /** As it stands. */
  readonly raw: unknown;
}

export interface Parts {
  readonly rules: readonly Named<RuleEntry>[];
  readonly silences: readonly Named<SilenceEntry>[];
  readonly routes: readonly Named<RouteEntry>[];
  readonly destinations: readonly Named<DestinationEntry>[];
}

const namesOf = (parts: readonly Named<unknown>[]): readonly string[] =>
  parts.flatMap(({ name }) => (name === undefined ? [] : [name]));

const duplicates = (parts: readonly Named<unknown>[]): readonly Mistake[] => {
  const seen = new Set<string>();
  return parts.flatMap(({ name, path }) => {
    if (name === undefined) return [];
    const isRepeated = seen.has(name);
    seen.add(name);
    return isRepeated
      ? [{ path: [...path, "name"], found: `${isValue(name)} again`, expected: "a name of its own" }]
      : [];
  });
};

/** `kind`: what the name should be of. */
const unknownName = (name: string, known: readonly string[], kind: string, path: Path): readonly Mistake[] => {
  if (known.includes(name)) return [];
  const near = nearest(name, known, 2);
  const hint = near.length > 0 ? near.join(" or ") : known.length > 0 ? known.join(", ") : "none is described";
  return [{ path, found: isValue(name), expected: `the name of a ${kind}: ${hint}` }];
};

/** Where a list of the element names it: what was read of the list may lack entries. */
const placeOf = (name: string, raw: unknown, list: Path): Path => {
  const names = (raw as Readonly<Record<string, unknown>>)[String(list.at(-1))];
  const index = Array.isArray(names) ? names.indexOf(name) : -1;
  return index < 0 ? list : [...list, index];
};

/** As written: a route has one whatever else is wrong with it. */
const fallbackOf = ({ raw }: Named<RouteEntry>): string | undefined => {
  const name = (raw as Readonly<Record<string, unknown>> | null)?.["fallback"];
  return typeof name === "string" ? name : undefined;
};

/** Fallbacks that lead back to where they started would be tried for ever. */
const circles = (routes: readonly Named<RouteEntry>[]): readonly Mistake[] => {
  const next = new Map(routes.map((route) => [route.name, fallbackOf(route)]));
  return routes.flatMap(({ name, path }) => {
    const seen = new Set<string | undefined>();
    let at = name;
    while (at !== undefined && !seen.has(at)) {
      seen.add(at);
      at = next.get(at);
      if (at === name && name !== undefined)
        return [
          { path: [...path, "fallback"], found: "leads back to this route", expected: "a route that ends elsewhere" },
        ];
    }
    return [];
  });
};

const routeMistakes = ({ routes, destinations }: Parts): readonly Mistake[] => {
  const [known, others] = [namesOf(destinations), namesOf(routes)];
  return routes.flatMap((route): readonly Mistake[] => {
    const { entry, path, raw } = route;
    const fallback = fallbackOf(route);
    const at = [...path, "destinations"];
    return [
      ...(entry?.destinations ?? []).flatMap((name) => unknownName(name, known, "destination", placeOf(name, raw, at))),
      ...(fallback === undefined ? [] : unknownName(fallback, others, "route", [...path, "fallback"])),
    ];
  });
};

/** Words for the rule's objective: a burn above this factor would be a rate above 1. */
const objectiveMistakes = ({ objective }: RuleEntry, path: Path): readonly Mistake[] =>
  (objective?.windows ?? []).flatMap(({ factor }, index) => {
    const at = [...path, "objective", "windows", index];
    const most = 1 / (objective?.rate ?? 1);
    const tooFar = {
      path: [...at, "factor"],
      found: isValue(factor),
      expected: `less than 1 ÷ rate = ${most.toFixed(1)}`,
    };
    return factor >= most ? [tooFar] : [];
  });

const ruleMistakes = ({ rules, routes }: Parts): readonly Mistake[] => {
  const known = namesOf(routes);
  const earlier: Scope[] = [];
  return rules.flatMap(({ entry, path, isWhole, raw }): readonly Mistake[] => {
    if (entry === undefined) return [];
    const hiding = isWhole && isCovered(entry, earlier);
    if (isWhole) earlier.push(entry);
    const unreachable = {
      path,
      found: "is never reached",
      expected: "a place before the rules that already fit all of it",
    };
    const misnamed = {
      path: [...path, "name"],
      found: 'is "default"',
      expected: "another name: it belongs to the rule that fits everything",
    };
    return [
      ...(hiding ? [unreachable] : []),
      ...(isWhole && entry.name === "default" && !isCatchAll(entry) ? [misnamed] : []),
      ...entry.routes.flatMap((name) => unknownName(name, known, "route", placeOf(name, raw, [...path, "routes"]))),
      ...objectiveMistakes(entry, path),
    ];
  });
};

const silenceMistakes = ({ silences }: Parts): readonly Mistake[] =>
  silences.flatMap(({ entry, path }) =>
    entry === undefined || entry.from < entry.until
      ? []
      : [{ path: [...path, "until"], found: "is not later than from", expected: "the end of the silence" }],
  );

export const crossMistakes = (parts: Parts): readonly Mistake[] => [
  ...duplicates(parts.rules),
  ...duplicates(parts.routes),
  ...duplicates(parts.destinations),
  ...routeMistakes(parts),
  ...circles(parts.routes),
  ...ruleMistakes(parts),
  ...silenceMistakes(parts),
];

interface Warning {
  readonly path: Path;
  readonly warning: string;
}

/** Of a file without mistakes. */
export const crossWarnings = ({ rules, routes, destinations }: Parts): readonly Warning[] => {
  if (destinations.length === 0)
    return [{ path: [], warning: "there are no destinations: incidents are recorded, and nobody is told" }];
  const used = new Set(routes.flatMap(({ entry }) => entry?.destinations ?? []));
  const idle = routes.length === 0 ? [] : destinations.filter(({ name }) => name !== undefined && !used.has(name));
  // A rule without routes takes all that are not merely a fallback.
  const named = new Set([
    ...rules.flatMap(({ entry }) => entry?.routes ?? []),
    ...routes.flatMap(({ entry }) => entry?.fallback ?? []),
  ]);
  const takesAll =
    rules.some(({ entry }) => entry?.routes.length === 0) ||
    !rules.some(({ entry }) => entry !== undefined && isCatchAll(entry));
  const unused = takesAll ? [] : routes.filter(({ name }) => name !== undefined && !named.has(name));
  return [
    ...idle.map(({ name, path }) => ({ path, warning: `destination ${name} is in no route: nothing is sent there` })),
    ...unused.map(({ name, path }) => ({ path, warning: `no rule takes route ${name}` })),
  ];
};
