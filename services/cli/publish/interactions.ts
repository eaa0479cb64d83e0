// Lines of interaction events: to the partition of their session, ticks to the one they name.
import { partitionFor } from "#core/partition.ts";
import { validateInteraction } from "#core/validate.ts";
import { createInteractionParser } from "#schemas/interaction-json.ts";
import type { Sort, SortOptions } from "./lines.ts";

const cureFor = (reason: string): string =>
  reason === "timestamp_out_of_range" ? " (--rebase now shifts old events to the present)" : "";

export const interactionLines = ({ topics, pastWindow }: SortOptions): Sort => {
  const kind = "interactions";
  const { partitions } = topics[kind];
  const parse = createInteractionParser();
  return {
    kind,
    timeOf(line) {
      const read = parse(line);
      return "record" in read && read.record.type !== "tick" ? read.record.ts : undefined;
    },
    judge(line, shift, now) {
      const read = parse(line);
      if ("why" in read) return { bad: read.field === "" ? read.why : `${read.field}: ${read.why}` };
      const record = shift === 0 ? read.record : { ...read.record, ts: read.record.ts + shift };
      const verdict = validateInteraction(record, now, { pastWindow });
      if (!verdict.ok) return { bad: `${verdict.field}: ${verdict.reason}${cureFor(verdict.reason)}` };
      const key = record.session_id === "" ? null : record.session_id;
      if (record.type !== "tick")
        return { event: { kind, record, key, partition: partitionFor(record.session_id, partitions) } };
      const { partition } = read.place;
      if (partition === undefined) return { bad: "partition: a tick needs one" };
      const isOne = Number.isInteger(partition) && partition >= 0 && partition < partitions;
      return isOne
        ? { event: { kind, record, key, partition } }
        : { bad: `partition: expected 0 to ${partitions - 1}` };
    },
  };
};
