// Event time in core: epoch milliseconds and their differences, as plain numbers; the clock is the log.

export type EventTime = number;
export type Millis = number;

export const second: Millis = 1_000;
export const minute: Millis = 60 * second;
export const hour: Millis = 60 * minute;
export const day: Millis = 24 * hour;

/** Start of the minute in which `at` lies. */
export const minuteOf = (at: EventTime): EventTime => Math.floor(at / minute) * minute;

/** Number of the UTC day in which `at` lies. */
export const utcDayOf = (at: EventTime): number => Math.floor(at / day);
