// Notifications that an incident owes: numbered, bounded, and an end never without its beginning.
import { describe, expect, it } from "vitest";
import type { IncidentPayload } from "#schemas/incident-payload.ts";
import { type Notification, owe, type Telling } from "./notify.ts";

const data = {} as IncidentPayload;
const after = (kinds: readonly Telling[]): readonly Notification[] =>
  kinds.reduce<readonly Notification[]>(
    (list, kind, at) => owe(list, { incident: "inc_1", kind, page: false, at, data }),
    [],
  );

describe("owe", () => {
  it("numbers them and gives each an id of its own", () => {
    const list = after(["opened", "updated", "updated", "resolved"]);
    expect(list.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(new Set(list.map(({ id }) => id)).size).toBe(4);
    expect(list[0]?.id).toMatch(/^ntf_[\da-f]{32}$/);
  });

  it("gives the same id to the same notification", () => {
    expect(after(["opened"])).toEqual(after(["opened"]));
  });

  it("keeps sixteen at most: the opening and the newest", () => {
    const reminders = Array.from({ length: 40 }, (): Telling => "reminder");
    const list = after(["opened", ...reminders, "resolved"]);
    expect(list).toHaveLength(16);
    expect(list[0]?.kind).toBe("opened");
    expect(list.at(-1)).toMatchObject({ kind: "resolved", seq: 42 });
  });

  it("goes on numbering when old ones are gone", () => {
    const list = after(Array.from({ length: 20 }, (): Telling => "opened"));
    expect(list.map(({ seq }) => seq)).toEqual(Array.from({ length: 16 }, (_, index) => index + 5));
  });
});
