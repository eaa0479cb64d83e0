// How good alerts were, by the verdicts of people's postmortems: precision, recall, and how long things took. Pure.
import { type Share, shareOf } from "#core/alerts/quality.ts";
import type { IncidentRecord } from "#schemas/generated/records.ts";
import type { Case } from "./ledger.ts";

export interface Verdicts {
  /** Pages that were confirmed ÷ pages with a verdict. */
  readonly precision: Share;
  /** Confirmed incidents that were told before a person reported them ÷ confirmed incidents. */
  readonly recall: Share;
  /** Median ms from onset to opening, over confirmed incidents. */
  readonly delay: number | undefined;
  /** Median ms from opening to acknowledgement, and to the end. */
  readonly acknowledge: number | undefined;
  readonly recover: number | undefined;
}

const median = (values: readonly number[]): number | undefined => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const high = sorted[Math.floor(middle)];
  const low = sorted[Math.ceil(middle) - 1];
  return high === undefined || low === undefined ? undefined : (low + high) / 2;
};

const spans = (records: readonly IncidentRecord[], from: keyof IncidentRecord, to: keyof IncidentRecord) =>
  records.flatMap((record): readonly number[] => {
    const [start, end] = [record[from], record[to]];
    return typeof start === "number" && typeof end === "number" ? [end - start] : [];
  });

const wasInTime = ({ opened_at: opened, reported_at: reported }: IncidentRecord): boolean =>
  reported === null || opened <= reported;

export const verdictsOf = (cases: Iterable<Pick<Case, "record" | "notices">>): Verdicts => {
  const judged = [...cases].filter(({ record }) => record.verdict !== null);
  const pages = judged.filter(({ notices }) => notices.some(({ page }) => page));
  const confirmed = judged.map(({ record }) => record).filter(({ verdict }) => verdict === "confirmed");
  return {
    precision: shareOf(pages.filter(({ record }) => record.verdict === "confirmed").length, pages.length),
    recall: shareOf(confirmed.filter(wasInTime).length, confirmed.length),
    delay: median(spans(confirmed, "onset", "opened_at")),
    acknowledge: median(spans(confirmed, "opened_at", "acked_at")),
    recover: median(spans(confirmed, "opened_at", "resolved_at")),
  };
};
