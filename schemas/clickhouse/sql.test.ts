import { describe, expect, it } from "vitest";
import { readAccessSteps, readMigrations } from "./migrations.ts";
import { statementsOf } from "./sql.ts";

describe("cutting SQL into statements", () => {
  it("drops comments and empty statements", () => {
    expect(statementsOf("-- head; with a semicolon\nSELECT 1; -- tail\n\n;\nSELECT\n  2\n")).toEqual([
      "SELECT 1",
      "SELECT\n  2",
    ]);
  });

  it("leaves quoted semicolons and dashes alone", () => {
    expect(statementsOf("SELECT ';', '--', 'it\\'s; --', `a;b`; SELECT 1 - 2")).toEqual([
      "SELECT ';', '--', 'it\\'s; --', `a;b`",
      "SELECT 1 - 2",
    ]);
  });
});

describe("the migrations", () => {
  it("are numbered from 1 without a gap", () => {
    for (const steps of [readMigrations(), readAccessSteps()])
      expect(steps.map(({ number }) => number)).toEqual(steps.map((_, index) => index + 1));
  });

  it("may each be repeated: nothing is created that may be there already", () => {
    for (const { file, statements } of readMigrations())
      for (const statement of statements)
        expect(statement, file).toMatch(
          /^CREATE (TABLE|FUNCTION) IF NOT EXISTS |^CREATE OR REPLACE VIEW |^ALTER TABLE .* IF (NOT )?EXISTS /,
        );
  });
});
