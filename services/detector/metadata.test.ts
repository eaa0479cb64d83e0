// Commit metadata: what is written is read back, what another program wrote is refused.
import { describe, expect, it } from "vitest";
import { formatMetadata, noMetadata, parseMetadata } from "./metadata.ts";

describe("commit metadata", () => {
  it("reads back what it wrote", () => {
    const metadata = { watermark: 1_700_000_000_000, cfg: "ab12", known: new Map([[7, 40]]), skip: [3, 9], tries: 2 };
    expect(parseMetadata(formatMetadata(metadata))).toEqual(metadata);
  });

  it("leaves out what says nothing", () => {
    expect(formatMetadata({ ...noMetadata, known: new Map() })).toBe('{"v":1,"known":{}}');
  });

  it("takes an empty text for a group that no detector has committed in", () => {
    expect(parseMetadata("")).toEqual(noMetadata);
  });

  it.each([
    "hello",
    '{"v":2}',
    '{"v":1,"wm":"soon"}',
    '{"v":1,"known":[1]}',
    '{"v":1,"known":{"7":-1}}',
    '{"v":1,"skip":[1.5]}',
    "[]",
  ])("refuses %s", (text) => {
    expect(() => parseMetadata(text)).toThrow("not a detector's");
  });

  it("refuses to write more than the broker takes", () => {
    const skip = Array.from({ length: 400 }, (_, index) => 1_000_000_000 + index);
    expect(() => formatMetadata({ ...noMetadata, skip })).toThrow("4000 are possible");
  });
});
