// Re-keyed records (contracts.md 8): the header that says where a record lay before it was written once more, to its session's partition.
import type { EventTime } from "./time.ts";

export const rekeyedHeader = "rekeyed-from";

/** Where the original lies and when it was appended. */
interface RekeyedFrom {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly appendTs: EventTime;
}

export const writeRekeyedFrom = ({ topic, partition, offset, appendTs }: RekeyedFrom): string =>
  `${topic}:${partition}:${offset}:${appendTs}`;

/** A topic's name holds no colon. */
const pattern = /^([\w.-]+):\d{1,9}:\d{1,15}:(\d{1,15})$/;

interface Appended {
  readonly appendTs: EventTime;
  readonly headers: Readonly<Record<string, string>>;
}

/** The append time that drives clamp and lateness: for a copy that of its original. Undefined: a header that no detector of ours writes. */
export const countedAppendTs = ({ appendTs, headers }: Appended, topic: string): EventTime | undefined => {
  const header = headers[rekeyedHeader];
  if (header === undefined) return appendTs;
  const [, from, time] = pattern.exec(header) ?? [];
  const original = Number(time);
  return from === topic && original <= appendTs ? original : undefined;
};
