import { describe, expect, it } from "vitest";
import { createContexts } from "./context.ts";
import { createReports, isUnreported } from "./reports.ts";
import { parseEngineSetting } from "./settings.ts";

const contextIn = (feature: string | null, version: string | null) =>
  createContexts().context(
    { feature, app_version: version, segment: null, tier: null, device: null, locale: null, utc_offset_min: null },
    undefined,
  );

describe("what clients cannot report", () => {
  it.each(["", " ", "copy@voice/*", "copy@voice/*, stop@*/1.*", "edit@a b/c/d,"])("can be read: %j", (text) => {
    expect(isUnreported(text)).toBe(true);
    expect(parseEngineSetting("rules", text)).toBe(text);
  });

  it.each(["foo", "copy", "copy@voice", "copy@/1", "@voice/*", "dwell@voice/*", "copy@voice/*,foo"])(
    "is refused: %j",
    (text) => {
      expect(isUnreported(text)).toBe(false);
      expect(parseEngineSetting("rules", text)).toBe(undefined);
    },
  );

  it("fits by feature and version, * for any and at the end", () => {
    const reports = createReports("copy@voice/*, stop@*/1.*");
    expect(reports("copy", contextIn("voice", null))).toBe(false);
    expect(reports("copy", contextIn("chat", "1.2"))).toBe(true);
    expect(reports("stop", contextIn(null, "1.2"))).toBe(false);
    expect(reports("stop", contextIn(null, "2.1"))).toBe(true);
  });
});
