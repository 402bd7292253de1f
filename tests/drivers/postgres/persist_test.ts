// The function for plain tasks, which takes a list for each column, stores the same as the function
// for other tasks, which takes objects.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { toTextArray, unescapeText } from "../../../drivers/postgres/json_text.ts";
import { auditLevels } from "../../../src/audit/audit_level.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { newTask } from "../../support/new_task.ts";
import { connect, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());
const url = await server.createDatabase();
await (await openStorage({ url })).close();

Deno.test("plain tasks are stored like other tasks, at every audit level, claimed or waiting", async () => {
  await using storage = await openStorage({ url });
  await using sql = connect(url);
  await storage.registerWorker({ id: "here", host: "test" });
  await storage.registerWorker({ id: "gone", host: "test" });
  await storage.persist([newTask({ claimFor: "gone" })]); // keeps the worker's row
  await storage.unregisterWorker("gone");
  await storage.setQueuePaused("paused", true);
  for (const auditLevel of auditLevels) {
    for (const queue of ["open", "paused"]) {
      for (const claimFor of [null, "here", "gone", "unknown"]) {
        const fields = { auditLevel, queue, claimFor, priority: 3, traceContext: "00-ab-cd-01" };
        const plain = newTask(fields), other = newTask(fields);
        // With a tag, the task is not plain. The comparison of columns omits the tags.
        const tagged = { ...other, tags: ["tag"] };
        const [plainAnswer] = await storage.persist([plain]);
        const [otherAnswer] = await storage.persist([tagged]);
        assertEquals({ ...plainAnswer!, id: "" }, { ...otherAnswer!, id: "" });
        const [one, two] = await Promise.all([plain, other].map(async ({ id }) => {
          const [row] = await sql`
            SELECT to_jsonb(t) - ARRAY['id', 'created_at_utc', 'claimed_at_utc', 'tags'] AS task,
              t.claimed_at_utc = t.created_at_utc AS claimed_at_once, t.due_at_utc = t.created_at_utc AS due_at_once,
              (SELECT json_agg(json_build_object('status', a.new_status, 'at_once', a.updated_at_utc = t.created_at_utc))
               FROM evertask.status_audit AS a WHERE a.queued_task_id = t.id) AS audit
            FROM evertask.queued_tasks AS t WHERE t.id = ${id}`;
          return { ...row!, task: { ...row!.task, due_at_utc: null } };
        }));
        assertEquals(one, two);
      }
    }
  }
});

Deno.test("a batch of plain tasks, some of which are already stored, stores the others", async () => {
  await using storage = await openStorage({ url });
  await storage.registerWorker({ id: "again", host: "test" });
  const [first, second, third] = ["again", null, "again"].map((claimFor) =>
    newTask({ claimFor, payload: '{"of":"each"}' })
  ) as [ReturnType<typeof newTask>, ReturnType<typeof newTask>, ReturnType<typeof newTask>];
  await storage.persist([first, second]);
  assertEquals(await storage.persist([third, second, first]), [
    { id: third.id, outcome: "created", claimed: true },
    { id: second.id, outcome: "created", claimed: false },
    { id: first.id, outcome: "created", claimed: true },
  ]);
  assertEquals((await storage.get(third.id))?.payload, third.payload);
  assertEquals((await storage.statusAudit(first.id)).items.length, 1);
});

Deno.test("any texts are unchanged in a list", async () => {
  await using sql = connect(url);
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("NULL", "null", "", '"\\{},'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(text)), async (texts) => {
      const [row] = await sql`
        SELECT to_json(${toTextArray(texts)}::text::text[])::text AS texts`;
      const read = (JSON.parse(row!.texts) as (string | null)[]).map((item) =>
        item && unescapeText(item)
      );
      assertEquals(read, texts.map((item) => item && item.toWellFormed()));
    }),
    { numRuns: 100 },
  );
});
