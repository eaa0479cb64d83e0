// Re-keyed records (contracts.md 8): the header that says where a record lay before it was written once more, to its session's partition.
import type { EventTime } from "./time.ts";

export const rekeyedHeader = "rekeyed-from";

/** Where the original lies and when it was appended; that time drives the copy's clamp and lateness. */
export interface RekeyedFrom {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly appendTs: EventTime;
}

type Headers = Readonly<Record<string, string>>;

export const writeRekeyedFrom = ({ topic, partition, offset, appendTs }: RekeyedFrom): string =>
  `${topic}:${partition}:${offset}:${appendTs}`;

/** Undefined: no such header, or not of our making. A topic's name holds no colon. */
export const readRekeyedFrom = (headers: Headers): RekeyedFrom | undefined => {
  const text = headers[rekeyedHeader];
  if (text === undefined) return undefined;
  const [, topic, partition, offset, appendTs] = /^([\w.-]+):(\d{1,9}):(\d{1,15}):(\d{1,15})$/.exec(text) ?? [];
  if (topic === undefined) return undefined;
  return { topic, partition: Number(partition), offset: Number(offset), appendTs: Number(appendTs) };
};
