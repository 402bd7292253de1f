// Where PostgreSQL stores the versions of a task's row.

import { assert, assertEquals } from "@std/assert";
import { startPostgres } from "../../support/pg_server.ts";
import { claimRequest, connect, newTasks, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

/** The number of tasks: several pages of rows. */
const count = 500;

for (const [size, payload] of [["small", "null"], ["large", `"${"x".repeat(500)}"`]] as const) {
  Deno.test(`a claim of ${size} tasks keeps each row on its page`, async () => {
    const url = await server.createDatabase();
    await using storage = await openStorage({ url });
    await using admin = connect(url);
    const pages = async () => {
      const rows = await admin<{ id: string; page: number }[]>`
        SELECT id, (ctid::text::point)[0] AS page FROM evertask.queued_tasks ORDER BY id`;
      return rows.map(({ id, page }) => `${id} on page ${page}`);
    };
    await storage.persist(newTasks(count).map((task) => ({ ...task, payload })));
    const stored = await pages();
    assert(new Set(stored.map((row) => row.split("page ")[1])).size > 5);

    const workerId = crypto.randomUUID();
    await storage.registerWorker({ id: workerId, host: "test" });
    const { tasks } = await storage.claim(claimRequest(workerId, count));
    assertEquals(tasks.length, count);
    assertEquals(await pages(), stored);
  });
}
