// Bins of five minutes: their numbers, and how many are stored.
import { day, type EventTime, type Millis, minute } from "#core/time.ts";
import type { Bin } from "./book-port.ts";

export const binLength: Millis = 5 * minute;
export const binsPerDay = day / binLength;
/** Six hours: what onset, scan and windows may look at. */
export const storedBins = 72;

export const binOf = (at: EventTime): Bin => Math.floor(at / binLength);
export const startOf = (bin: Bin): EventTime => bin * binLength;
export const endOf = (bin: Bin): EventTime => (bin + 1) * binLength;
