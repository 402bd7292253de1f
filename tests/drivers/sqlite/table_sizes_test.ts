// Tests the sizes of tables that are estimated from a sample of their pages.

import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { tableNames } from "../../../src/storage/table_sizes.ts";
import { newTask } from "../../support/new_task.ts";
import { Scratch } from "./support.ts";

const real = "SELECT tbl_name AS name, sum(pgsize) AS bytes FROM dbstat " +
  "JOIN sqlite_schema USING (name) GROUP BY tbl_name";

Deno.test("the rows and bytes of large tables are estimated, and those of small ones are exact", async () => {
  const database = new DatabaseSync(":memory:");
  await using scratch = new Scratch();
  const storage = await scratch.open({ database });
  for (let batch = 0; batch < 20; batch++) {
    await storage.persist(
      Array.from(
        { length: 1000 },
        (_, n) => newTask({ tags: ["a"], payload: JSON.stringify("x".repeat(n % 300)) }),
      ),
    );
  }
  await storage.registerWorker({ id: "worker-1", host: "here" });
  const bytes = new Map(database.prepare(real).all().map(({ name, bytes }) => [name, bytes]));
  const sizes = new Map((await storage.tableSizes()).map((size) => [size.table, size]));
  assertEquals([...sizes.keys()], [...tableNames]);
  for (
    const [table, name] of [["QueuedTasks", "queued_tasks"], ["TaskTags", "task_tags"]] as const
  ) {
    const size = sizes.get(table)!;
    assert(size.isEstimate, table);
    assertNear(size.rows!, 20_000, `${table}: rows`);
    assertNear(size.bytes!, Number(bytes.get(name)), `${table}: bytes`);
  }
  const workers = sizes.get("Workers")!;
  assertEquals([workers.rows, workers.isEstimate], [1, false]);
  assertEquals(workers.bytes, bytes.get("workers"));
  assertEquals(sizes.get("FailureGroups")!.rows, 0);
  database.close();
});

/** Asserts that an estimate is right within a third. */
function assertNear(estimate: number, actual: number, what: string): void {
  assert(Math.abs(estimate / actual - 1) < 1 / 3, `${what}: ${estimate} of ${actual}`);
}

Deno.test("without dbstat, rows are counted up to 10,000, and bytes are unknown", async () => {
  const database = new DatabaseSync(":memory:");
  await using scratch = new Scratch();
  const storage = await scratch.open({ database: withoutDbstat(database) });
  await storage.persist(Array.from({ length: 10_001 }, () => newTask({ auditLevel: "None" })));
  const [tasks, tags] = await storage.tableSizes();
  assertEquals([tasks!.rows, tasks!.bytes, tasks!.isEstimate], [null, null, false]);
  assertEquals([tags!.rows, tags!.bytes], [0, null]);
  database.close();
});

/** Refuses statements with `dbstat`, as builds without it do. */
function withoutDbstat(database: DatabaseSync): DatabaseSync {
  return new Proxy(database, {
    get(target, name) {
      if (name !== "prepare") {
        const member = Reflect.get(target, name);
        return typeof member === "function" ? member.bind(target) : member;
      }
      return (sql: string) => {
        if (sql.includes("dbstat")) throw new Error("no such table: dbstat");
        return target.prepare(sql);
      };
    },
  });
}
