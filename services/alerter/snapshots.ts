// The fold's memory on `alerter-state`: whole, hourly, two generations, and only what its manifest vouches for is believed.
//
// A 28-day reference cannot be rebuilt from seven days of tallies, so this is no cache. Pieces go first and the manifest last, each
// acknowledged: a manifest therefore names only what lies there. A newer snapshot overwrites the older generation, never the newest.
import { promisify } from "node:util";
import { deserialize, serialize } from "node:v8";
import { crc32, zstdCompress, zstdDecompress } from "node:zlib";
import { z } from "zod";
import type { Admin, LogRecord, OutRecord, PartitionReader, Producer } from "#adapters/broker-port.ts";
import type { AlertSnapshot } from "#core/alerts/alert-port.ts";
import type { CrashAt } from "#runtime/crash.ts";
import { toError } from "#runtime/errors.ts";
import type { Logger } from "#runtime/logger.ts";
import type { AlerterStateRecord } from "#schemas/generated/records.ts";
import { isOutage, type Read } from "./reading.ts";

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Of the fold's memory: raise it whenever older snapshots can no longer be read. */
const format = 1;
/** The broker takes 1 MiB unless told otherwise; half of it leaves room. */
const chunkBytes = 512_000;
const manifestChunk = -1;
/** Names the manifest, and what the tenants of a partition share. */
const shared = "~";

const manifestSchema = z.object({
  format: z.number(),
  partition: z.number(),
  offset: z.number(),
  /** Version of the rules in force; null: those it began with. */
  rules: z.string().nullable(),
  /** Epoch ms. */
  written: z.number(),
  parts: z.array(z.object({ tenant: z.string(), chunks: z.number(), bytes: z.number(), crc: z.number() })),
});
type Manifest = z.output<typeof manifestSchema>;

interface Found {
  readonly id: string;
  readonly generation: number;
  readonly manifest: Manifest;
}

export interface Restored {
  readonly snapshot: AlertSnapshot;
  readonly rules: string | null;
  readonly written: number;
}

export interface SnapshotPorts {
  /** Full name of `alerter-state`. */
  readonly topic: string;
  readonly admin: Pick<Admin, "offsets">;
  readonly reader: PartitionReader;
  readonly producer: Pick<Producer, "send">;
  readonly codecs: { encode(kind: "alerter-state", record: AlerterStateRecord): Buffer };
  readonly read: Read;
  readonly log: Logger;
  readonly crashAt: CrashAt<"after-chunks" | "after-snapshot">;
}

export interface WriteRequest {
  readonly partition: number;
  readonly snapshot: AlertSnapshot;
  readonly rules: string | null;
  /** Epoch ms. */
  readonly now: number;
  readonly signal: AbortSignal;
}

export interface Snapshots {
  /** Copies the memory before it first waits; resolves when all is acknowledged. */
  write(request: WriteRequest): Promise<void>;
  /**
   * Complete ones that end at or below `upTo`, the newest first; each is read only when it is asked for. One that is damaged, half
   * written or of another format is left out.
   */
  load(partition: number, upTo: number, signal: AbortSignal): AsyncGenerator<Restored>;
}

const keyOf = (tenant: string, generation: number, chunk: number): string => `${tenant}:${generation}:${chunk}`;

const bytesOf = (record: AlerterStateRecord): Buffer =>
  Buffer.from(record.payload.buffer, record.payload.byteOffset, record.payload.byteLength);

const parseManifest = (payload: Buffer): Manifest | undefined => {
  try {
    return manifestSchema.safeParse(JSON.parse(payload.toString())).data;
  } catch {
    return undefined;
  }
};

const unpack = async (chunks: readonly (Buffer | undefined)[], part: Manifest["parts"][number]): Promise<unknown> => {
  const whole = chunks.filter((chunk) => chunk !== undefined);
  if (whole.length !== part.chunks) throw new Error(`${whole.length} of ${part.chunks} pieces are there`);
  const packed = Buffer.concat(whole);
  if (packed.length !== part.bytes || crc32(packed) !== part.crc) throw new Error("its checksum is another");
  return deserialize(await decompress(packed)) as unknown;
};

export const createSnapshots = (ports: SnapshotPorts): Snapshots => {
  const { topic, admin, reader, producer, codecs, read, log, crashAt } = ports;
  /** By partition: the generation written last, and the keys of both. */
  const written = new Map<number, { last: number; readonly keys: Map<number, readonly string[]> }>();

  const stateOf = (partition: number) => {
    const known = written.get(partition) ?? { last: 1, keys: new Map<number, readonly string[]>() };
    written.set(partition, known);
    return known;
  };

  async function* records(partition: number, signal: AbortSignal): AsyncGenerator<[LogRecord, AlerterStateRecord]> {
    const { start = 0, end = 0 } = (await admin.offsets(topic)).get(partition) ?? {};
    for await (const batch of reader.read({ topic, partition }, start, end, signal))
      for (const record of batch.records) {
        if (record.value === null) continue;
        const reading = await read("alerter-state", record, signal);
        if (reading.kind === "record") yield [record, reading.record];
      }
  }

  const findManifests = async (partition: number, signal: AbortSignal): Promise<readonly Found[]> => {
    const found = new Map<string, Found>();
    for await (const [, record] of records(partition, signal)) {
      if (record.chunk !== manifestChunk) continue;
      const manifest = parseManifest(bytesOf(record));
      const { snapshot_id: id, generation } = record;
      if (manifest?.format !== format || manifest.partition !== partition)
        log.warn({ partition, id }, "a snapshot is of another format: left out");
      else found.set(id, { id, generation, manifest });
    }
    return [...found.values()].toSorted(
      (a, b) => b.manifest.offset - a.manifest.offset || b.manifest.written - a.manifest.written,
    );
  };

  const assemble = async (partition: number, { id, manifest }: Found, signal: AbortSignal): Promise<AlertSnapshot> => {
    const pieces = new Map<string, Buffer[]>();
    for await (const [, record] of records(partition, signal)) {
      if (record.snapshot_id !== id || record.chunk < 0) continue;
      const chunks = pieces.get(record.tenant) ?? [];
      chunks[record.chunk] = bytesOf(record);
      pieces.set(record.tenant, chunks);
    }
    const parts = new Map<string, unknown>();
    for (const part of manifest.parts) parts.set(part.tenant, await unpack(pieces.get(part.tenant) ?? [], part));
    return { offset: manifest.offset, parts };
  };

  const remember = (partition: number, { generation, manifest }: Found): void => {
    const keys = manifest.parts.flatMap(({ tenant, chunks }) =>
      Array.from({ length: chunks }, (_, chunk) => keyOf(tenant, generation, chunk)),
    );
    stateOf(partition).keys.set(generation, keys);
  };

  return {
    async write({ partition, snapshot, rules, now, signal }) {
      const copies = [...snapshot.parts].map(([tenant, part]) => [tenant, serialize(part)] as const);
      const state = stateOf(partition);
      const generation = 1 - state.last;
      const id = `${partition}-${snapshot.offset}-${now}`;
      const out = (tenant: string, chunk: number, payload: Buffer): OutRecord => ({
        topic,
        partition,
        key: keyOf(tenant, generation, chunk),
        value: codecs.encode("alerter-state", {
          tenant,
          generation,
          chunk,
          snapshot_id: id,
          source_partition: partition,
          log_offset: snapshot.offset,
          payload,
        }),
      });

      const keys: string[] = [];
      const parts: Manifest["parts"] = [];
      for (const [tenant, copy] of copies) {
        const packed = await compress(copy);
        const chunks = Math.ceil(packed.length / chunkBytes);
        for (let chunk = 0; chunk < chunks; chunk += 1) {
          keys.push(keyOf(tenant, generation, chunk));
          const piece = packed.subarray(chunk * chunkBytes, (chunk + 1) * chunkBytes);
          await producer.send([out(tenant, chunk, piece)], signal);
        }
        parts.push({ tenant, chunks, bytes: packed.length, crc: crc32(packed) });
      }
      crashAt("after-chunks");
      const manifest: Manifest = { format, partition, offset: snapshot.offset, rules, written: now, parts };
      await producer.send([out(shared, manifestChunk, Buffer.from(JSON.stringify(manifest)))], signal);

      const kept = new Set(keys);
      const stale = (state.keys.get(generation) ?? []).filter((key) => !kept.has(key));
      if (stale.length > 0)
        await producer.send(
          stale.map((key) => ({ topic, partition, key, value: null })),
          signal,
        );
      state.last = generation;
      state.keys.set(generation, keys);
      crashAt("after-snapshot");
    },

    async *load(partition, upTo, signal) {
      const found = await findManifests(partition, signal);
      for (const one of found.toReversed()) remember(partition, one);
      for (const one of found) {
        const { offset, rules, written: at } = one.manifest;
        if (offset > upTo) continue;
        let snapshot: AlertSnapshot;
        try {
          snapshot = await assemble(partition, one, signal);
        } catch (error) {
          signal.throwIfAborted();
          if (isOutage(toError(error))) throw error;
          log.warn({ partition, id: one.id, error }, "a snapshot cannot be used: an older one is taken");
          continue;
        }
        // What is in use must not be overwritten next, also when a newer one is damaged.
        stateOf(partition).last = one.generation;
        yield { snapshot, rules, written: at };
      }
    },
  };
};
