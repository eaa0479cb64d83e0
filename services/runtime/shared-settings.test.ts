// Addresses and credentials that several processes read: what is accepted, and what adapters are handed.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadSettings } from "./config.ts";
import {
  brokerAccess,
  clickhouseSettings,
  kafkaSettings,
  registryAccess,
  registrySettings,
  storeAccess,
} from "./shared-settings.ts";

const kafka = (env: Readonly<Record<string, string>>) => brokerAccess(loadSettings(kafkaSettings, env));

test.each(["127.0.0.1:9092", "a:1,b.example.com:9092", "memory://", "memory://test-1"])(
  "%s names brokers",
  (brokers) => {
    expect(kafka({ KAFKA_BROKERS: brokers })).toEqual({ brokers });
  },
);

test.each(["localhost", "http://a:9092", "a:1, b:2", "a:1,", "a:b"])("%j names none", (brokers) => {
  expect(() => kafka({ KAFKA_BROKERS: brokers })).toThrow(/KAFKA_BROKERS is .*: expected host:port/);
});

test("TLS and SASL are handed on, a certificate authority as its text", () => {
  const folder = mkdtempSync(join(tmpdir(), "earshot-tls-"));
  const file = join(folder, "ca.pem");
  writeFileSync(file, "PEM");
  const sasl = { KAFKA_SASL_MECHANISM: "scram-sha-512", KAFKA_SASL_USERNAME: "u", KAFKA_SASL_PASSWORD: "p" };
  expect(kafka({ KAFKA_BROKERS: "a:1", KAFKA_SSL: "true", ...sasl })).toEqual({
    brokers: "a:1",
    ssl: true,
    sasl: { mechanism: "scram-sha-512", username: "u", password: "p" },
  });
  expect(kafka({ KAFKA_BROKERS: "a:1", KAFKA_SSL: "true", KAFKA_SSL_CA_FILE: file })).toMatchObject({
    ssl: { ca: ["PEM"] },
  });
  rmSync(folder, { recursive: true });
});

test("SASL without a password says what to set", () => {
  const env = { KAFKA_BROKERS: "a:1", KAFKA_SASL_MECHANISM: "plain", KAFKA_SASL_USERNAME: "u" };
  expect(() => kafka(env)).toThrow(
    expect.objectContaining({ code: "config", cure: expect.stringContaining("KAFKA_SASL_PASSWORD") as unknown }),
  );
});

test("registry and store keep their address, without a slash at its end", () => {
  const registry = loadSettings(registrySettings, { SCHEMA_REGISTRY_URL: "http://a:8081/apis/ccompat/v7/" });
  expect(registryAccess(registry)).toEqual({
    registry: "http://a:8081/apis/ccompat/v7",
    username: undefined,
    password: undefined,
    cacheDir: ".earshot/schemas",
  });
  const store = loadSettings(clickhouseSettings, { CLICKHOUSE_URL: "https://a:8443", CLICKHOUSE_PASSWORD: "" });
  expect(storeAccess(store)).toEqual({ url: "https://a:8443", user: "default", password: "", database: "earshot" });
});
