// Numbered parameters, rewritten for a node:sqlite that cannot bind them. The conformance suite
// runs on such a Node in tests/node_test.ts; here the rewritten statement is compared with the
// original.

import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { DatabaseSync } from "node:sqlite";
import { fromNodeSqlite, type NodeSqliteDatabase } from "../../../drivers/sqlite/node_sqlite.ts";
import { prepareWithoutNumbers } from "../../../drivers/sqlite/numbered_parameters.ts";

Deno.test("a statement rewritten without numbers returns the same rows", () => {
  const database = new DatabaseSync(":memory:");
  const prepare = (sql: string) => fromNodeSqlite(database).prepare(sql);
  const numbers = fc.array(fc.option(fc.integer({ min: 1, max: 12 })), {
    minLength: 1,
    maxLength: 24,
  });
  fc.assert(fc.property(numbers, (numbers) => {
    const columns = numbers.map((number, index) => `?${number ?? ""} AS column_${index}`);
    const sql = `SELECT ${columns.join(", ")}`;
    let count = 0;
    for (const number of numbers) count = Math.max(count, number ?? count + 1);
    const values = Array.from({ length: count }, (_, index) => `value ${index}`);
    const rewritten = prepareWithoutNumbers(sql, prepare);
    assertEquals(rewritten.get(values), prepare(sql).get(values));
    assertEquals(rewritten.all(values), prepare(sql).all(values));
  }));
  database.close();
});

/**
 * Imitates `DatabaseSync` of Node 22.13, which cannot bind numbered parameters and has no
 * `isTransaction`.
 */
function inOldNode(database: DatabaseSync): NodeSqliteDatabase {
  return {
    prepare(sql) {
      const statement = database.prepare(sql);
      const call = (method: "run" | "get" | "all") => (...values: (string | number)[]) => {
        if (/\?\d/.test(sql)) throw new RangeError("column index out of range");
        return statement[method](...values) as never;
      };
      return { run: call("run"), get: call("get"), all: call("all") };
    },
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
  };
}

Deno.test("a library without numbered parameters and isTransaction gives the same results", () => {
  using database = new DatabaseSync(":memory:");
  const adapted = fromNodeSqlite(inOldNode(database));
  const row = adapted.prepare("SELECT ?2 AS b, ?1 AS a, ?2 AS c").get(["a", "b"]);
  assertEquals({ ...row }, { b: "b", a: "a", c: "b" });
  for (const begin of ["BEGIN", "BEGIN IMMEDIATE", "SAVEPOINT here"]) {
    assertEquals(adapted.inTransaction, false);
    database.exec(begin);
    assertEquals([adapted.inTransaction, database.isTransaction], [true, true]);
    database.exec("ROLLBACK");
  }
});
