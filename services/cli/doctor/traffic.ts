// Judges what share of the last hour's records was late or broke the contract, by the topics' offsets.
import { count, type Finding, ok, percent, wrong } from "./finding.ts";

export interface LastHour {
  /** Records appended within the last hour. */
  readonly interactions: number;
  readonly late: number;
  readonly rejects: number;
  /** Share of ticks among the newest interactions. */
  readonly tickShare: number;
}

const maxShare = 0.01;

export const judgeTraffic = ({ interactions, late, rejects, tickShare }: LastHour): readonly Finding[] => {
  const judge = (check: string, part: number, cure: string): Finding => {
    const whole = Math.max(Math.round(interactions * (1 - tickShare)), part);
    const evidence = `${percent(part, whole)} in the last hour: ${count(part)} of about ${count(whole)} events`;
    return part / whole > maxShare ? wrong(check, evidence, cure) : ok(check, evidence);
  };
  return [
    judge(
      "late share",
      late,
      "Producers send too long after the fact, or their clocks are behind: npm run query -- late-by-app-version. EARSHOT_GRACE says how late is too late.",
    ),
    judge("reject share", rejects, "npm run query -- rejects-by-reason says which rule is broken and by whom."),
  ];
};
