// Tests the routes for the history of tasks, for series, and for the whole store.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { createApi } from "../../src/api/mod.ts";
import { silentLogger } from "../../mod.ts";
import { makeTenantStore, secretOf } from "./tenants.ts";

const store = await makeTenantStore();
Deno.test.afterAll(() => store.everTask.stop());
const { fetch } = createApi(store.everTask, {
  authorize: () => ({ user: "ada", can: ["view"] }),
  logger: silentLogger,
});
const { failed, series, waiting } = store.tasks.apple;

async function ask(path: string) {
  const response = await fetch(new Request(`http://localhost/api/v1/${path}`));
  return { status: response.status, headers: response.headers, body: await response.json() };
}

Deno.test("a task's status changes are paged, oldest first", async () => {
  const { body } = await ask(`tasks/${failed}/transitions`);
  const statuses = body.items.map(({ newStatus }: { newStatus: string }) => newStatus);
  assertEquals([statuses.at(-1), body.next], ["Failed", null]);
  assert(body.items.at(-1).exception.includes(secretOf("apple")));
  const first = await ask(`tasks/${failed}/transitions?limit=1`);
  assertEquals(first.body.items, body.items.slice(0, 1));
  assertEquals(first.headers.get("link"), `<?limit=1&after=${first.body.next}>; rel="next"`);
  const rest = await ask(`tasks/${failed}/transitions?after=${first.body.next}`);
  assertEquals(rest.body.items, body.items.slice(1));
});

Deno.test("the past and next runs of a series are listed", async () => {
  const { body } = await ask(`tasks/${series}/runs`);
  assertEquals(body.items.map(({ status }: { status: string }) => status), ["Completed"]);
  const { body: { items } } = await ask("series");
  assertEquals(items.length, 2);
  assertEquals([items[1].id, items[1].taskKey, items[1].runCount], [series, "apple:series", 1]);
  const { body: { runs } } = await ask(`series/${series}/next?count=3`);
  assertEquals([runs.length, runs[0]], [3, items[1].nextRunAt]);
  assertEquals(Date.parse(runs[2]) - Date.parse(runs[0]), 2 * 3_600_000);
  assertEquals((await ask(`series/${series}/next`)).body.runs.length, 10);
  assertEquals((await ask(`series/${waiting}/next`)).status, 404);
});

Deno.test("a task's log lines are returned as a page or as a file", async () => {
  const { body } = await ask(`tasks/${failed}/logs`);
  assertEquals(body.items[0].message, `${secretOf("apple")} is logged`);
  const path = `http://localhost/api/v1/tasks/${failed}/logs?format=text&limit=1`;
  const file = await fetch(new Request(path));
  assertEquals(file.headers.get("content-type"), "text/plain; charset=utf-8");
  assertEquals(file.headers.get("content-disposition"), 'attachment; filename="task.log"');
  const lines = (await file.text()).trimEnd().split("\n");
  const [first] = lines;
  assertMatch(first!, /^\d{4}-\d\d-\d\dT[\d:.]+Z Information apple-s3cret is logged$/);
  assertEquals(lines.filter((line) => !line.startsWith("  ")).length, body.items.length);
});

Deno.test("the history of a task that does not exist is a 404", async () => {
  for (const part of ["transitions", "runs", "logs", "logs?format=text"]) {
    for (const id of ["01900000-0000-7000-8000-000000000001", "nobody"]) {
      assertEquals((await ask(`tasks/${id}/${part}`)).status, 404, part);
    }
  }
});

Deno.test("counts, growth and a preview of retention cover the whole store", async () => {
  const { body: statistics } = await ask("statistics");
  assertEquals(statistics.tasksByStatus.Failed, 2);
  assertEquals(statistics.estimated, []);
  assertEquals((await ask("statistics?exact=true")).body.tasksByStatus, statistics.tasksByStatus);
  assertEquals((await ask("statistics?exact=yes")).status, 400);
  const { body: growth } = await ask("audit/growth");
  assertEquals(growth.items.map(({ table }: { table: string }) => table), [
    "StatusAudit",
    "RunsAudit",
    "TaskExecutionLog",
  ]);
  const { body: counted } = await ask("audit/growth?exact=true");
  assertEquals(counted.items, growth.items);
  assertEquals((await ask("audit/growth?exact=yes")).status, 400);
  const { body: preview } = await ask("audit/preview?maxExecutionLogsPerTask=1");
  const { body: kept } = await ask("audit/preview");
  assertEquals(Object.values(kept), [0, 0, 0, 0, 0]);
  const tables = ["statusAudit", "runsAudit", "executionLog", "tasks", "operatorActions"];
  assertEquals(Object.keys(preview), tables);
  assertEquals((await ask(`tasks/${failed}`)).status, 200);
});

Deno.test("/me returns the user of the request", async () => {
  const { body } = await ask("me");
  const { now, ...user } = body;
  assertEquals(user, { user: "ada", can: ["view"], filter: null, redacted: false });
  assert(Math.abs(Date.parse(now) - Date.now()) < 60_000, now);
});
