// Who is told, and when not: destinations, routes and quiet hours, as rules-file.ts read and checked them.
import type { Destination } from "#adapters/webhook-port.ts";
import type { Severity } from "#core/alerts/rules.ts";

export interface Route {
  readonly name: string;
  /** Names of destinations, at least one. */
  readonly destinations: readonly string[];
  /** Route for pages that no destination of this one accepted in two minutes. */
  readonly fallback: string | null;
  /** Notifications an hour; null: as many as there are. */
  readonly rateLimit: number | null;
  /** The least severe that goes here; SEV4: all. */
  readonly minSeverity: Severity;
  /** Classes of incidents that go here; null: all. */
  readonly classes: readonly string[] | null;
  /** How long notifications of one incident are gathered, ms. */
  readonly groupWaitMs: number;
}

export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof weekdays)[number];

/** When people are not told: from one time of the day to another, past midnight where `to` is not later than `from`. */
export interface QuietHours {
  /** Minutes since midnight in the time zone. */
  readonly from: number;
  readonly to: number;
  /** IANA name. */
  readonly timeZone: string;
  /** On which they begin. */
  readonly days: readonly Weekday[];
  /** Whether SEV1 and SEV2 are told all the same; everything else waits for the end. */
  readonly pages: "through" | "hold";
}

export interface DeliverySettings {
  readonly destinations: readonly Destination[];
  readonly routes: readonly Route[];
  /** By name of the rule. */
  readonly quietHours: Readonly<Record<string, QuietHours>>;
}

/** Without a rules file: nobody is told, incidents are records only. */
export const noDelivery: DeliverySettings = { destinations: [], routes: [], quietHours: {} };

const takes = (route: Route, severity: string, kind: string): boolean =>
  severity <= route.minSeverity && (route.classes === null || route.classes.includes(kind));

/** The routes that an incident takes; `names` as its rule has them: none means all that are not merely another's fallback. */
export const routesFor = (
  { routes }: DeliverySettings,
  names: readonly string[],
  { severity, class: kind }: { readonly severity: string; readonly class: string },
): readonly Route[] => {
  const fallbacks = new Set(routes.map(({ fallback }) => fallback));
  const chosen =
    names.length === 0
      ? routes.filter(({ name }) => !fallbacks.has(name))
      : routes.filter(({ name }) => names.includes(name));
  return chosen.filter((route) => takes(route, severity, kind));
};
