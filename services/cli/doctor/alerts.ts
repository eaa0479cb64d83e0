// Judges what alerting left in ClickHouse: incidents about the pipeline itself, destinations that are gone, changes that explain nothing.
import type { Store } from "#adapters/store-port.ts";
import { count, type Finding, ok, wrong } from "./finding.ts";

type Ask = Pick<Store, "query">;

const judgeIncidents = async (store: Ask): Promise<Finding> => {
  const check = "live incidents";
  const rows = await store.query(
    `SELECT severity, count() AS n, countIf(state = 'open') AS open,
       groupArrayIf(concat(class, ' in ', tenant), class IN ('pipeline_stalled', 'stream_stopped')) AS broken
     FROM incidents WHERE state IN ('open', 'acknowledged', 'silenced') GROUP BY severity ORDER BY severity`,
  );
  if (rows.length === 0) return ok(check, "none");
  const told = rows.map(
    ({ severity, n, open }) => `${count(Number(n))} ${String(severity)}, ${count(Number(open))} of them nobody's`,
  );
  const broken = rows.flatMap((row) => row["broken"] as readonly string[]);
  if (broken.length === 0) return ok(check, told.join("; "));
  return wrong(
    check,
    broken.slice(0, 4).join(", "),
    "What is not counted cannot alarm: npm run query -- open-incidents, then the other checks here.",
  );
};

const judgeDestinations = async (store: Ask): Promise<Finding> => {
  const check = "destinations";
  const rows = await store.query(
    `SELECT destination, maxIf(ts, about AND status = 'disabled') AS since,
       maxIf(ts, status = 'delivered' OR about AND status = 'requested') AS used
     FROM (SELECT *, incident_id = '~destination' AS about FROM delivery_attempts)
     GROUP BY destination HAVING countIf(about AND status = 'disabled') > 0 AND used < since ORDER BY destination LIMIT 5`,
  );
  if (rows.length === 0) return ok(check, "none is disabled");
  return wrong(
    check,
    rows.map(({ destination, since }) => `${String(destination)} is gone since ${String(since)}`).join(", "),
    "Its receiver answered 410: nothing is sent there any more. Give it another URL in the rules file, or take it out.",
  );
};

const publishing = "npm run publish -- --changes FILE, best from the deploy pipeline itself";

/** A change matters to the slice that it names; a misspelt one touches nothing. Fresh ones may not have had traffic yet. */
const unknownScopes = `
  SELECT any(change_id) AS id, scope FROM changes
  WHERE scope != '*' AND ts > now() - INTERVAL 7 DAY AND ts < now() - INTERVAL 1 HOUR
    AND NOT arrayExists(parts -> in_slice(scope, parts),
      (SELECT groupUniqArray(parts) FROM sliced_rates WHERE sliced_rates.ts > now() - INTERVAL 8 DAY))
  GROUP BY scope ORDER BY scope LIMIT 5`;

const judgeChanges = async (store: Ask): Promise<Finding> => {
  const check = "changes";
  const [row] = await store.query(
    `SELECT (SELECT count() FROM changes WHERE ts > now() - INTERVAL 28 DAY) AS changes,
       (SELECT count() FROM incidents WHERE opened_at > now() - INTERVAL 28 DAY) AS incidents`,
  );
  const [changes, incidents] = [Number(row?.["changes"]), Number(row?.["incidents"])];
  const evidence = `${count(changes)} in 28 days`;
  if (changes === 0 && incidents > 0)
    return wrong(check, `none seen in 28 days, and ${count(incidents)} incidents to explain`, publishing);
  const strange = await store.query(unknownScopes);
  if (strange.length === 0) return ok(check, evidence);
  return wrong(
    check,
    `no trial ever lay in ${strange.map(({ id, scope }) => `${String(scope)} (${String(id)})`).join(", ")}`,
    `A change is set against the slice that it names: write dimension and value as the events have them; ${publishing}.`,
  );
};

export const judgeAlerts = async (store: Ask): Promise<readonly Finding[]> => [
  await judgeIncidents(store),
  await judgeDestinations(store),
  await judgeChanges(store),
];
