// Values of Avro fields as people write them in JSON Lines.

/** One thing that is wrong in a line. An empty field: the line itself. */
export interface Mistake {
  readonly field: string;
  readonly why: string;
}

/** What `dump` adds to each record to say where it lay. */
export const placeFields = ["partition", "offset", "appended_at", "key", "schema_id"] as const;

/** With date, minute and zone: `Date.parse` would take "2026" or a local time too, and put the record somewhere else. */
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

/** Epoch ms from ISO 8601 or from itself; undefined for anything else. */
export const timeFrom = (value: unknown): number | undefined => {
  const time = typeof value === "string" && isoTime.test(value) ? Date.parse(value) : value;
  return typeof time === "number" && Number.isSafeInteger(time) ? time : undefined;
};

export const expectedTime = "expected a time as 2026-03-01T12:00Z, or epoch ms";

/** The object that a line must be. */
export const objectFrom = (line: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof line === "object" && line !== null && !Array.isArray(line)
    ? (line as Readonly<Record<string, unknown>>)
    : undefined;
