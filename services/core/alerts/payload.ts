// The words for people on call: a summary line, and values that may leave the house. Pure; the fields are in schemas/incident-payload.ts.
import { quickHash } from "#core/ids.ts";
import { day, type EventTime, hour, minute, second } from "#core/time.ts";
import type { IncidentPayload } from "#schemas/incident-payload.ts";

const safe = /^[\w.:/ -]{1,64}$/;

/** A value as it may be shown: itself, `-` for nothing, else eight hex digits of its hash, so that equal values stay equal. */
export const safeSliceValue = (value: string): string => {
  if (value === "") return "-";
  return safe.test(value) ? value : `h-${quickHash(value).toString(16).padStart(8, "0")}`;
};

/** The dimensions that may be named outside. */
const dimensions: ReadonlySet<string> = new Set([
  "feature",
  "segment",
  "tier",
  "device",
  "locale",
  "app_version",
  "prompt_name",
  "prompt_version",
  "model",
  "model_version",
  "release",
]);

/** The name of a slice as it may be shown; `pairs` in the order of the name, none for everything. */
export const safeSlice = (pairs: readonly (readonly [dimension: string, value: string])[]): string =>
  pairs.length === 0
    ? "*"
    : pairs
        .map(([name, value]) => `${dimensions.has(name) ? name : safeSliceValue(`~${name}`)}=${safeSliceValue(value)}`)
        .join(",");

const digits = (value: number, length = 2): string => String(value).padStart(length, "0");

/** ISO 8601 in UTC, of times from 1970 on; core has no `Date`. Days to a date: Howard Hinnant, "chrono-compatible low-level date algorithms". */
export const isoTime = (at: EventTime): string => {
  const shifted = Math.floor(at / day) + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  // Months count from March, so that the leap day is a year's last.
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0);
  const date = `${digits(year, 4)}-${digits(month)}-${digits(dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1)}`;
  const clock = [Math.floor(at / hour) % 24, Math.floor(at / minute) % 60, Math.floor(at / second) % 60];
  return `${date}T${clock.map((part) => digits(part)).join(":")}.${digits(Math.floor(at) % second, 3)}Z`;
};

/** Without the zero before the point. */
const short = (value: number, decimals: number): string => value.toFixed(decimals).replace(/^0\./, ".");

/** 20.5 %, .45 %: one decimal from one per cent on, two below. */
const percent = (rate: number): string => `${short(100 * rate, rate < 0.01 ? 2 : 1)} %`;

/** Falls need the second decimal. */
const times = (ratio: number): string => short(ratio, ratio < 1 ? 2 : 1);

/** 10:35, or 02-28 10:35 when that was another day than the one it is told on. */
const clockTime = (time: string, { window_end, opened_at }: SummaryFields): string =>
  `${time.slice(0, 10) === (window_end ?? opened_at).slice(0, 10) ? "" : `${time.slice(5, 10)} `}${time.slice(11, 16)}`;

type SummaryFields = Omit<IncidentPayload, "summary">;

const evidence = (about: SummaryFields): string => {
  const { rate, baseline, ratio, ratio_low: low, ratio_high: high, trials, fired, users } = about;
  if (rate === null || baseline === null || ratio === null) return "";
  const interval = low === null || high === null ? "" : `, ${times(low)}–${times(high)}`;
  const counts = `${fired ?? 0}/${trials ?? 0}, ${users ?? 0} users`;
  return ` ${percent(rate)} vs ${percent(baseline)} (×${times(ratio)}${interval}), ${counts}`;
};

const suspect = (about: SummaryFields): string => {
  const [change] = about.changes;
  if (change === undefined) return "";
  const { kind, from, to, ts, score } = change;
  const versions = from === null && to === null ? "" : ` ${from ?? "-"}→${to ?? "-"}`;
  return ` · after ${kind}${versions} ${clockTime(ts, about)} (${short(score, 2)}, correlated)`;
};

/** negative-rate, repeat-ask-rate; what is no rate is named by its class alone. */
const subject = ({ signal_type: signal, class: kind }: SummaryFields): string => {
  if (signal.startsWith("~")) return kind;
  const rate = `${signal.slice(signal.indexOf(":") + 1)}-rate`;
  return kind === "quality" ? rate : `${rate} ${kind}`;
};

/**
 * One line for a pager: "SEV2 negative-rate 20.5 % vs 4.5 % (×4.6, 3.3–6.2), 41/200, 23 users ·
 * feature=billing,prompt_version=p12 since 10:35 · after prompt p11→p12 10:00 (.82, correlated)". Times UTC.
 */
export const buildSummary = (about: SummaryFields): string => {
  const { severity, slice, onset, opened_at } = about;
  return `${severity} ${subject(about)}${evidence(about)} · ${slice} since ${clockTime(onset ?? opened_at, about)}${suspect(about)}`;
};

/** The payload's `limit`; `ratio` is the smallest rise, or the largest rest of a fall, that is found within two hours. */
export const limitOf = (direction: IncidentPayload["direction"], ratio: number | null): string | null => {
  if (ratio === null || !(ratio >= 0 && ratio < 1000)) return null;
  return `${direction === "rise" ? "rises below" : "falls that leave more than"} ×${times(ratio)} may stay unseen for two hours`;
};
