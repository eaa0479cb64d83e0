// The process that probe.ts starts: decodes each value it is sent and says that it is still there.
import { silentLogger } from "#runtime/logger.ts";
import type { TopicKind } from "#schemas/topics.ts";
import { type Codecs, type CodecsOptions, openCodecs } from "./codecs.ts";

export type ProbeSettings = Omit<CodecsOptions, "log" | "signal" | "metrics">;

export type ProbeAnswer = "ready" | "done" | "unavailable";

interface Suspect {
  readonly kind: TopicKind;
  readonly value: Uint8Array | null;
}

const tryOut = async (codecs: Codecs, { kind, value }: Suspect): Promise<ProbeAnswer> => {
  const bytes = value && Buffer.from(value);
  const decoded = codecs.decode(kind, bytes);
  if (decoded.kind !== "unresolved") return "done";
  if ((await codecs.resolve(decoded.schemaId)) === "unavailable") return "unavailable";
  codecs.decode(kind, bytes);
  return "done";
};

const answer = (message: ProbeAnswer): void => void process.send?.(message);

process.once("message", async (settings: ProbeSettings) => {
  const codecs = await openCodecs({ ...settings, log: silentLogger });
  process.on("message", async (suspect: Suspect) => answer(await tryOut(codecs, suspect)));
  answer("ready");
});
process.once("disconnect", () => process.exit(0));
