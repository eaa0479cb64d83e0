// Names near to a misspelt one.
import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";

const names = ["worst-features", "repeat-rate-by-prompt", "rejects-by-reason", "late-by-tenant"];

test("a misspelt name is near to what it was meant to be", () => {
  expect(nearest("reject-by-reasons", names, 1)).toEqual(["rejects-by-reason"]);
  expect(nearest("repeat", names, 1)).toEqual(["repeat-rate-by-prompt"]);
  expect(nearest("r", names, 2)).toEqual(["worst-features", "repeat-rate-by-prompt"]);
});

test("a name unlike all others is near to none", () => {
  expect(nearest("signal", names, 3)).toEqual([]);
});
