// Reading a log of ours whatever its writers knew: a schema not seen here is asked for, and waited for while the registry is away.
import type { LogRecord } from "#adapters/broker-port.ts";
import { AppError } from "#runtime/errors.ts";
import type { Outages } from "#runtime/outages.ts";
import type { RecordOf, TopicKind } from "#schemas/topics.ts";

export type Dependency = "broker" | "registry";

/** What the codecs say of a value; their shape, restated. */
type Decoded<K extends TopicKind> =
  | { readonly kind: "record"; readonly record: RecordOf<K>; readonly schemaId: number }
  | { readonly kind: "reject"; readonly reason: string; readonly schemaId: number | null }
  | { readonly kind: "unresolved"; readonly schemaId: number };

export type Reading<K extends TopicKind> = Exclude<Decoded<K>, { readonly kind: "unresolved" }>;

export interface ReadingPorts {
  readonly codecs: {
    decode<K extends TopicKind>(kind: K, value: Buffer | null): Decoded<K>;
    resolve(schemaId: number): Promise<"resolved" | "unknown" | "unavailable">;
  };
  readonly outages: Outages<Dependency>;
}

export const isOutage = (error: Error): boolean => error instanceof AppError && error.retryable;

export type Read = <K extends TopicKind>(
  kind: K,
  record: Pick<LogRecord, "value">,
  signal: AbortSignal,
) => Reading<K> | Promise<Reading<K>>;

/** A promise only where the registry must be asked: a million records of a known schema need none. */
export const createRead = ({ codecs, outages }: ReadingPorts): Read => {
  const resolve = (schemaId: number, signal: AbortSignal): Promise<void> =>
    outages.wait(
      "registry",
      async () => {
        if ((await codecs.resolve(schemaId)) === "unavailable")
          throw new AppError("registry_unavailable", "The schema registry does not answer");
      },
      { signal, isOutage },
    );

  const readUnknown = async <K extends TopicKind>(
    kind: K,
    value: Buffer | null,
    { schemaId, signal }: { readonly schemaId: number; readonly signal: AbortSignal },
  ): Promise<Reading<K>> => {
    await resolve(schemaId, signal);
    const decoded = codecs.decode(kind, value);
    return decoded.kind === "unresolved" ? { kind: "reject", reason: "unknown_schema", schemaId } : decoded;
  };

  return (kind, { value }, signal) => {
    const decoded = codecs.decode(kind, value);
    if (decoded.kind !== "unresolved") return decoded;
    return readUnknown(kind, value, { schemaId: decoded.schemaId, signal });
  };
};
