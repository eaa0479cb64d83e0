import { describe, expect, it } from "vitest";
import { countedAppendTs, rekeyedHeader, writeRekeyedFrom } from "./rekeyed.ts";

const topic = "earshot.interactions";

describe("the append time that counts", () => {
  it("is the record's own without a header", () => {
    expect(countedAppendTs({ appendTs: 20, headers: { other: "x" } }, topic)).toBe(20);
  });

  it("is the original's for a re-keyed copy", () => {
    const header = writeRekeyedFrom({ topic, partition: 3, offset: 9_007_199_254, appendTs: 10 });
    expect(countedAppendTs({ appendTs: 20, headers: { [rekeyedHeader]: header } }, topic)).toBe(10);
  });

  it.each(["", "a:b:c:d", `${topic}:1:2`, `${topic}:1:2:3:4`, `${topic}:-1:2:3`, "another:1:2:3", `${topic}:1:2:21`])(
    "is unknown under the header %j",
    (header) => {
      expect(countedAppendTs({ appendTs: 20, headers: { [rekeyedHeader]: header } }, topic)).toBeUndefined();
    },
  );
});
