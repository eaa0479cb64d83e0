// What detectors must have said: one plain fold of the whole log, and the comparison of both.
import { expect } from "vitest";
import type { Broker, LogRecord } from "#adapters/broker-port.ts";
import { createEngine } from "#core/engine.ts";
import type { Output } from "#core/engine-port.ts";
import { partitionFor } from "#core/partition.ts";
import { countedAppendTs } from "#core/rekeyed.ts";
import type { EngineSettings } from "#core/settings.ts";
import type { TextAnalyser } from "#core/text/types.ts";
import type { InteractionRecord, LateRecord, SignalRecord, TallyRecord } from "#schemas/generated/records.ts";

/** All records of a topic, in order, by partition. */
export const readTopic = async (broker: Broker, topic: string): Promise<ReadonlyMap<number, readonly LogRecord[]>> => {
  await using admin = await broker.admin();
  const reader = broker.reader();
  const found = new Map<number, LogRecord[]>();
  for (const [partition, { start, end }] of await admin.offsets(topic)) {
    const records: LogRecord[] = [];
    for await (const batch of reader.read({ topic, partition }, start, end)) records.push(...batch.records);
    found.set(partition, records);
  }
  return found;
};

export interface PlainFold {
  readonly topic: string;
  readonly settings: EngineSettings;
  readonly text: TextAnalyser;
  readonly hashKey: string;
  readonly incarnation: number;
  /** Undefined: cannot be read. */
  readonly decode: (
    value: Buffer | null,
  ) => { readonly interaction: InteractionRecord; readonly schemaId: number } | undefined;
}

/** Partition by partition, record by record, nothing restarted: the oracle. */
export const foldLog = (
  log: ReadonlyMap<number, readonly LogRecord[]>,
  { topic, decode, incarnation, ...options }: PlainFold,
): readonly Output[] =>
  [...log].flatMap(([partition, records]) => {
    const source = { topic, partition, partitions: log.size, incarnation };
    const engine = createEngine({ ...options, source, origin: "live" });
    for (const record of records) {
      const read = decode(record.value);
      const appendTs = countedAppendTs(record, topic);
      if (read === undefined) continue;
      const { interaction } = read;
      const isHere = interaction.session_id === "" || partitionFor(interaction.session_id, log.size) === partition;
      if (interaction.type === "tick") engine.tick(record.appendTs, record.offset);
      else if (isHere && appendTs !== undefined) engine.apply({ ...read, offset: record.offset, appendTs });
    }
    return engine.drain();
  });

export interface Said {
  readonly signals: readonly SignalRecord[];
  readonly tallies: readonly TallyRecord[];
  readonly late: readonly LateRecord[];
}

const signalName = ({ event_id: id, revision }: SignalRecord): string => `${id} ${revision}`;
const lateName = ({ source_partition: from, source_offset: offset }: LateRecord): string => `${from}:${offset}`;
/** Identity, slice and stamp: everything but what was counted. */
const tallyName = ({
  trials: _t,
  fired: _f,
  users: _u,
  examples: _e,
  volumes: _v,
  watermark: _w,
  ...rest
}: TallyRecord): string => JSON.stringify(rest);

/** By name, checking on the way that all records of one name are equal. */
const distinct = <T>(records: readonly T[], name: (record: T) => string): ReadonlyMap<string, T> => {
  const found = new Map<string, T>();
  for (const record of records) {
    const known = found.get(name(record));
    if (known !== undefined) expect(record).toEqual(known);
    found.set(name(record), record);
  }
  return found;
};

/** Names first: a record too many or too few is told in a line, not in a page. */
const same = <T>(said: readonly T[], wanted: readonly T[], name: (record: T) => string): void => {
  const [mine, theirs] = [distinct(said, name), distinct(wanted, name)];
  expect(
    [...mine.keys()].filter((key) => !theirs.has(key)),
    "said, but not by the fold",
  ).toEqual([]);
  expect(
    [...theirs.keys()].filter((key) => !mine.has(key)),
    "said by the fold alone",
  ).toEqual([]);
  for (const [key, record] of mine) expect(record).toEqual(theirs.get(key));
};

type RecordOf<K extends Output["kind"]> = Extract<Output, { readonly kind: K }>["record"];

/** Every revision, tally and late record of the fold was said, nothing else was, and all copies are equal. */
export const expectSame = (said: Said, folded: readonly Output[]): void => {
  const of = <K extends Output["kind"]>(kind: K): readonly RecordOf<K>[] =>
    folded.flatMap((output) => (output.kind === kind ? [output.record as RecordOf<K>] : []));
  same(said.signals, of("signal"), signalName);
  const ofDetectors = said.tallies.filter(({ signal_type: type }) => type !== "~tick");
  same(ofDetectors, [...of("tally"), ...of("progress")], tallyName);
  same(said.late, of("late"), lateName);
};
