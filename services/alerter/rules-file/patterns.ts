// Patterns over tenants, signals and slices: how they are written, and which of two covers the other.
import { contextFields, provenanceFields } from "#core/context.ts";
import { signalKinds } from "#core/signals.ts";
import { nearest } from "#runtime/nearest.ts";
import { leaf, trouble } from "./leaves.ts";

/** What can raise an incident: the signals with a harmful direction, a stream that stopped, a pipeline that stalled. */
export const alertable: readonly string[] = [
  ...signalKinds.filter(({ harm }) => harm !== null).map(({ type }) => type),
  "~stream",
  "~pipeline",
];

export const dimensions: readonly string[] = [...contextFields, ...provenanceFields].filter(
  (name) => name !== "utc_offset_min",
);

/** Deeper slices are not tracked. */
const mostDimensions = 3;

const didYouMean = (name: string, names: readonly string[]): string => {
  const near = nearest(name, names, 2);
  return near.length === 0 ? `known are ${names.join(", ")}` : `did you mean ${near.join(" or ")}?`;
};

/** Whether a pattern, `*` alone or at its end standing for anything, fits a name. */
export const fits = (pattern: string, name: string): boolean =>
  pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;

/** A pattern fits another's text exactly when it fits all that the other fits. */
const covers = fits;

export const tenantPattern = leaf("a tenant, or a pattern with * at its end", (value) =>
  typeof value === "string" && /^(?:[^*\s~][^*\s]{0,255})?\*?$/.test(value) && value !== "" ? value : undefined,
);

export const signalsOf = (pattern: string): readonly string[] => alertable.filter((type) => fits(pattern, type));

export const signalPattern = leaf("a signal that can alert, or a pattern with * at its end that fits one", (value) => {
  if (typeof value !== "string") return undefined;
  if (signalsOf(value).length > 0) return value;
  const isMeasured = signalKinds.some(({ type }) => fits(value, type));
  return trouble(isMeasured ? "this one has no harmful direction" : didYouMean(value, alertable));
});

type Condition = readonly [dimension: string, value: string];

/** The conditions of a slice pattern in the order of its name; none: all slices. */
const conditionsOf = (pattern: string): readonly Condition[] =>
  pattern === "*"
    ? []
    : pattern
        .split(",")
        .map((part): Condition => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]);

const troubleIn = (conditions: readonly Condition[]): ReturnType<typeof trouble> | undefined => {
  const names = conditions.map(([dimension]) => dimension);
  const unknown = names.find((name) => !dimensions.includes(name));
  if (unknown !== undefined) return trouble(`there is no dimension ${unknown}: ${didYouMean(unknown, dimensions)}`);
  if (new Set(names).size < names.length) return trouble("it names a dimension twice");
  return names.length > mostDimensions ? trouble(`it has more than ${mostDimensions} dimensions`) : undefined;
};

/** Values as slices are named; one with %2C or the like in it is taken for encoded. A * at the end stays one. */
const encodeValue = (value: string): string =>
  /%[\da-f]{2}/i.test(value) ? value : encodeURIComponent(value.toWellFormed());

export const slicePattern = leaf("a slice such as *, feature=billing or feature=billing,tier=*", (value) => {
  if (value === "*") return value;
  if (typeof value !== "string" || !/^\w+=[^,=*\n]*\*?(?:,\w+=[^,=*\n]*\*?)*$/.test(value)) return undefined;
  const conditions = conditionsOf(value);
  if (conditions.some(([, wanted]) => wanted.trim() === "")) return undefined;
  return (
    troubleIn(conditions) ??
    conditions
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([dimension, wanted]) => `${dimension}=${encodeValue(wanted)}`)
      .join(",")
  );
});

/** `model,tier`, or a list of the two. */
export const dimensionPair = leaf("two dimensions such as model,tier", (value) => {
  const names = Array.isArray(value) ? value.map(String) : typeof value === "string" ? value.split(/\s*,\s*/) : [];
  if (names.length !== 2) return undefined;
  const wrong = troubleIn(names.map((name): Condition => [name, "*"]));
  if (wrong !== undefined) return wrong;
  if (names.includes("feature")) return trouble("feature with each other dimension is tracked anyway");
  return names.toSorted().join(",");
});

/** As `ruleFor` reads them: a pattern fits whatever holds all of its conditions, and perhaps more. */
const coversSlice = (outer: string, inner: string): boolean => {
  if (outer === "*") return true;
  if (inner === "*") return false;
  const inside = new Map(conditionsOf(inner));
  return conditionsOf(outer).every(([dimension, value]) => {
    const held = inside.get(dimension);
    return held !== undefined && covers(value, held);
  });
};

export interface Scope {
  readonly tenants: readonly string[];
  readonly signals: readonly string[];
  readonly slices: readonly string[];
}

/** Whether everything that the scope fits is fitted by one of the earlier ones; says false in doubt. */
export const isCovered = (scope: Scope, earlier: readonly Scope[]): boolean => {
  const signals = new Set(scope.signals.flatMap((pattern) => signalsOf(pattern)));
  return scope.tenants.every((tenant) =>
    [...signals].every((signal) =>
      scope.slices.every((slice) =>
        earlier.some(
          (other) =>
            other.tenants.some((pattern) => covers(pattern, tenant)) &&
            other.signals.some((pattern) => fits(pattern, signal)) &&
            other.slices.some((pattern) => coversSlice(pattern, slice)),
        ),
      ),
    ),
  );
};

export const isCatchAll = (scope: Scope): boolean =>
  isCovered({ tenants: ["*"], signals: ["*"], slices: ["*"] }, [scope]);
