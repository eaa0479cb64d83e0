// The surroundings of alerters under test: a story to play into tallies, a real receiver, and what holds incidents against one plain fold.
import { hash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { createAlertFold, defaultAlertSettings } from "#core/alerts/alert-fold.ts";
import { defaultRules } from "#core/alerts/rules.ts";
import { partitionFor } from "#core/partition.ts";
import type { RunningProcess } from "#infra/dev/processes.ts";
import { openReceiver, type Receiver } from "#infra/dev/receiver.ts";
import { type IncidentRecord, incidentFields } from "#schemas/generated/records.ts";
import type { RecordOf, TopicKind } from "#schemas/topics.ts";
import { change, clock, type Flow, type LogLine, logOf, notificationsOf } from "#test/helpers/alert-story.ts";
import { eventually } from "#test/helpers/eventually.ts";
import { readTopic } from "#test/helpers/plain-fold.ts";
import { secretOf } from "#test/helpers/receiver.ts";
import { type Env, openSurroundings } from "./surroundings.ts";

const secret = secretOf("alerter test");
export const token = "earshot_integration";

const search: Flow = { cell: { feature: "search", prompt_version: "s1" }, perHour: 1_200, rate: 0.05 };
const billing: Flow = {
  cell: { feature: "billing", prompt_version: "p11" },
  from: [
    ["10:00", { prompt_version: "p12" }],
    ["12:30", { prompt_version: "p11" }],
  ],
  perHour: 6_000,
  rate: [
    ["10:30", 0.05],
    ["12:30", 0.18],
    ["12:30", 0.06],
  ],
};

/** 10:00 prompt p11 → p12 in billing; 10:30 its rate climbs from .05 to .18 at 12:30; rollback; well by 14:00. */
const lines: readonly LogLine[] = [
  ...logOf(
    {
      flows: [billing, search],
      entries: [
        change("10:00", "c-billing", { scope: "feature=billing", from: "p11", to: "p12", rollback_ref: "run 7" }),
        change("12:30", "c-back", { kind: "rollback", scope: "feature=billing", reverts: "c-billing" }),
      ],
      until: "14:00",
    },
    { newestIncident: () => "" },
  ),
  // Ticks bear the append time, which is today: they would find the story's clock months behind.
].filter(({ record }) => record.signal_type !== "~tick");

/** The lines of the story from one clock time to another. */
export const storyLines = (from: string | undefined, until: string): readonly LogLine[] =>
  lines.filter(({ at }) => (from === undefined || at > clock(from)) && at <= clock(until));

/** One form of a record, whatever the order in which its fields were put together. */
const textOf = (record: IncidentRecord): string => JSON.stringify(incidentFields.map((name) => record[name]));

export interface SceneOptions {
  /** Lines of alerts.yaml after the routes and destinations. */
  readonly rules?: string;
  /** Told everything beside the scene's own. */
  readonly second?: Pick<Receiver, "url" | "port">;
}

const destinationLines = (name: string, { url, port }: Pick<Receiver, "url" | "port">): string =>
  `  - name: ${name}
    type: standard
    url: ${url}
    secret_env: TEST_HOOK_SECRET
    allow_private: ["127.0.0.0/8"]
    allow_ports: [${port}]
`;

export const openScene = async ({ rules = "", second }: SceneOptions = {}) => {
  await using opening = new AsyncDisposableStack();
  const around = opening.use(await openSurroundings("alerter", 1));
  const { topics, broker, admin, producer, codecs } = around;
  const receiver = opening.use(await openReceiver({ secrets: [secret] }));
  const folder = await mkdtemp(join(tmpdir(), "earshot-alerts-"));
  opening.defer(() => rm(folder, { recursive: true, force: true }));
  const home = partitionFor("acme", topics.tallies.partitions);

  const rulesFile = join(folder, "alerts.yaml");
  const writeRules = (more: string): Promise<void> =>
    writeFile(
      rulesFile,
      `routes:
  - name: all
    destinations: [${second === undefined ? "hook" : "second, hook"}]
    group_wait: 0s
destinations:
${destinationLines("hook", receiver)}${second === undefined ? "" : destinationLines("second", second)}${more}`,
    );
  await writeRules(rules);
  const tokensFile = join(folder, "tokens");
  const entry = { sha256: hash("sha256", token, "hex"), actor: "kim", tenants: ["acme"], scopes: ["read", "act"] };
  await writeFile(tokensFile, JSON.stringify(entry));
  const opened = opening.move();

  /** Everything a topic holds, decoded, in the order of its partitions. */
  const said = async <K extends TopicKind>(kind: K): Promise<readonly RecordOf<K>[]> =>
    [...(await readTopic(broker, topics[kind].topic)).values()].flat().map(({ value }) => {
      const decoded = codecs.decode(kind, value);
      if (decoded.kind !== "record") throw new Error(`${kind}: ${decoded.kind}`);
      return decoded.record;
    });

  const incidents = (): Promise<readonly IncidentRecord[]> => said("incidents");

  /** What one plain fold of the partition's log says. */
  const folded = async (): Promise<readonly IncidentRecord[]> => {
    const fold = createAlertFold({ partition: home, rules: defaultRules, settings: defaultAlertSettings });
    for (const { value, offset, appendTs } of (await readTopic(broker, topics.tallies.topic)).get(home) ?? []) {
      const decoded = codecs.decode("tallies", value);
      if (decoded.kind === "record") fold.add(decoded.record, offset, appendTs);
    }
    return fold.drain();
  };

  const caughtUp = (): Promise<void> =>
    eventually(
      async () => {
        const committed = await admin.committed(around.group, topics.tallies.topic);
        for (const [partition, { end }] of await admin.offsets(topics.tallies.topic))
          expect(committed.get(partition)?.offset ?? 0, `partition ${partition}`).toBe(end);
      },
      { within: 60_000 },
    ).then(() => undefined);

  return {
    ...around,
    home,
    receiver,
    writeRules,
    said,
    incidents,
    caughtUp,
    start: (over: Env = {}): Promise<RunningProcess> =>
      around.start("alerter", {
        EARSHOT_ALERT_RULES: rulesFile,
        EARSHOT_ALERT_TOKENS: tokensFile,
        TEST_HOOK_SECRET: secret,
        ...over,
      }),
    play: (part: readonly LogLine[]): Promise<void> =>
      producer.send(
        part.map(({ record }) => ({
          topic: topics.tallies.topic,
          partition: home,
          key: null,
          value: codecs.encode("tallies", record),
        })),
      ),
    /** Ends with a minute more of the story after the other, until the alerter has written its memory down. */
    async remembered(from: string): Promise<void> {
      const rest = [...Map.groupBy(storyLines(from, "14:00"), ({ at }) => at).values()];
      await eventually(async () => {
        await this.play(rest.shift() ?? []);
        expect((await said("alerter-state")).some(({ chunk }) => chunk === -1)).toBe(true);
      });
      await this.play(rest.flat());
    },
    /** Waits until the receiver has taken a notification of the kind. */
    told: (kind: string): Promise<unknown> =>
      eventually(
        () => receiver.received.some(({ body }) => (JSON.parse(body) as { type: string }).type === `incident.${kind}`),
        { within: 60_000 },
      ),
    /** One incident, said as one plain fold says it, each (id, rev) in one form only, each notification with one body only. */
    async check(): Promise<void> {
      const found = await incidents();
      const bodies = new Map(found.map((record) => [`${record.incident_id} ${record.rev}`, textOf(record)]));
      for (const record of found) expect(textOf(record)).toBe(bodies.get(`${record.incident_id} ${record.rev}`));
      expect([...bodies.values()]).toEqual((await folded()).map(textOf));
      expect(new Set(found.map(({ incident_id: id }) => id)).size).toBe(1);

      const hashes = new Map<string, Set<string>>();
      for (const { id, bodySha256, signature } of receiver.received) {
        expect(signature).toBe("valid");
        hashes.set(id, (hashes.get(id) ?? new Set()).add(bodySha256));
      }
      for (const [id, one] of hashes) expect(one.size, id).toBe(1);
      const owed = notificationsOf(found.reduce((a, b) => (b.rev > a.rev ? b : a)));
      for (const { id, kind } of owed)
        if (kind === "opened" || kind === "resolved") expect([...hashes.keys()], kind).toContain(id);
    },
    /** Address of the API of the alerter that was started last. */
    api: async (): Promise<string> => {
      const port = /"port":(\d+).*"msg":"api listening"/.exec((await around.logs()).at(-1) ?? "")?.[1];
      return `http://127.0.0.1:${port ?? "0"}`;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
};

export type Scene = Awaited<ReturnType<typeof openScene>>;
