// Lines of changes, as platform teams publish them: keyed by the slice that they touch.
import { partitionFor } from "#core/partition.ts";
import { createChangeParser } from "#schemas/change-json.ts";
import type { Sort, SortOptions } from "./lines.ts";

/** Clocks differ; what is planned for later is no change yet. */
const futureMs = 10 * 60_000;
/** As long as ClickHouse keeps them; also catches seconds given for milliseconds. */
const pastDays = 400;

const troubleWith = (ts: number, now: number): string | undefined => {
  if (ts > now + futureMs) return "ts: in the future; publish a change when it takes effect";
  if (ts < now - pastDays * 86_400_000)
    return `ts: more than ${pastDays} days ago (--rebase now shifts old changes to the present)`;
  return undefined;
};

export const changeLines = ({ topics }: SortOptions): Sort => {
  const kind = "changes";
  const { partitions } = topics[kind];
  const parse = createChangeParser();
  return {
    kind,
    timeOf(line) {
      const read = parse(line);
      return "record" in read ? read.record.ts : undefined;
    },
    judge(line, shift, now) {
      const read = parse(line);
      if ("mistakes" in read)
        return { bad: read.mistakes.map(({ field, why }) => (field === "" ? why : `${field}: ${why}`)).join("; ") };
      const record = { ...read.record, ts: read.record.ts + shift };
      const bad = troubleWith(record.ts, now);
      if (bad !== undefined) return { bad };
      return { event: { kind, record, key: record.scope, partition: partitionFor(record.scope, partitions) } };
    },
  };
};
