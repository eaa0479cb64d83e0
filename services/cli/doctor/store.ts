// Judges what ClickHouse holds and has room for: unresolved signals, teams that send no responses, disk.
import type { Store } from "#adapters/store-port.ts";
import { count, type Finding, ok, percent, unknown, wrong } from "./finding.ts";

type Ask = Pick<Store, "query">;

const maxUnresolved = 0.05;

const judgeUnresolved = async (store: Ask): Promise<Finding> => {
  const check = "unresolved share";
  const [row] = await store.query(
    "SELECT count() AS signals, countIf(provenance_status = 'unresolved') AS unresolved FROM feedback WHERE ts > now() - INTERVAL 1 HOUR",
  );
  const [signals, unresolved] = [Number(row?.["signals"]), Number(row?.["unresolved"])];
  if (signals === 0) return ok(check, "no signals in the last hour");
  const evidence = `${percent(unresolved, signals)} of ${count(signals)} signals of the last hour have no response`;
  if (unresolved / signals <= maxUnresolved) return ok(check, evidence);
  return wrong(
    check,
    evidence,
    "Responses are not published, or under other response_ids than what follows them: npm run query -- unresolved-provenance",
  );
};

/** User turns of a day from which on a team without responses stands out. */
const enoughTurns = 20;

const judgeSilentTeams = async (store: Ask): Promise<Finding> => {
  const check = "teams send responses";
  const rows = await store.query(
    `SELECT tenant, sum(trials) AS turns FROM signal_rates
     WHERE signal_type = 'implicit:repeat-ask' AND signal_rates.ts > now() - INTERVAL 1 DAY
       AND tenant NOT IN (SELECT tenant FROM responses WHERE responses.ts > now() - INTERVAL 1 DAY)
     GROUP BY tenant HAVING turns >= {enough:UInt32} ORDER BY turns DESC LIMIT 5`,
    { enough: enoughTurns },
  );
  if (rows.length === 0) return ok(check, "every team with user turns in the last day");
  const told = rows.map((row) => `${String(row["tenant"])} (${count(Number(row["turns"]))} user turns, no response)`);
  return wrong(
    check,
    told.join(", "),
    "Without response events nothing they ask again can be seen: publish type=response with a response_id.",
  );
};

const minFree = 0.1;

const judgeDisk = async (store: Ask): Promise<Finding> => {
  const check = "disk of ClickHouse";
  const rows = await store.query("SELECT name, free_space AS free, total_space AS total FROM system.disks");
  const disks = rows
    .map((row) => ({ name: String(row["name"]), free: Number(row["free"]), total: Number(row["total"]) }))
    .filter(({ total }) => total > 0 && Number.isFinite(total));
  if (disks.length === 0) return unknown(check, "this engine does not say");
  const tell = ({ name, free, total }: (typeof disks)[number]): string => `${name}: ${percent(free, total)} free`;
  const full = disks.filter(({ free, total }) => free / total < minFree);
  if (full.length === 0) return ok(check, disks.map(tell).join(", "));
  return wrong(
    check,
    full.map(tell).join(", "),
    "Add space, or shorten the TTLs (schemas/clickhouse) before inserts fail.",
  );
};

export const judgeStore = async (store: Ask): Promise<readonly Finding[]> => [
  await judgeUnresolved(store),
  await judgeSilentTeams(store),
  await judgeDisk(store),
];
