// An application's index of a value in payloads: searches find the same tasks, and read only these.

import { assert, assertEquals } from "@std/assert";
import { startPostgres } from "../../support/pg_server.ts";
import {
  checkSameTasks,
  documentedIndex,
  payloadFilters,
  storePayloads,
} from "../../support/payload_index.ts";
import { indexesOf, readRows, watchPlans } from "./plan_watch.ts";
import { connect, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

Deno.test("a search by payload reads the index that the guide creates, and finds the same tasks", async () => {
  const url = await server.createDatabase();
  await using storage = await openStorage({ url });
  await using admin = connect(url);
  await using plans = watchPlans(url);
  await using watched = await openStorage({ sql: plans.sql, notify: false });
  await admin`ALTER TABLE evertask.queued_tasks SET (autovacuum_enabled = off)`;
  await storePayloads(storage);
  await admin`UPDATE evertask.queued_tasks SET request = '{"customer":{"id":42'
    WHERE id = (SELECT id FROM evertask.queued_tasks ORDER BY id LIMIT 1)`;
  const index = await documentedIndex("PostgreSQL");
  await checkSameTasks(storage, () => admin.unsafe(index));
  await plans.begin();
  const many = { payload: { path: "customer.id", equals: "many" } } as const;
  for (const analyze of [false, true]) {
    if (analyze) await admin`ANALYZE evertask.queued_tasks`;
    for (const filter of [...payloadFilters, many]) {
      for (const order of ["newest", "oldest"] as const) {
        const scans = await plans.scansOf("queued_tasks", async () => {
          const { incomplete } = await watched.list(filter, { order });
          assertEquals(incomplete, undefined, "one call finds all");
          await watched.list({ ...filter, statuses: ["Failed"], recurring: false }, { order });
          await watched.count(filter, { cap: 100 });
        });
        const what = `${JSON.stringify(filter)}, ${order} first: ${
          JSON.stringify(indexesOf(scans))
        }`;
        assertEquals(scans.filter((node) => !node["Index Name"]), [], what);
        assert(indexesOf(scans).some((each) => each.includes("customer_id")), what);
        assert(readRows(scans) <= 3_000, `${what} reads ${readRows(scans)} rows`);
      }
    }
  }
});

Deno.test("a search by a path without an index, or with another one, does not fail", async () => {
  const url = await server.createDatabase();
  await using storage = await openStorage({ url });
  await using admin = connect(url);
  await storePayloads(storage);
  const index = await documentedIndex("PostgreSQL");
  await admin.unsafe(index.replace(";", " WHERE priority = 1;"));
  for (
    const path of ["customer.id", "customer", "customer.x') OR 1 = 1 --", 'a"b', "é", "0", "\0"]
  ) {
    const { items } = await storage.list({ payload: { path, equals: 42 } }, { order: "oldest" });
    assertEquals(items.length, path === "customer.id" ? 5 : path === "customer" ? 1 : 0, path);
  }
});
