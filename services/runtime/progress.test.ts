// Progress on a terminal and in a pipe.
import { expect, test } from "vitest";
import { createProgress } from "./progress.ts";

const record = (isTTY: boolean, total?: number) => {
  const written: string[] = [];
  let now = 0;
  const stream = { isTTY, write: (text: string) => written.push(text) };
  const progress = createProgress({ label: "publishing", total, stream, clock: () => now });
  const at = (time: number, done: number): void => {
    now = time;
    progress.update(done, `${done} events`);
  };
  return { written, progress, at };
};

test("a terminal gets one line redrawn, at most ten times a second", () => {
  const { written, progress, at } = record(true, 100);
  at(50, 10);
  at(100, 50);
  at(150, 60);
  progress.clear();
  expect(written).toHaveLength(2);
  expect(written[0]).toMatch(/^\r.*publishing .*50 events$/);
  expect(written[1]).toMatch(/^\r/);
});

test("a pipe gets a plain line each ten seconds", () => {
  const { written, progress, at } = record(false, 100);
  at(5000, 10);
  at(10_000, 50);
  progress.clear();
  expect(written).toEqual(["publishing: 50 %, 50 events\n"]);
});

test("without a total there is no share", () => {
  const { written, at } = record(false);
  at(10_000, 50);
  expect(written).toEqual(["publishing: 50 events\n"]);
});
