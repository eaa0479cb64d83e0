// How good alerting was: precision, recall and delay of alerts against what turned out to be incidents.
import { type Interval, wilson } from "./probability.ts";

/** A share of cases with its 95 % interval; value is undefined without cases. */
export interface Share extends Interval {
  readonly value: number | undefined;
  readonly of: number;
}

export const shareOf = (x: number, n: number): Share => ({
  value: n > 0 ? x / n : undefined,
  of: n,
  ...wilson(x, n),
});

export interface AlertQuality {
  /** Alerts that fell into an incident ÷ alerts. */
  readonly precision: Share;
  /** Incidents with an alert ÷ incidents. */
  readonly recall: Share;
  /** Per incident found, in order: its first alert − its start. */
  readonly delays: readonly number[];
}

const isWithin = (at: number, [start, end]: readonly [number, number]): boolean => at >= start && at <= end;

/** `alerts` in any order; incidents as [start, end], both inclusive, in the same unit of time. */
export const alertQuality = (
  alerts: readonly number[],
  incidents: readonly (readonly [start: number, end: number])[],
): AlertQuality => {
  const right = alerts.filter((at) => incidents.some((incident) => isWithin(at, incident)));
  const delays = incidents.flatMap((incident) => {
    const own = alerts.filter((at) => isWithin(at, incident));
    return own.length > 0 ? [Math.min(...own) - incident[0]] : [];
  });
  return {
    precision: shareOf(right.length, alerts.length),
    recall: shareOf(delays.length, incidents.length),
    delays,
  };
};
