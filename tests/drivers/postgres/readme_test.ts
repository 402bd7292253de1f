// What sql/postgres/README.md shows works: each of its SQL blocks runs.

import { assert, assertEquals } from "@std/assert";
import { startPostgres } from "../../support/pg_server.ts";
import { connect, newTask, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

const readme = await Deno.readTextFile(
  new URL("../../../sql/postgres/README.md", import.meta.url),
);
const blocks = [...readme.matchAll(/^```sql\n([\s\S]*?)^```$/gm)].map(([, sql]) => sql!);
const id = (number: number) => `01900000-0000-7000-8000-00000000000${number}`;

Deno.test("the SQL of the administrator's document does what it says", async () => {
  const url = await server.createDatabase();
  await using storage = await openStorage({ url });
  await using sql = connect(url);
  const series = {
    schedule: "{}",
    info: "every hour",
    anchorAt: 0,
    maxRuns: null,
    runUntil: null,
    nextRunAt: 0,
  };
  await storage.persist([
    newTask({ id: id(1) }),
    newTask({ id: id(2), status: "WaitingQueue", series }),
    newTask({ id: id(3) }),
  ]);
  assert(blocks.length > 8);
  for (const block of blocks) await sql.unsafe(block).simple();

  assertEquals((await storage.get(id(1)))?.status, "Queued");
  const audit = await storage.statusAudit(id(1));
  assertEquals(audit.items.map(({ newStatus }) => newStatus), ["Queued", "Failed", "Queued"]);
  assertEquals((await storage.get(id(2)))?.series?.runCount, 1);
  assertEquals((await storage.get(id(3)))?.status, "Cancelled");
  const reminder = await storage.getByTaskKey("remind-42");
  assertEquals([reminder?.queue, reminder?.status], ["email", "WaitingQueue"]);
  assertEquals((await storage.statistics()).queues.some(({ paused }) => paused), false);
});
