// Kafka's errors are told apart by type and code, however deep kafkajs has wrapped them.
import { describe, expect, test } from "vitest";
import { Fenced, Refused, Retryable } from "#adapters/broker-port.ts";
import { fatalError, isKnownTransient, isOutage, protocolType, toPortError } from "./errors.ts";
import { CorruptBatch } from "./fetched-batch.ts";
import { PositionLost } from "./hardening.ts";

const named = (name: string, fields: object = {}): Error => Object.assign(new Error("…"), { name, ...fields });

const protocol = (type: string, retriable = false): Error => named("KafkaJSProtocolError", { type, retriable });

/** As kafkajs's retries and consumers hand errors on. */
const wrapped = (cause: Error): Error =>
  named("KafkaJSNumberOfRetriesExceeded", {
    cause: named("KafkaJSNonRetriableError", { cause, originalError: cause }),
  });

test("the protocol's name of an error is found below all wrapping", () => {
  expect(protocolType(wrapped(protocol("ILLEGAL_GENERATION")))).toBe("ILLEGAL_GENERATION");
  expect(protocolType(new Error("ILLEGAL_GENERATION"))).toBeUndefined();
});

test.for([
  ["ILLEGAL_GENERATION", Fenced],
  ["UNKNOWN_MEMBER_ID", Fenced],
  ["REBALANCE_IN_PROGRESS", Fenced],
  ["MESSAGE_TOO_LARGE", Refused],
  ["TOPIC_AUTHORIZATION_FAILED", Refused],
  ["NOT_LEADER_FOR_PARTITION", Retryable],
  ["REQUEST_TIMED_OUT", Retryable],
  ["KAFKAJS_UNKNOWN_ERROR_CODE", Retryable],
] as const)("%s becomes the port's error for it", ([type, expected]) => {
  expect(toPortError("sending", wrapped(protocol(type)))).toBeInstanceOf(expected);
});

test("refused credentials are a refusal, a lost connection is none", () => {
  expect(toPortError("x", named("KafkaJSSASLAuthenticationError"))).toBeInstanceOf(Refused);
  expect(toPortError("x", named("KafkaJSConnectionError", { code: "ECONNREFUSED" }))).toBeInstanceOf(Retryable);
});

test("an error of the port stays what it is", () => {
  const fenced = new Fenced("lost");
  expect(toPortError("x", fenced)).toBe(fenced);
});

test("only errors that kafkajs knows to be transient leave its client in use", () => {
  expect(isKnownTransient(wrapped(protocol("NOT_LEADER_FOR_PARTITION", true)))).toBe(true);
  expect(isKnownTransient(protocol("KAFKAJS_UNKNOWN_ERROR_CODE"))).toBe(false);
  expect(isKnownTransient(named("KafkaJSConnectionClosedError", { retriable: true }))).toBe(false);
});

describe("what ends a consumer", () => {
  test.for([
    ["a lost connection", wrapped(named("KafkaJSConnectionError", { code: "ECONNREFUSED" }))],
    ["an operating system's error", Object.assign(new Error("…"), { code: "ECONNRESET" })],
    ["a coordinator that is not found", wrapped(named("KafkaJSGroupCoordinatorNotFound"))],
    ["a broker's error of a kind not known", wrapped(protocol("KAFKAJS_UNKNOWN_ERROR_CODE"))],
    ["our own time limit", new Retryable("no answer")],
  ] as const)("%s is an outage, which a fresh client outlives", ([, error]) => {
    expect(isOutage(error)).toBe(true);
    expect(fatalError(error, "g", ["t"])).toBeUndefined();
  });

  test.for([
    ["a bug", wrapped(new TypeError("x is not a function"))],
    ["a damaged log", wrapped(new CorruptBatch("unreadable"))],
    ["a compression nobody can read", named("KafkaJSNotImplemented")],
  ] as const)("%s is not", ([, error]) => {
    expect(isOutage(error)).toBe(false);
    expect(fatalError(error, "g", ["t"])).toBe(error);
  });

  test.for([
    ["a lost position", wrapped(new PositionLost("gone")), "position_refused"],
    ["a missing topic", wrapped(protocol("UNKNOWN_TOPIC_OR_PARTITION", true)), "missing_topic"],
    ["a missing right", wrapped(protocol("GROUP_AUTHORIZATION_FAILED")), "forbidden"],
  ] as const)("%s ends it with a code of its own", ([, error, code]) => {
    expect(fatalError(error, "g", ["t"])).toMatchObject({ code });
  });
});
