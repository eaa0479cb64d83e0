import { describe, expect, it } from "vitest";
import { formatOf, hasSeveralStatements, isEmpty, isInsert, splitInsert, withFile } from "./statements.ts";

describe("statements", () => {
  it("finds an INSERT behind comments", () => {
    expect(isInsert("-- note\n /* x */ insert into t values (1)")).toBe(true);
    expect(isInsert("SELECT 'insert into'")).toBe(false);
  });

  it("takes comments and white space for no statement", () => {
    expect(isEmpty(" -- only\n/* a note */ ")).toBe(true);
    expect(isEmpty("SELECT 1")).toBe(false);
  });

  it.each([
    ["SELECT 1; SELECT 2", true],
    ["SELECT 1;", false],
    ["SELECT ';' ; -- ; x\n ;", false],
    ["SELECT `a;b`, \"c;d\", 'it''s; \\'x;' FROM t /* ; select 2 */", false],
    ["CREATE TABLE a (x Int8) ENGINE = Memory;\nDROP TABLE a", true],
  ])("tells whether %j is several statements", (sql, several) => {
    expect(hasSeveralStatements(sql)).toBe(several);
  });

  it("reads the format that a query names at its end", () => {
    expect(formatOf("SELECT 1 FORMAT JSONEachRow")).toBe("JSONEachRow");
    expect(formatOf("SELECT 1 format CSV settings max_threads = 1;")).toBe("CSV");
    expect(formatOf("SELECT 1 AS format")).toBeUndefined();
  });

  it("splits an INSERT before its data", () => {
    expect(splitInsert("INSERT INTO t FORMAT CSV\n1,2\n")?.dataAt).toBe(25);
    expect(splitInsert('INSERT INTO t FORMAT JSONEachRow {"a":" FORMAT x"}')?.dataAt).toBe(33);
    expect(splitInsert("INSERT INTO t (a) VALUES (1)")).toBeUndefined();
    expect(splitInsert("INSERT INTO t SELECT 1")).toBeUndefined();
  });

  it("names the data's file before settings and format", () => {
    expect(withFile("INSERT INTO settings (a) FORMAT CSV", "'f'")).toBe(
      "INSERT INTO settings (a) FROM INFILE 'f'  FORMAT CSV",
    );
    expect(withFile("INSERT INTO t SETTINGS a = 1, b = 2 FORMAT CSV;", "'f'")).toBe(
      "INSERT INTO t FROM INFILE 'f'  SETTINGS a = 1, b = 2 FORMAT CSV",
    );
  });
});
