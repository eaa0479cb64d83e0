// The sticky assignment gives every partition away once, evenly, and moves as little as it must.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assignSticky, type Member } from "./sticky-assignment.ts";

const topics = (sizes: Readonly<Record<string, number>>): Map<string, number[]> =>
  new Map(Object.entries(sizes).map(([topic, size]) => [topic, Array.from({ length: size }, (_, i) => i)]));

const fresh = (...ids: readonly string[]): Member[] => ids.map((id) => ({ id, owned: {} }));

/** The members again, owning what they were given. */
const settled = (assignment: ReturnType<typeof assignSticky>): Member[] =>
  [...assignment].map(([id, mine]) => ({
    id,
    owned: Object.fromEntries(
      Object.entries(mine).map(([topic, partitions]) => [topic, Object.fromEntries(partitions.map((p) => [p, 1]))]),
    ),
  }));

const sizesOf = (assignment: ReturnType<typeof assignSticky>, topic: string): number[] =>
  [...assignment.values()].map((mine) => mine[topic]?.length ?? 0);

describe("for any members and topics", () => {
  const members = fc
    .uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 })
    .chain((ids) =>
      fc.tuple(
        ...ids.map((id) =>
          fc.record({
            id: fc.constant(id),
            owned: fc.dictionary(
              fc.constantFrom("a", "b", "gone"),
              fc.dictionary(fc.nat({ max: 20 }).map(String), fc.nat()),
            ),
          }),
        ),
      ),
    )
    .map((list) => list as unknown as Member[]);
  const sizes = fc.record({ a: fc.nat({ max: 17 }), b: fc.nat({ max: 9 }) });

  test("every partition has one owner, and no topic is shared more unevenly than by one", () => {
    fc.assert(
      fc.property(members, sizes, (list, size) => {
        const assignment = assignSticky(list, topics(size));
        for (const [topic, count] of Object.entries(size)) {
          const given = [...assignment.values()].flatMap((mine) => mine[topic] ?? []);
          expect(given.toSorted((x, y) => x - y)).toEqual(Array.from({ length: count }, (_, i) => i));
          expect(Math.max(...sizesOf(assignment, topic)) - Math.min(...sizesOf(assignment, topic))).toBeLessThanOrEqual(
            1,
          );
        }
      }),
    );
  });

  test("the order in which members are listed does not matter", () => {
    fc.assert(
      fc.property(members, sizes, (list, size) => {
        const one = assignSticky(list, topics(size));
        const other = assignSticky(list.toReversed(), topics(size));
        expect(Object.fromEntries(other)).toEqual(Object.fromEntries(one));
      }),
    );
  });

  test("nothing moves when nothing changed", () => {
    fc.assert(
      fc.property(members, sizes, (list, size) => {
        const before = assignSticky(list, topics(size));
        expect(assignSticky(settled(before), topics(size))).toEqual(before);
      }),
    );
  });
});

test("a member that comes takes only its share", () => {
  const before = assignSticky(fresh("a", "b"), topics({ t: 8 }));
  const after = assignSticky([...settled(before), ...fresh("c")], topics({ t: 8 }));
  expect(sizesOf(after, "t").toSorted((x, y) => x - y)).toEqual([2, 3, 3]);
  for (const id of ["a", "b"])
    expect(before.get(id)?.["t"]).toEqual(expect.arrayContaining(after.get(id)?.["t"] ?? []));
});

test("a member that goes leaves the others what they have", () => {
  const before = assignSticky(fresh("a", "b", "c"), topics({ t: 9 }));
  const after = assignSticky(
    settled(before).filter(({ id }) => id !== "b"),
    topics({ t: 9 }),
  );
  for (const id of ["a", "c"])
    expect(after.get(id)?.["t"]).toEqual(expect.arrayContaining(before.get(id)?.["t"] ?? []));
});

const claim = (id: string, position: number): Member => ({ id, owned: { t: { 0: position } } });

test("of two members that claim a partition, the one that read further has it", () => {
  const assignment = assignSticky([claim("a", 10), claim("b", 500)], topics({ t: 2 }));
  expect(assignment.get("b")?.["t"]).toEqual([0]);
});
