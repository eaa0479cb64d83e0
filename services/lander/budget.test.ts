import { expect, it } from "vitest";
import { createBudget } from "./budget.ts";

it("calls back those who wait as soon as there is room, and once", () => {
  const budget = createBudget(10);
  const woken: string[] = [];
  budget.add(12);
  expect(budget.full).toBe(true);
  budget.whenRoom(() => void woken.push("a"));
  budget.whenRoom(() => void woken.push("b"));
  budget.add(-2);
  expect(woken).toEqual([]);
  budget.add(-1);
  budget.add(-1);
  expect(woken).toEqual(["a", "b"]);
});

it("may be filled again by the first that is called back", () => {
  const budget = createBudget(10);
  const woken: string[] = [];
  budget.add(10);
  const take = (name: string) => () => {
    if (budget.full) return budget.whenRoom(take(name));
    woken.push(name);
    return budget.add(10);
  };
  budget.whenRoom(take("a"));
  budget.whenRoom(take("b"));
  budget.add(-10);
  expect(woken).toEqual(["a"]);
  budget.add(-10);
  expect(woken).toEqual(["a", "b"]);
});
