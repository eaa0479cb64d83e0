// What a new owner of a partition does first: reads the intent log and decides, case by case (streams.md 5.4), then finishes what was pending.
import type { Committed } from "#adapters/broker-port.ts";
import type { Range } from "./block.ts";
import { type Bounds, readIntent, writeIntent } from "./intent.ts";
import type { Landing } from "./landing.ts";

export type Refusal =
  /** A range is pending and the offset is not its first: somebody moved it. */
  | "overlap"
  /** No offset although rows exist, or an offset beyond the end: topic or group was created anew. */
  | "zero"
  /** Metadata that this code did not write. */
  | "unreadable"
  /** Metadata of a higher incarnation than the configured one. */
  | "incarnation";

export type Recovery =
  /** NEW: nothing pending. */
  | { readonly kind: "start"; readonly at: number; readonly lost: Bounds | null; readonly tries: number }
  /** SAME: this range, under the incarnation of its intent. */
  | { readonly kind: "repeat"; readonly bounds: Bounds; readonly inc: number; readonly tries: number }
  /** TRUNCATED: retention took the beginning; the rest is another range and lands under another token. */
  | {
      readonly kind: "truncated";
      readonly rest: Bounds;
      readonly lost: Bounds;
      readonly inc: number;
      readonly tries: number;
    }
  | { readonly kind: "refuse"; readonly why: Refusal; readonly detail: string };

const refuse = (why: Refusal, detail: string): Recovery => ({ kind: "refuse", why, detail });

/** `landedBefore`: rows or landings of this incarnation and partition exist; asked only where no offset is committed. */
export const decide = (committed: Committed, inc: number, landedBefore: boolean): Recovery => {
  const { offset, logStart, end } = committed;
  if (offset === null) {
    return landedBefore
      ? refuse("zero", `no offset is committed, yet rows of incarnation ${inc} exist`)
      : { kind: "start", at: logStart, lost: null, tries: 0 };
  }
  const intent = readIntent(committed.metadata);
  if (intent === null) return refuse("unreadable", `the metadata of offset ${offset} is not the lander's`);
  if (offset > end) return refuse("zero", `offset ${offset} lies beyond the end ${end} of the log`);
  if (intent.inc !== null && intent.inc > inc)
    return refuse(
      "incarnation",
      `offset ${offset} was committed under incarnation ${intent.inc}, configured is ${inc}`,
    );
  const { tries } = intent;
  if (intent.pend === null || intent.inc === null) {
    if (offset >= logStart) return { kind: "start", at: offset, lost: null, tries };
    return { kind: "start", at: logStart, lost: [offset, logStart - 1], tries };
  }
  const [first, last] = intent.pend;
  if (offset !== first)
    return refuse("overlap", `offset ${offset} is not the beginning of the pending ${first}-${last}`);
  if (last >= end) return refuse("zero", `the pending ${first}-${last} lies beyond the end ${end} of the log`);
  if (first >= logStart) return { kind: "repeat", bounds: intent.pend, inc: intent.inc, tries };
  const lost: Bounds = [first, Math.min(last, logStart - 1)];
  if (last < logStart) return { kind: "start", at: logStart, lost: [first, logStart - 1], tries };
  return { kind: "truncated", rest: [logStart, last], lost, inc: intent.inc, tries };
};

export interface RecoveryPorts {
  readonly inc: number;
  landedBefore(): Promise<boolean>;
  commit(position: number, metadata: string): Promise<void>;
  /** Reads the range again, by position, and makes the same rows of it. */
  reread(bounds: Bounds, inc: number, tries: number): Promise<Range>;
  readonly landing: Landing;
  /** Retention was faster than the lander: these offsets never land. To be paged. */
  onLost(bounds: Bounds): void;
}

export type Start =
  /** `tries`: assignments since the last progress, this one included. */
  | { readonly kind: "start"; readonly at: number; readonly tries: number }
  | { readonly kind: "refused"; readonly why: Refusal; readonly detail: string };

/**
 * Until a range lands, each assignment raises `try` in the metadata of the unchanged offset: a record that kills the
 * process without an exception becomes visible as a number that grows (poison.ts).
 */
export const recover = async (committed: Committed, ports: RecoveryPorts): Promise<Start> => {
  const landedBefore = committed.offset === null && (await ports.landedBefore());
  const found = decide(committed, ports.inc, landedBefore);
  if (found.kind === "refuse") return { kind: "refused", why: found.why, detail: found.detail };
  const tries = found.tries + 1;
  if (found.kind !== "repeat" && found.lost !== null) ports.onLost(found.lost);
  if (found.kind === "start") {
    await ports.commit(found.at, writeIntent({ inc: ports.inc, tries }));
    return { kind: "start", at: found.at, tries };
  }
  const bounds = found.kind === "repeat" ? found.bounds : found.rest;
  await ports.commit(bounds[0], writeIntent({ inc: found.inc, pend: bounds, tries }));
  await ports.landing.land(await ports.reread(bounds, found.inc, tries), found.inc, tries);
  await ports.landing.acknowledge(bounds[1] + 1, ports.inc);
  return { kind: "start", at: bounds[1] + 1, tries: 0 };
};
