// Steps 2 and 3 of the commit protocol, the same for what is live and for what a recovery repeats in silence.
import type { LogRecord, OutRecord } from "#adapters/broker-port.ts";
import type { Engine } from "#core/engine-port.ts";
import { createBreath } from "./breath.ts";
import type { Intake, Reading } from "./intake.ts";
import type { Lease } from "./lease.ts";
import type { Meter } from "./meters.ts";
import type { Outputs } from "./outputs.ts";

/** Resolves when the schema is known or definitely unknown; `certain`: only when it is known. */
export type Resolve = (schemaId: number, certain: boolean, signal: AbortSignal) => Promise<void>;

/** A reading that needs no more waiting. */
export type Settled = Exclude<Reading, { readonly kind: "unresolved" }>;

export const readAll = async (
  records: readonly LogRecord[],
  { intake, resolve }: { readonly intake: Intake; readonly resolve: Resolve },
  lease: Lease,
): Promise<readonly Settled[]> => {
  const breath = createBreath();
  const settled: Settled[] = [];
  for (const record of records) {
    let reading = intake.read(record);
    while (reading.kind === "unresolved") {
      await resolve(reading.schemaId, reading.certain, lease.signal);
      reading = intake.read(record);
    }
    settled.push(reading);
    if (breath.due) await breath.take();
  }
  return settled;
};

/** Folds all, whatever happens to the partition meanwhile: a batch is never left half folded. */
export const foldSilently = async (readings: readonly Settled[], engine: Engine): Promise<void> => {
  const breath = createBreath();
  for (const reading of readings) {
    if (reading.kind === "event") engine.apply(reading.incoming);
    if (reading.kind === "tick") engine.tick(reading.appendTs, reading.offset);
    if (breath.due) await breath.take();
  }
  engine.drain();
};

interface Voice {
  readonly engine: Engine;
  readonly outputs: Outputs;
  readonly meter: Meter;
}

/** The same, and what is to be said of it. */
export const foldAloud = async (
  readings: readonly Settled[],
  { engine, outputs, meter }: Voice,
): Promise<readonly OutRecord[]> => {
  const breath = createBreath();
  const said: OutRecord[] = [];
  for (const reading of readings) {
    switch (reading.kind) {
      case "event": {
        const { interaction, schemaId } = reading.incoming;
        const verdict = engine.apply(reading.incoming);
        meter.event(interaction, verdict.kind === "late" ? verdict.reason : verdict.kind);
        if (verdict.kind === "reject") {
          meter.rejected(verdict.reason);
          said.push(outputs.rejected(reading.record, { ...verdict, schemaId }));
        }
        break;
      }
      case "tick":
        engine.tick(reading.appendTs, reading.offset);
        meter.tick();
        break;
      case "misplaced":
        meter.event(reading.interaction, "rekeyed");
        said.push(outputs.rekeyed(reading.record, reading.interaction.session_id));
        break;
      case "reject":
        meter.event(undefined, "reject");
        meter.rejected(reading.refusal.reason);
        said.push(outputs.rejected(reading.record, reading.refusal));
    }
    if (breath.due) await breath.take();
  }
  const drained = engine.drain();
  meter.outputs(drained);
  outputs.add(said, drained);
  return said;
};
