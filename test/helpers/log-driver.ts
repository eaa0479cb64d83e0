// Folds a whole log, or its tail after a recovery, and keeps what each record gave.
import { createEngine } from "#core/engine.ts";
import type { Engine, Output, Verdict } from "#core/engine-port.ts";
import type { EngineSettings } from "#core/settings.ts";
import type { InteractionRecord } from "#schemas/generated/records.ts";
import { createFakeText } from "./fake-text.ts";

/** One record of a log; null: a tick. */
export interface LogRecord {
  readonly appendTs: number;
  readonly interaction: InteractionRecord | null;
}

export const openEngine = (settings: EngineSettings): Engine =>
  createEngine({
    settings,
    text: createFakeText(),
    source: { topic: "interactions", partition: 0, partitions: 1, incarnation: 1 },
    hashKey: "test key",
    origin: "live",
  });

export const feed = (engine: Engine, { appendTs, interaction }: LogRecord, offset: number): Verdict | undefined => {
  if (interaction !== null) return engine.apply({ interaction, appendTs, offset, schemaId: 7 });
  engine.tick(appendTs, offset);
  return undefined;
};

export interface Folded {
  /** Per record, then one entry for the final flush. */
  readonly outputs: readonly (readonly Output[])[];
  readonly verdicts: readonly (Verdict | undefined)[];
  /** The watermark before each record. */
  readonly watermarks: readonly number[];
}

export const foldAll = (log: readonly LogRecord[], settings: EngineSettings): Folded => {
  const engine = openEngine(settings);
  const outputs: Output[][] = [];
  const verdicts: (Verdict | undefined)[] = [];
  const watermarks: number[] = [];
  for (const [offset, record] of log.entries()) {
    watermarks.push(engine.watermark);
    verdicts.push(feed(engine, record, offset));
    outputs.push(engine.drain());
  }
  engine.flush();
  outputs.push(engine.drain());
  return { outputs, verdicts, watermarks };
};

/** Outputs in a form that is equal exactly when the bytes are. */
export const bytesOf = (outputs: readonly Output[]): string =>
  outputs
    .map((output) =>
      JSON.stringify(output, (_key, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value,
      ),
    )
    .join("\n");
