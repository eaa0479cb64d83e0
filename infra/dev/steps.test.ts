// What the steps of a check are told: without a terminal nothing is coloured, whatever the caller's environment says.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openWorkshop } from "./steps.ts";

beforeEach(() => void vi.spyOn(process.stdout, "write").mockReturnValue(true));
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

it("without a terminal no step colours its output", async () => {
  vi.stubEnv("FORCE_COLOR", "0");
  using workshop = openWorkshop(new AbortController().signal);
  const script = `process.exit(process.env.NO_COLOR === "1" && !("FORCE_COLOR" in process.env) ? 0 : 1)`;
  const outcome = await workshop.run({ name: "colourless", command: process.execPath, args: ["-e", script] });
  expect(outcome.ok).toBe(true);
});

it("stopped, it ends what runs and begins nothing more", async () => {
  const stop = new AbortController();
  using workshop = openWorkshop(stop.signal);
  const step = { name: "endless", command: process.execPath, args: ["-e", "setInterval(() => {}, 1000)"] };
  const running = workshop.run(step);
  stop.abort();
  expect((await running).ok).toBe(false);
  expect((await workshop.run(step)).ok).toBe(false);
});
