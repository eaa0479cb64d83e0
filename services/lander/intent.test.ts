import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readIntent, tokenOf, writeIntent } from "./intent.ts";

describe("the intent log's entry", () => {
  it("reads back what it wrote", () => {
    const numbers = fc.nat({ max: Number.MAX_SAFE_INTEGER });
    const intents = fc.record({
      inc: fc.integer({ min: 1, max: 32_767 }),
      pend: fc.option(fc.tuple(numbers, numbers).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)),
      tries: fc.nat({ max: 1000 }),
    });
    fc.assert(
      fc.property(intents, (intent) => {
        const metadata = writeIntent(intent);
        expect(readIntent(metadata)).toEqual(intent);
        expect(metadata.length).toBeLessThan(200);
      }),
    );
  });

  it("is written as the contract has it", () => {
    expect(writeIntent({ inc: 3, pend: [10, 19], tries: 2 })).toBe('{"v":1,"inc":3,"pend":[10,19],"try":2}');
    expect(writeIntent({ inc: 3 })).toBe('{"v":1,"inc":3}');
  });

  it("takes an empty text for an offset set by hand, with nothing pending", () => {
    expect(readIntent("")).toEqual({ inc: null, pend: null, tries: 0 });
  });

  it.each([
    ["no JSON", "pend 1-2"],
    ["no object", "7"],
    ["another version", '{"v":2,"inc":1}'],
    ["a detector's metadata", '{"v":1,"wm":1700000000000,"cfg":"ab"}'],
    ["a range that ends before it begins", '{"v":1,"inc":1,"pend":[5,4]}'],
    ["a range of three", '{"v":1,"inc":1,"pend":[1,2,3]}'],
    ["an offset that is no integer", '{"v":1,"inc":1,"pend":[1,2.5]}'],
  ])("does not know %s", (_, metadata) => {
    expect(readIntent(metadata)).toBeNull();
  });
});

it("a token names incarnation, partition and range", () => {
  expect(tokenOf(2, { topic: "earshot.signals", partition: 3 }, [100, 199])).toBe("2/earshot.signals:3:100-199");
});
