import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSecret, signatureHeaders, verifySignature } from "./signature.ts";

const key = Buffer.from("earshot-guide-example-secret-0001");
const secret = "whsec_ZWFyc2hvdC1ndWlkZS1leGFtcGxlLXNlY3JldC0wMDAx";
const signed = {
  id: "ntf_0d1c3a",
  timestamp: 1_772_359_200,
  body: Buffer.from(
    '{"type":"incident.opened","timestamp":"2026-03-01T10:00:00.000Z","data":{"incident_id":"inc_42"}}',
  ),
};

const secretOf = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 7).toString("base64")}`;

describe("signing", () => {
  it("gives the signature that others compute", () => {
    expect(parseSecret(secret)).toEqual(key);
    expect(signatureHeaders([key], signed)).toEqual({
      "webhook-id": "ntf_0d1c3a",
      "webhook-timestamp": "1772359200",
      "webhook-signature": "v1,aDip7M0U266/9hT8KNyHxNRj8KVXqKezatroUMwCK3s=",
    });
  });

  it("takes secrets of 24 to 64 bytes in base64 and no others", () => {
    expect([24, 64].map((bytes) => parseSecret(secretOf(bytes))?.length)).toEqual([24, 64]);
    const wrong = [secretOf(23), secretOf(65), secret.slice(6), `whsec_${"!".repeat(32)}`, "whsec_", `${secret} `];
    expect(wrong.map(parseSecret)).toEqual(wrong.map(() => undefined));
  });
});

describe("verifying", () => {
  const headers = signatureHeaders([key], signed);
  const { body, timestamp } = signed;

  it("allows five minutes either way", () => {
    const late = [-301, -300, 0, 300, 301].map((seconds) => verifySignature([key], headers, body, timestamp + seconds));
    expect(late).toEqual(["too_new", "valid", "valid", "valid", "too_old"]);
  });

  it("finds any changed byte, id or time", () => {
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), (index, flip) => {
        const other = Buffer.from(body);
        other[index] = (other[index] ?? 0) ^ flip;
        expect(verifySignature([key], headers, other, timestamp)).toBe("wrong_signature");
      }),
    );
    expect(verifySignature([key], { ...headers, "webhook-id": "ntf_1" }, body, timestamp)).toBe("wrong_signature");
    const moved = { ...headers, "webhook-timestamp": String(timestamp + 1) };
    expect(verifySignature([key], moved, body, timestamp)).toBe("wrong_signature");
  });

  it("wants all three headers, and one good signature among many", () => {
    for (const name of Object.keys(headers)) {
      expect(verifySignature([key], { ...headers, [name]: undefined }, body, timestamp)).toBe("no_headers");
    }
    const many = `v1a,AAAA v1,AAAA v2,x ${headers["webhook-signature"] ?? ""}`;
    expect(verifySignature([key], { ...headers, "webhook-signature": many }, body, timestamp)).toBe("valid");
    expect(verifySignature([], headers, body, timestamp)).toBe("wrong_signature");
  });
});
