// Every ClickHouse query of the Grafana dashboards runs against the tables and views as migrated.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Landed, openLanded } from "./queries-data.ts";

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly rawSql?: string }[] }[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] };
}

const dashboards = ["signals", "incidents"].map((name) => {
  const file = new URL(`../../infra/grafana/dashboards/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as Dashboard;
});

/** As Grafana's ClickHouse plugin writes them out. */
const expandMacros = (sql: string): string =>
  sql
    .replaceAll(/\$__timeFilter_ms\((\w+)\)/g, "$1 >= fromUnixTimestamp64Milli(0) AND $1 <= now64(3)")
    .replaceAll("$__timeInterval(ts)", "toStartOfInterval(toDateTime(ts), INTERVAL 3600 second)")
    .replaceAll("${tenant:singlequote}", "'acme'")
    .replaceAll("${feature:singlequote}", "'chat'");

const queries = dashboards.flatMap(({ panels, templating }) => [
  ...panels.flatMap(({ title, targets }) =>
    targets.flatMap(({ rawSql }) => (rawSql === undefined ? [] : [[title, rawSql] as const])),
  ),
  ...templating.list.map(({ name, query }) => [`the choices of ${name}`, query] as const),
]);

let landed: Landed;
beforeAll(async () => {
  landed = await openLanded();
  const minute = Date.UTC(2026, 0, 2, 3, 4);
  const cell = { feature: "chat", model: "aster", model_version: "2", prompt_name: "concierge", prompt_version: "3" };
  const types = ["implicit:repeat-ask", "implicit:abandonment"];
  for (const signal_type of types) await landed.land("tallies", { ...cell, signal_type, minute, trials: 8, fired: 2 });
  await landed.land("signals", {
    ...cell,
    event_id: "e-1",
    event_type: "implicit:repeat-ask",
    ts: minute,
    anchor: "a",
  });
  await landed.land("change_rows", {
    change_id: "c-1",
    ts: minute,
    tenant: "acme",
    kind: "prompt",
    scope: "feature=chat",
  });
  await landed.land("incident_rows", {
    incident_id: "inc_1",
    rev: 1,
    ts: minute,
    tenant: "acme",
    state: "open",
    severity: "SEV2",
    class: "quality",
    slice: "feature=chat",
    opened_at: minute,
  });
});
afterAll(() => landed[Symbol.asyncDispose]());

it.each(queries)("%s has an answer", async (_title, sql) => {
  expect(await landed.store.query(expandMacros(sql))).not.toEqual([]);
});
