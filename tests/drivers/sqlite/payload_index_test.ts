// An application's index of a value in payloads: searches find the same tasks, and read only these.

import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import {
  checkSameTasks,
  documentedIndex,
  payloadFilters,
  storePayloads,
} from "../../support/payload_index.ts";
import { newId } from "../../support/new_task.ts";
import { recording, Scratch } from "./support.ts";

const byIndex = /^SEARCH queued_tasks USING (COVERING )?INDEX queued_tasks_customer_id \(<expr>=\?/;

Deno.test("a search by payload reads the index that the guide creates, and finds the same tasks", async () => {
  const database = new DatabaseSync(":memory:");
  const statements = new Set<string>();
  await using scratch = new Scratch();
  const storage = await scratch.open({ database: recording(database, statements) });
  await storePayloads(storage);
  database.exec(
    `UPDATE queued_tasks SET request = '{"customer":{"id":42' WHERE id = (SELECT min(id) FROM queued_tasks)`,
  );
  const index = await documentedIndex("SQLite");
  await checkSameTasks(storage, () => database.exec(index));
  for (const filter of payloadFilters) {
    const page = await storage.list(filter);
    assertEquals([page.next, page.incomplete], [null, undefined], "one call finds all");
    await storage.list({ ...filter, statuses: ["Queued"], recurring: false });
    await storage.count(filter, { cap: 100 });
  }
  const searches = [...statements].filter((sql) => sql.includes("queued_tasks_customer_id"));
  assert(searches.length >= 4, `only ${searches.length} statements were seen`);
  for (const analyze of ["", "ANALYZE"]) {
    database.exec(analyze);
    for (const sql of searches) {
      const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
      assertEquals(steps.filter(({ detail }) => !byIndex.test(String(detail))), [], sql);
    }
  }
  const many = { payload: { path: "customer.id", equals: "many" } } as const;
  const failed = await storage.list({ ...many, statuses: ["Failed"] });
  assertEquals([failed.items.length, failed.incomplete], [0, true], "it stops after 500 tasks");
  const [id] = (await storage.list(many, { order: "oldest" })).items.map((task) => task.id);
  const one = await storage.list({ ...many, ids: [id!, newId()] });
  assertEquals(one.items.map((task) => task.id), [id], "ids find fewer tasks");
  database.close();
});

Deno.test("a search by a path without an index, or with another one, does not fail", async () => {
  const database = new DatabaseSync(":memory:");
  await using scratch = new Scratch();
  const storage = await scratch.open({ database });
  await storePayloads(storage);
  database.exec("CREATE INDEX other ON queued_tasks (request -> '$.customer.id', id)");
  const index = await documentedIndex("SQLite");
  database.exec(index.replace(";", " WHERE priority = 1;"));
  for (const path of ["customer.id", "customer", "customer.x') OR 1 = 1 --", 'a"b', "é", "0"]) {
    const { items } = await storage.list({ payload: { path, equals: 42 } }, { order: "oldest" });
    assertEquals(items.length, path === "customer.id" ? 5 : path === "customer" ? 1 : 0, path);
  }
  database.close();
});
