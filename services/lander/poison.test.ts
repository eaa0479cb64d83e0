import { expect, it } from "vitest";
import { readCarefully } from "./poison.ts";
import type { Reading } from "./read.ts";
import { logRecord, rejectOf } from "./test-records.ts";

const rows: Reading = { kind: "rows", rows: [["a"]] };

it("tries each suspect record in another process before this one reads it", async () => {
  const asked: string[] = [];
  const read = readCarefully(
    {
      read: () => rows,
      refuse: ({ offset }, { reason }) => ({ kind: "reject", reject: rejectOf(offset, { reason }) }),
    },
    {
      until: 2,
      survives: async (value) => {
        asked.push(String(value));
        return String(value) !== "deadly";
      },
    },
  );
  const readOnceReady = async (offset: number, text: string): Promise<Reading> => {
    const record = logRecord(offset, { value: Buffer.from(text) });
    const reading = read(record);
    if (reading.kind === "wait") await reading.ready();
    return reading.kind === "wait" ? read(record) : reading;
  };

  expect(await readOnceReady(0, "fine")).toBe(rows);
  expect(await readOnceReady(1, "deadly")).toMatchObject({ kind: "reject", reject: { reason: "kills_reader" } });
  expect(await readOnceReady(2, "beyond suspicion")).toBe(rows);
  expect(asked).toEqual(["fine", "deadly"]);
});
