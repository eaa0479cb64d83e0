import { expect, it, vi } from "vitest";
import { loadSettings } from "./config.ts";
import { crashSetting, createCrashAt } from "./crash.ts";

it("dies the n-th time that its point is reached, and at no other", () => {
  const kill = vi.fn<() => void>();
  const crashAt = createCrashAt<"after-send" | "after-commit">("after-send:2", kill);
  crashAt("after-send");
  crashAt("after-commit");
  expect(kill).not.toHaveBeenCalled();
  crashAt("after-send");
  crashAt("after-send");
  expect(kill).toHaveBeenCalledOnce();
});

it("never dies unless asked to", () => {
  const kill = vi.fn<() => void>();
  createCrashAt(undefined, kill)("after-send");
  expect(kill).not.toHaveBeenCalled();
});

it("accepts the service's own points only", () => {
  const definition = { crashAt: crashSetting(["after-send"]) };
  expect(loadSettings(definition, { EARSHOT_CRASH_AT: "after-send:3" })).toEqual({ crashAt: "after-send:3" });
  expect(() => loadSettings(definition, { EARSHOT_CRASH_AT: "after-lunch" })).toThrow("after-send, each with :n");
});
