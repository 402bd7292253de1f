// Runs each SQL block of sql/postgres/README.md.

import { assert, assertEquals } from "@std/assert";
import { startPostgres } from "../../support/pg_server.ts";
import { newTask, slotRequest } from "../../support/new_task.ts";
import { connect, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

const readme = await Deno.readTextFile(
  new URL("../../../sql/postgres/README.md", import.meta.url),
);
const blocks = [...readme.matchAll(/^```sql\n([\s\S]*?)^```$/gm)].map(([, sql]) => sql!);
const id = (number: number) => `01900000-0000-7000-8000-00000000000${number}`;

Deno.test("the SQL of the README works as described", async () => {
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

Deno.test("a role with the rights that the README names can do all that the application does", async () => {
  const url = await server.createDatabase();
  await (await openStorage({ url })).close();
  await using admin = connect(url);
  const role = `evertask_app_${crypto.randomUUID().slice(0, 8)}`;
  await admin.unsafe(`
    CREATE ROLE ${role};
    GRANT USAGE ON SCHEMA evertask TO ${role};
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA evertask TO ${role};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA evertask TO ${role};
  `).simple();
  {
    await using sql = connect(url, { connection: { role } });
    await using storage = await openStorage({ sql, migrate: false, notify: false });
    await storage.registerWorker({ id: "app", host: "test" });
    const task = newTask({ claimFor: "app", taskKey: "a key" });
    await storage.persist([task]);
    const lease = { workerId: "app", token: 1 };
    await storage.setStatus(task.id, "Failed", "no luck", "Full", { lease });
    await storage.saveExecutionLogs([
      { taskId: task.id, level: "Error", message: "no luck", exception: null, run: 1, agoMs: 0 },
    ]);
    assertEquals((await storage.statusAudit(task.id)).items.length, 2);
    assertEquals((await storage.purge({ statusAuditDays: 1 }, { budget: 10 })).done, true);
    assertEquals((await storage.takeRateSlots([slotRequest()])).slots[0]?.granted, true);
  }
  await admin.unsafe(`DROP OWNED BY ${role}; DROP ROLE ${role};`).simple();
});
