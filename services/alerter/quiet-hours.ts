// Whether it is quiet at a moment, and until when: times of day as the time zone's clocks show them.
import { type QuietHours, type Weekday, weekdays } from "./delivery-settings.ts";

const minute = 60_000;
const minutesOfDay = 24 * 60;

/** What a clock on the wall shows. */
interface WallClock {
  readonly weekday: number;
  /** Since midnight. */
  readonly minutes: number;
}

const createWallClock = (timeZone: string): ((at: number) => WallClock) => {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  return (at) => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const day = (parts.get("weekday") ?? "").toLowerCase();
    return {
      weekday: weekdays.findIndex((name) => name === day),
      minutes: 60 * Number(parts.get("hour")) + Number(parts.get("minute")),
    };
  };
};

const isQuiet = ({ from, to, days }: QuietHours, { weekday, minutes }: WallClock): boolean => {
  const begins = (on: number): boolean => days.includes(weekdays[(on + 7) % 7] as Weekday);
  if (from < to) return begins(weekday) && minutes >= from && minutes < to;
  return (begins(weekday) && minutes >= from) || (begins(weekday - 1) && minutes < to);
};

/** The end of the quiet hours in which `at` (epoch ms) lies; null when it lies in none. */
export const quietUntil = (quiet: QuietHours, at: number): number | null => {
  const read = createWallClock(quiet.timeZone);
  const now = read(at);
  if (!isQuiet(quiet, now)) return null;
  const left = (quiet.to - now.minutes + minutesOfDay) % minutesOfDay || minutesOfDay;
  const end = Math.floor(at / minute) * minute + left * minute;
  // Clocks that are set meanwhile show another time there: an hour's error at most, put right once.
  const error = (read(end).minutes - quiet.to + minutesOfDay + minutesOfDay / 2) % minutesOfDay;
  return end - (error - minutesOfDay / 2) * minute;
};
