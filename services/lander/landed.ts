// What the tables know of a partition: asked where the group has no offset, and by the reset.
import type { Partition } from "#adapters/broker-port.ts";
import type { Store } from "#adapters/store-port.ts";
import type { TableName } from "#schemas/clickhouse/tables.ts";

type Query = Pick<Store, "query">;

const where = "topic = {topic:String} AND partition = {partition:UInt32} AND inc = {inc:UInt32}";
const whereRows = "_topic = {topic:String} AND _partition = {partition:UInt32} AND _inc = {inc:UInt32}";

/** Whether anything of the partition has landed under the incarnation: a range, or rows of one that was cut short. */
export const landedBefore = async (
  store: Query,
  tables: readonly TableName[],
  { topic, partition }: Partition,
  inc: number,
): Promise<boolean> => {
  const asked = ["landings", ...tables].map((table) =>
    store.query(`SELECT 1 AS found FROM ${table} WHERE ${table === "landings" ? where : whereRows} LIMIT 1`, {
      topic,
      partition,
      inc,
    }),
  );
  return (await Promise.all(asked)).some((rows) => rows.length > 0);
};

/** Position after the last landed range; null: none has landed under the incarnation. */
export const landedUpTo = async (
  store: Query,
  { topic, partition }: Partition,
  inc: number,
): Promise<number | null> => {
  const [row] = await store.query(`SELECT count() AS ranges, max(last) + 1 AS next FROM landings WHERE ${where}`, {
    topic,
    partition,
    inc,
  });
  return Number(row?.["ranges"] ?? 0) === 0 ? null : Number(row?.["next"]);
};
