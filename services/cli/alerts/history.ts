// npm run alerts -- test: history through a rules file, the incidents that it would have opened, and how the default rules compare.
import { defaultRules, type RuleSet } from "#core/alerts/rules.ts";
import type { ChangeRecord, IncidentRecord } from "#schemas/generated/records.ts";
import type { TallyLog } from "./log.ts";
import { createTwin } from "./twin.ts";

interface Notice {
  readonly page: boolean;
}

interface Change {
  readonly change_id: string;
}

const listFrom = (text: string | null): unknown => (text === null ? [] : JSON.parse(text));

const isPaged = ({ notify }: IncidentRecord): boolean =>
  (listFrom(notify) as readonly Notice[]).some(({ page }) => page);

/** Incidents as their newest transition left them, in the order in which they opened. */
const createCasebook = () => {
  const first = new Map<string, IncidentRecord>();
  const newest = new Map<string, IncidentRecord>();
  const paged = new Set<string>();
  return {
    take(transition: IncidentRecord): void {
      const { incident_id: id } = transition;
      if (!first.has(id)) first.set(id, transition);
      newest.set(id, transition);
      if (isPaged(transition)) paged.add(id);
    },
    incidents: (): readonly IncidentRecord[] =>
      [...newest.values()].toSorted((a, b) => a.opened_at - b.opened_at || (a.incident_id < b.incident_id ? -1 : 1)),
    opening: (id: string): IncidentRecord | undefined => first.get(id),
    isPaged: (id: string): boolean => paged.has(id),
    pages: (): number => paged.size,
  };
};

const timeText = (at: number | null): string | null =>
  at === null ? null : new Date(at).toISOString().replace(/:\d\d\.\d{3}Z$/, "Z");

/** A line of the answer; a type, because an interface would not do as a record. */
export type HistoryRow = {
  readonly opened: string | null;
  readonly tenant: string;
  readonly slice: string;
  readonly signal: string;
  readonly class: string;
  readonly severity: string;
  readonly page: string;
  readonly ratio: number | null;
  readonly onset: string | null;
  readonly resolved: string | null;
  readonly change: string | null;
};

const rounded = (value: number | null): number | null => (value === null ? null : Math.round(value * 100) / 100);

export interface History {
  readonly rows: readonly HistoryRow[];
  /** Incidents that paged, under these rules and under the default ones. */
  readonly pages: number;
  readonly pagesByDefault: number;
  readonly incidentsByDefault: number;
  /** Event time from the first to the last tally. */
  readonly days: number;
  readonly rejected: ReadonlyMap<string, number>;
}

/** Reads the log once, for both sets of rules. */
export const replayHistory = async (
  log: TallyLog,
  { rules, changes }: { readonly rules: RuleSet; readonly changes: readonly ChangeRecord[] },
): Promise<History> => {
  const [ours, theirs] = [createCasebook(), createCasebook()];
  const twin = createTwin({ rules, changes, take: (transition) => ours.take(transition) });
  const other = createTwin({ rules: defaultRules, changes, take: (transition) => theirs.take(transition) });
  let [from, until] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for await (const lines of log.chunks())
    for (const line of lines) {
      twin.add(line);
      other.add(line);
      const { minute, signal_type: type } = line.record;
      if (type.startsWith("~")) continue;
      from = Math.min(from, minute);
      until = Math.max(until, minute);
    }
  twin.finish();
  other.finish();

  const rows = ours.incidents().map((incident): HistoryRow => {
    const [change] = listFrom(incident.changes) as readonly Change[];
    return {
      opened: timeText(incident.opened_at),
      tenant: incident.tenant,
      slice: incident.slice,
      signal: incident.signal_type,
      class: incident.class,
      severity: incident.severity,
      page: ours.isPaged(incident.incident_id) ? "yes" : "",
      // As it looked when it opened: later transitions see it end.
      ratio: rounded(ours.opening(incident.incident_id)?.ratio ?? null),
      onset: timeText(incident.onset),
      resolved: timeText(incident.resolved_at),
      change: change?.change_id ?? null,
    };
  });
  return {
    rows,
    pages: ours.pages(),
    pagesByDefault: theirs.pages(),
    incidentsByDefault: theirs.incidents().length,
    days: until < from ? 0 : (until - from) / 86_400_000,
    rejected: twin.rejected(),
  };
};

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

/** Below a week a rate a week would be extrapolated from too little. */
const aWeek = (pages: number, days: number): string =>
  days < 7 ? plural(pages, "page") : `${((pages * 7) / days).toFixed(1)} pages a week`;

export const historySummary = ({
  rows,
  pages,
  pagesByDefault,
  incidentsByDefault,
  days,
  rejected,
}: History): string => {
  const lost = [...rejected].map(([reason, count]) => `${count} ${reason}`).join(", ");
  return [
    `In ${days.toFixed(1)} days: ${plural(rows.length, "incident")}, ${aWeek(pages, days)}; with the default rules ` +
      `${plural(incidentsByDefault, "incident")}, ${aWeek(pagesByDefault, days)}.`,
    ...(lost === "" ? [] : [`Rejected tallies: ${lost}`]),
  ].join("\n");
};
