// What a kafkajs error means to us, by its type and code, never by its text.
import { Fenced, Refused, Retryable } from "#adapters/broker-port.ts";
import { AppError, toError } from "#runtime/errors.ts";

interface ErrorShape {
  readonly name?: string;
  readonly type?: string;
  readonly code?: string | number;
  readonly retriable?: boolean;
  readonly cause?: unknown;
  readonly originalError?: unknown;
  readonly errors?: readonly unknown[];
}

/** An error and what it wraps, outermost first: kafkajs hides the protocol error below its retries (K41). */
const chainOf = (thrown: unknown): readonly ErrorShape[] => {
  const chain: ErrorShape[] = [];
  const visit = (one: unknown): void => {
    if (typeof one !== "object" || one === null || chain.includes(one) || chain.length > 8) return;
    chain.push(one);
    const shape: ErrorShape = one;
    visit(shape.cause);
    visit(shape.originalError);
    for (const inner of shape.errors ?? []) visit(inner);
  };
  visit(thrown);
  return chain;
};

/** Kafka's name of the error, such as `NOT_LEADER_FOR_PARTITION`; undefined where none came over the wire. */
export const protocolType = (thrown: unknown): string | undefined =>
  chainOf(thrown).find((one) => one.type !== undefined)?.type;

const fencedTypes = new Set([
  "ILLEGAL_GENERATION",
  "UNKNOWN_MEMBER_ID",
  "REBALANCE_IN_PROGRESS",
  "FENCED_INSTANCE_ID",
  "MEMBER_ID_REQUIRED",
]);

const tooLargeTypes = new Set(["MESSAGE_TOO_LARGE", "RECORD_LIST_TOO_LARGE"]);

const forbiddenTypes = new Set([
  "TOPIC_AUTHORIZATION_FAILED",
  "GROUP_AUTHORIZATION_FAILED",
  "CLUSTER_AUTHORIZATION_FAILED",
  "SASL_AUTHENTICATION_FAILED",
  "UNSUPPORTED_SASL_MECHANISM",
  "SECURITY_DISABLED",
]);

export const isTooLarge = (thrown: unknown): boolean => tooLargeTypes.has(protocolType(thrown) ?? "");

export const isForbidden = (thrown: unknown): boolean =>
  forbiddenTypes.has(protocolType(thrown) ?? "") ||
  chainOf(thrown).some((one) => one.name === "KafkaJSSASLAuthenticationError");

export const isFenced = (thrown: unknown): boolean => fencedTypes.has(protocolType(thrown) ?? "");

/** A protocol error that kafkajs knows and deals with: the connection and its client are sound (K34). */
export const isKnownTransient = (thrown: unknown): boolean =>
  chainOf(thrown).some((one) => one.type !== undefined && one.retriable === true);

/** The log no longer has the position (K26); see `PositionLost` in hardening. */
export const isPositionLost = (thrown: unknown): boolean =>
  protocolType(thrown) === "OFFSET_OUT_OF_RANGE" || chainOf(thrown).some((one) => one.name === "PositionLost");

/** kafkajs's names for what no waiting cures. */
const hopelessNames = new Set([
  "KafkaJSNotImplemented",
  "KafkaJSServerDoesNotSupportApiKey",
  "KafkaJSUnsupportedMagicByteInMessageSet",
]);

/** As the operating system names its errors: ECONNREFUSED, ENOTFOUND. */
const isSystemCode = (code: string | number | undefined): boolean =>
  typeof code === "string" && /^E[A-Z_]+$/.test(code);

/** Ours, kafkajs's own, or the operating system's; a TypeError is none of these. */
const isInfrastructure = ({ name = "", code }: ErrorShape): boolean =>
  name === "Retryable" || name.startsWith("KafkaJS") || isSystemCode(code);

/** Network, time-outs, brokers that come and go; not a bug, not a refusal, not data that cannot be read. */
export const isOutage = (thrown: unknown): boolean => {
  const chain = chainOf(thrown);
  return (
    chain.every(isInfrastructure) &&
    chain.length > 0 &&
    !chain.some(({ name = "" }) => hopelessNames.has(name)) &&
    !isForbidden(thrown) &&
    !isPositionLost(thrown)
  );
};

/** Of a group member: what no fresh client would cure, with the cure where there is one; undefined for an outage. */
export const fatalError = (thrown: unknown, group: string, topics: readonly string[]): Error | undefined => {
  if (protocolType(thrown) === "UNKNOWN_TOPIC_OR_PARTITION")
    return new AppError("missing_topic", `one of the topics ${topics.join(", ")} does not exist`, {
      cause: thrown,
      cure: "Create it: npm run topics",
    });
  if (isForbidden(thrown))
    return new AppError("forbidden", `Kafka refuses group ${group} or its topics`, { cause: thrown });
  if (isPositionLost(thrown))
    return new AppError("position_refused", "retention took records that were not yet read", { cause: thrown });
  return isOutage(thrown) ? undefined : toError(thrown);
};

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

const connectionCure = "Is Kafka running, and does KAFKA_BROKERS name it?";

/** Any failure of a Kafka call as one of the port's errors; the cause is what lies below all of kafkajs's wrapping. */
export const toPortError = (what: string, thrown: unknown): Fenced | Refused | Retryable => {
  if (thrown instanceof Fenced || thrown instanceof Refused || thrown instanceof Retryable) return thrown;
  const cause = chainOf(thrown).at(-1) ?? thrown;
  const unreachable = chainOf(thrown).some(({ code }) => isSystemCode(code));
  const why = protocolType(thrown) ?? (unreachable ? "Kafka does not answer" : messageOf(thrown));
  const message = `${what}: ${why}`;
  if (isFenced(thrown)) return new Fenced(message, { cause });
  if (isTooLarge(thrown) || isForbidden(thrown)) return new Refused(message, { cause });
  return new Retryable(message, unreachable ? { cause, cure: connectionCure } : { cause });
};
