// Misspelt variables are noticed.
import { expect, test } from "vitest";
import { unknownVariables } from "./known-variables.ts";

const known = ["EARSHOT_GAP", "EARSHOT_HTTP_PORT", "EARSHOT_HASH_KEY"];

test("a misspelt variable is told with the nearest name that is read", () => {
  expect(unknownVariables({ EARSHOT_HTTP_PROT: "1", EARSHOT_GAP: "1m", OTHER: "x" }, known)).toEqual([
    "EARSHOT_HTTP_PROT is set, but nothing reads it; did you mean EARSHOT_HTTP_PORT?",
  ]);
});

test("a secret's file is known", () => {
  expect(unknownVariables({ EARSHOT_HASH_KEY_FILE: "/x" }, known)).toEqual([]);
});
