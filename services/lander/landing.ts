// Lands ranges of one partition in ClickHouse, each exactly once, whatever dies when (streams.md 5.4).
import type { Partition } from "#adapters/broker-port.ts";
import { type Store, StoreError } from "#adapters/store-port.ts";
import type { CrashAt } from "#runtime/crash.ts";
import { columnsOf } from "#schemas/clickhouse/tables.ts";
import type { RejectRecord } from "#schemas/generated/records.ts";
import { halve, type Range, withoutRow } from "./block.ts";
import { type Bounds, tokenOf, writeIntent } from "./intent.ts";
import type { Persist } from "./persist.ts";

/** Where a test may kill the process. */
export const crashPoints = ["after-intent", "after-insert", "after-landing", "after-acknowledge"] as const;
export type CrashPoint = (typeof crashPoints)[number];

export interface LandingPorts {
  readonly partition: Partition;
  commit(position: number, metadata: string): Promise<void>;
  readonly store: Pick<Store, "insert">;
  /** Makes a part of a range again that was read before. */
  reread(bounds: Bounds, inc: number, tries: number): Promise<Range>;
  /** Sends to the topic `rejects`; resolves when all are acknowledged. */
  sendRejects(rejects: readonly RejectRecord[]): Promise<void>;
  /** What to send to `rejects` for a record whose row ClickHouse refuses; null: only count it. */
  refusedRow(offset: number, error: StoreError): Promise<RejectRecord | null>;
  readonly persist: Persist;
  readonly crashAt: CrashAt<CrashPoint>;
  now(): number;
  onLanded(range: Range, seconds: number): void;
}

export interface Landing {
  /** `inc` is that of the range's intent, `tries` goes on in its metadata (recovery.ts). */
  land(range: Range, inc: number, tries?: number): Promise<void>;
  /** 4 without a next range. */
  acknowledge(position: number, inc: number, tries?: number): Promise<void>;
}

/** A range to land, made when its turn comes. */
type Part = () => Promise<Range>;

/**
 * 1 fill    rows gather into a range [first..last], last = next position - 1 (block.ts); a range without rows is one too
 * 2 intent  commit(first, {pend: [first, last]}): from here on whoever owns the partition repeats exactly this range
 * 3 insert  the rows under the token <inc>/<topic>:<partition>:<first>-<last>, then the range's row in `landings`
 *           under <token>/landing; outcome unknown: the same again, for as long as it takes
 * 4 done    the next intent acknowledges it; when idle commit(last + 1, {})
 *
 * Nothing is inserted before its range is durably committed by a current member, and a member that is none any more
 * can only repeat a token. So every row is there once, and `landings` has neither gap nor overlap.
 */
export const createLanding = (ports: LandingPorts): Landing => {
  const { partition, store, persist, crashAt } = ports;

  /** 2 */
  const intend = async ({ bounds }: Range, inc: number, tries: number): Promise<void> => {
    await persist("broker", () => ports.commit(bounds[0], writeIntent({ inc, pend: bounds, tries })));
    crashAt("after-intent");
  };

  /** 3, the rows: null when they are in, else why one of them is refused. */
  const insertRows = async ({ packs: tables, refused }: Range, token: string): Promise<StoreError | null> => {
    if (refused !== null) return refused;
    for (const packs of tables) {
      if (packs.length === 0) continue;
      try {
        await persist("clickhouse", () => store.insert({ packs, token }));
      } catch (error) {
        if (error instanceof StoreError && error.kind === "data") return error;
        throw error;
      }
      crashAt("after-insert");
    }
    return null;
  };

  /** 3, the range's row in `landings`. */
  const note = async ({ bounds, offsets }: Range, inc: number, token: string): Promise<void> => {
    const row = [inc, partition.topic, partition.partition, bounds[0], bounds[1], offsets.length, token];
    const block = { table: "landings", columns: columnsOf("landings"), rows: [row], token: `${token}/landing` };
    await persist("clickhouse", () => store.insert(block));
    crashAt("after-landing");
  };

  /** A refused row: halves, each with its own committed intent, until the one row stands alone and goes to `rejects`. */
  const divide = (range: Range, error: StoreError, inc: number, tries: number): readonly Part[] => {
    if (range.offsets.length > 1) return halve(range).map((bounds) => () => ports.reread(bounds, inc, tries));
    const [offset] = range.offsets;
    if (offset === undefined) throw error;
    return [async () => withoutRow(range, await ports.refusedRow(offset, error))];
  };

  return {
    async land(range, inc, tries = 0) {
      const pending: Part[] = [async () => range];
      for (let make = pending.shift(); make !== undefined; make = pending.shift()) {
        const part = await make();
        const since = ports.now();
        const token = tokenOf(inc, partition, part.bounds);
        await intend(part, inc, tries);
        const refused = await insertRows(part, token);
        if (refused !== null) {
          pending.unshift(...divide(part, refused, inc, tries));
          continue;
        }
        if (part.rejects.length > 0) await persist("broker", () => ports.sendRejects(part.rejects));
        await note(part, inc, token);
        ports.onLanded(part, (ports.now() - since) / 1000);
      }
    },

    /** 4 */
    async acknowledge(position, inc, tries = 0) {
      await persist("broker", () => ports.commit(position, writeIntent({ inc, tries })));
      crashAt("after-acknowledge");
    },
  };
};
