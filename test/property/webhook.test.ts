// Whatever an incident record holds, no text of users leaves in a webhook: not in bodies, not in headers, for no kind of destination.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createMemoryInbox } from "#adapters/webhook/memory.ts";
import type { Destination, NotificationKind } from "#adapters/webhook-port.ts";
import { limitOf, safeSlice, safeSliceValue } from "#core/alerts/payload.ts";
import { type IncidentPayload, incidentPayload } from "#schemas/incident-payload.ts";
import { sampleDelivery, sampleDestination, samplePayload, secretOf } from "#test/helpers/receiver.ts";

const destinations: readonly Destination[] = [
  sampleDestination("standard"),
  sampleDestination("standard", { format: "cloudevents" }),
  sampleDestination("pagerduty"),
  sampleDestination("slack"),
  sampleDestination("alertmanager"),
  sampleDestination("alertmanager-webhook", { secrets: [secretOf("first")] }),
];

const kinds: readonly NotificationKind[] = ["opened", "updated", "reminder", "acknowledged", "resolved", "test"];

/** What every body is made of: the allow-list's characters and those of JSON. */
const innocent = /^[\w.:/ ,%=×–·→()*~+;?#&<>|"\\{}[\]-]*$/;

/** A text with at least one character that no allow-listed word has. */
const hostile = fc
  .tuple(
    fc.string({ unit: "binary", maxLength: 30 }),
    fc.constantFrom("@", "<", "!", "'", '"', "\n", "\u202e", "ü", "🙂", "?", "$", "`", "\u0000"),
    fc.constantFrom("bob@example.com", "why is my card declined?", "<!channel>", "192.0.2.7 is me!", "'; drop table"),
  )
  .map(([noise, sign, text]) => `${noise}${sign}${text}`);

/** Puts a text wherever the payload has one, and into a field that nobody knows. */
const poison = (value: unknown, text: string): unknown => {
  if (typeof value === "string") return text;
  if (Array.isArray(value)) return value.map((one) => poison(one, text));
  if (typeof value !== "object" || value === null) return value;
  return {
    ...Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, poison(inner, text)])),
    comment: text,
  };
};

/** Of closed sets and times nothing else is a payload at all. */
const kept = ["state", "severity", "direction", "notice", "window_start", "window_end", "onset", "opened_at"] as const;

const poisoned = (text: string): IncidentPayload => {
  const sample = samplePayload();
  const [change] = sample.changes;
  const wild = poison(sample, text) as IncidentPayload;
  const changes = wild.changes.map((one) => ({ ...one, ts: change?.ts ?? "", note: "correlated, not cause" as const }));
  return { ...wild, ...Object.fromEntries(kept.map((name) => [name, sample[name]])), changes };
};

test("a hostile text in every field reaches nobody, and the page goes out all the same", async () => {
  await fc.assert(
    fc.asyncProperty(
      hostile,
      fc.constantFrom(...destinations),
      fc.constantFrom(...kinds),
      async (text, destination, kind) => {
        const { sender, taken } = createMemoryInbox();
        const attempt = await sender.send(sampleDelivery(destination, { kind, incident: poisoned(text) }));
        expect(attempt.outcome).toBe("accepted");
        const [{ body, headers, url } = { body: "", headers: {}, url: "" }] = taken;
        expect(String(body)).toMatch(innocent);
        const all = `${String(body)} ${JSON.stringify(headers)} ${url}`;
        expect(all).not.toMatch(/bob|declined|channel|drop table|192\.0\.2\.7|comment/);
      },
    ),
    { numRuns: 300 },
  );
});

test("slices of hostile values are part of a payload that needs no mending", () => {
  const value = fc.oneof(hostile, fc.string({ unit: "binary" }), fc.constantFrom("", "billing", "a b", "x".repeat(65)));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom("feature", "model", "user_id", "\n"), value), { maxLength: 3 }),
      (pairs) => {
        const shown = samplePayload({ slice: safeSlice(pairs), owner: safeSliceValue(pairs[0]?.[1] ?? "") });
        expect(incidentPayload.safeParse(shown).success).toBe(true);
      },
    ),
  );
});

test("every limit that is told fits the payload", () => {
  fc.assert(
    fc.property(fc.constantFrom("rise" as const, "fall" as const), fc.double(), (direction, ratio) => {
      expect(incidentPayload.safeParse(samplePayload({ limit: limitOf(direction, ratio) })).success).toBe(true);
    }),
  );
});

/** As large as the schema lets it be. */
const swollen = (fill: string): IncidentPayload => {
  const word = fill.repeat(64);
  const slice = Array.from({ length: 3 }, () => `${word}=${word}`).join(",");
  const url = `https://x.example/${"a".repeat(2000)}`;
  const sample = samplePayload();
  const [version] = sample.versions;
  const [change] = sample.changes;
  if (version === undefined || change === undefined) throw new Error("the sample has a version and a change");
  return samplePayload({
    summary: "×".repeat(1000),
    slice,
    parent_slice: slice,
    causes: [slice, slice, slice],
    markers: Array.from({ length: 8 }, () => word),
    versions: Array.from({ length: 12 }, () => ({ ...version, dimension: word, value: word })),
    changes: Array.from({ length: 3 }, () => ({ ...change, scope: slice, from: word, to: word, url })),
    examples: Array.from({ length: 5 }, () => "r".repeat(128)),
    signals: Array.from({ length: 20 }, () => ({ signal_type: word, slice, ratio: 2, onset: sample.onset })),
    runbook_url: url,
    query_url: url,
    incident_url: url,
  });
};

test("the largest payload stays under 20 kB where receivers count, and keeps what matters", async () => {
  const { sender, taken } = createMemoryInbox();
  const incident = swollen("w");
  expect(incidentPayload.safeParse(incident).success).toBe(true);
  for (const destination of destinations) await sender.send(sampleDelivery(destination, { incident }));
  const sizes = taken.map(({ body }) => body.length);
  expect(Math.max(...sizes.slice(0, 2))).toBeLessThan(20_000);
  expect(Math.max(...sizes)).toBeLessThan(64_000);
  const { data } = JSON.parse(String(taken[0]?.body)) as { data: IncidentPayload };
  expect(incidentPayload.parse(data)).toMatchObject({
    summary: incident.summary,
    slice: incident.slice,
    owner: incident.owner,
  });
  expect(data.changes).toHaveLength(3);
});
