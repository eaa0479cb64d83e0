import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mayReach } from "./guard.ts";

/** Blocks that no public target lies in, by the registries of special addresses of IANA. */
const closed4 = [
  [0x00000000, 8],
  [0x0a000000, 8],
  [0x64400000, 10],
  [0x7f000000, 8],
  [0xa9fe0000, 16],
  [0xac100000, 12],
  [0xc0000000, 24],
  [0xc0000200, 24],
  [0xc0a80000, 16],
  [0xc6120000, 15],
  [0xc6336400, 24],
  [0xcb007100, 24],
  [0xe0000000, 4],
  [0xf0000000, 4],
] as const;

const dotted = (bits: number): string => [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join(".");

const inClosed4 = fc
  .tuple(fc.constantFrom(...closed4), fc.nat(0xffffffff))
  .map(([[network, length], any]) => (network | (any & (0xffffffff >>> length))) >>> 0);

const hextets = (count: number) =>
  fc
    .array(fc.nat(0xffff), { minLength: count, maxLength: count })
    .map((parts) => parts.map((part) => part.toString(16)));

/** First sixteen bits of an address not in 2000::/3. */
const outside = fc.nat(0xffff).filter((first) => first >>> 13 !== 1);

describe("addresses", () => {
  it("of closed IPv4 blocks are refused, also when IPv6 wraps them", () => {
    fc.assert(
      fc.property(inClosed4, (bits) => {
        const plain = dotted(bits);
        const hex = `${(bits >>> 16).toString(16)}:${(bits & 0xffff).toString(16)}`;
        const wrapped = [
          `::ffff:${plain}`,
          `::${plain}`,
          `::${hex}`,
          `64:ff9b::${plain}`,
          `64:ff9b:1::${hex}`,
          `2002:${hex}::`,
        ];
        for (const address of [plain, ...wrapped]) {
          expect([address, mayReach(address, [], false)]).toEqual([address, false]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("of IPv6 outside global unicast are refused", () => {
    fc.assert(
      fc.property(outside, hextets(7), (first, rest) => {
        const address = [first.toString(16), ...rest].join(":");
        expect([address, mayReach(address, [], false)]).toEqual([address, false]);
      }),
    );
  });

  it.each(["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450:4001::8a"])("%s is public", (address) => {
    expect(mayReach(address, [], false)).toBe(true);
    expect(mayReach(address, [], true)).toBe(false);
  });

  it.each([
    ["127.0.0.1", "127.0.0.0/8", true],
    ["10.1.2.3", "10.1.0.0/16", true],
    ["10.2.2.3", "10.1.0.0/16", false],
    ["fd00::5", "fd00::/8", true],
    ["100.64.1.1", "100.64.0.0/10", true],
    ["::1", "::1/128", true],
    ["::1", "127.0.0.0/8", false],
    ["169.254.169.254", "169.254.0.0/16", false],
    ["fe80::1", "fe80::/10", false],
    ["::ffff:127.0.0.1", "::ffff:0:0/96", false],
    ["224.0.0.1", "224.0.0.0/4", false],
    ["0.0.0.0", "0.0.0.0/0", false],
    ["127.0.0.1", "no cidr", false],
  ])("%s behind allowed %s: %s", (address, cidr, open) => {
    expect(mayReach(address, [cidr], false)).toBe(open);
    expect(mayReach(address, [cidr], true)).toBe(open);
  });

  it("that are no addresses are refused", () => {
    for (const text of ["", "localhost", "1.2.3.4.5", "fe80::1%eth0%x", "::g"])
      expect(mayReach(text, [], false)).toBe(false);
  });
});
