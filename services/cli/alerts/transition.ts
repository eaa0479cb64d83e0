// An incident's transition as one line of JSON: the record's fields in its own order, those that carry JSON as what they say.
import { type IncidentRecord, incidentFields } from "#schemas/generated/records.ts";

const carriers: ReadonlySet<string> = new Set([
  "markers",
  "causes",
  "signals",
  "versions",
  "changes",
  "examples",
  "routes",
  "notify",
  "postmortem",
] satisfies readonly (keyof IncidentRecord)[]);

/** Times stay epoch ms, as in every other file that replay writes; an absent list is an empty one. */
export const transitionLine = (record: IncidentRecord): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    incidentFields.map((field) => {
      const value = record[field];
      if (!carriers.has(field)) return [field, value];
      if (typeof value === "string") return [field, JSON.parse(value) as unknown];
      return [field, field === "postmortem" ? null : []];
    }),
  );
