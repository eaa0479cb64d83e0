// A story: a timeline told to its end, and what came of it with its JSON read.
import type { Match, TextAnalyser } from "#core/text/types.ts";
import type { SignalRecord } from "#schemas/generated/records.ts";
import { createFakeText } from "./fake-text.ts";
import { createDriver, type Driver, type DriverOptions, type Entry, finalTallies, start } from "./timeline.ts";

export interface Told extends Omit<SignalRecord, "event_value" | "evidence"> {
  readonly value: Readonly<Record<string, unknown>>;
  readonly evidence: readonly string[];
}

/** Appends the entries, each at its own time, and ends every visit. */
export const tell = (entries: readonly Entry[], options: DriverOptions = {}): Driver => {
  const driver = createDriver(options);
  driver.log(...entries);
  driver.finish();
  return driver;
};

export const read = ({ event_value, evidence, ...signal }: SignalRecord): Told => ({
  ...signal,
  value: JSON.parse(event_value ?? "{}") as Told["value"],
  evidence: JSON.parse(evidence ?? "[]") as Told["evidence"],
});

/** The final signals of a type in the order of their times. */
export const told = (driver: Driver, type: string): readonly Told[] =>
  driver
    .of(type)
    .toSorted((a, b) => a.ts - b.ts)
    .map(read);

/** The one final signal of a type. */
export const only = (driver: Driver, type: string): Told => {
  const [signal, ...more] = told(driver, type);
  if (signal === undefined || more.length > 0) throw new Error(`expected one ${type}, found ${more.length + 1}`);
  return signal;
};

/** The final trials of a type that stand, as `minute: fired/trials`, the minutes counted from the start. */
export const minutesOf = (driver: Driver, type: string): readonly string[] =>
  finalTallies(driver.tallies)
    .filter(({ signal_type, trials }) => signal_type === type && trials > 0)
    .toSorted((a, b) => a.minute - b.minute)
    .map(({ minute, fired, trials }) => `${(minute - start) / 60_000}: ${fired}/${trials}`);

/** The foreseeable analyser, but any two asks compare as told. */
export const matching = (match: Partial<Match>): TextAnalyser => {
  const fake = createFakeText();
  return { ...fake, match: (earlier, later) => ({ ...fake.match(earlier, later), ...match }) };
};
