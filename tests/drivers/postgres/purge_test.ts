// One process purges at a time.

import { assertEquals } from "@std/assert";
import { startPostgres } from "../../support/pg_server.ts";
import { slotRequest } from "../../support/new_task.ts";
import { connect, newTasks, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

const policy = { statusAuditDays: 1, deleteCompletedTasksAfterRetention: true };
const nothing = { statusAudit: 0, runsAudit: 0, executionLog: 0, tasks: 0, operatorActions: 0 };
const busy = { ...nothing, done: false, busy: true };

Deno.test("a purge is busy and deletes nothing while another process purges, for a minute at most", async () => {
  const url = await server.createDatabase();
  await using storage = await openStorage({ url });
  await using sql = connect(url);
  const [task] = newTasks(1);
  await storage.persist([task!]);
  await storage.setStatus(task!.id, "Completed", null, "Full");
  await sql`UPDATE evertask.status_audit SET updated_at_utc = updated_at_utc - interval '2 days'`;
  await sql`UPDATE evertask.queued_tasks SET created_at_utc = created_at_utc - interval '2 days'`;

  await sql`SELECT evertask.take_maintenance('purge', gen_random_uuid())`;
  assertEquals(await storage.purge(policy, { budget: 100 }), busy);
  assertEquals((await storage.statusAudit(task!.id)).items.length, 2, "nothing is deleted");
  const dryRun = await storage.purge(policy, { budget: 100, dryRun: true });
  assertEquals(
    [dryRun.statusAudit, dryRun.busy],
    [2, false],
    "a dry run need not wait for its turn",
  );
  const [held] = await sql`
    SELECT extract(epoch FROM held_until - clock_timestamp())::int AS seconds FROM evertask.maintenance`;
  assertEquals(held!.seconds > 30 && held!.seconds <= 60, true, `${held!.seconds} s`);

  await sql`UPDATE evertask.maintenance SET held_until = held_until - interval '1 minute'`;
  const { tasks, done } = await storage.purge(policy, { budget: 100 });
  assertEquals([tasks, done], [1, true]);
  assertEquals(
    (await sql`SELECT FROM evertask.maintenance`).count,
    0,
    "the turn of the process that died has ended",
  );
});

Deno.test("a turn to purge that was taken by a clock that was ahead blocks no purge", async () => {
  const url = await server.createDatabase();
  await using storage = await openStorage({ url });
  await using sql = connect(url);
  await sql`SELECT evertask.take_maintenance('purge', gen_random_uuid())`;
  await sql`UPDATE evertask.maintenance SET held_until = held_until + interval '1 day'`;
  const { busy } = await storage.purge(policy, { budget: 100 });
  assertEquals(busy, false);
});

Deno.test("expired rows are deleted whose ids seem to be young, because a clock was ahead or ids are of another version", async () => {
  const url = await server.createDatabase();
  await using storage = await openStorage({ url });
  await using sql = connect(url);
  const ids = ["f0000000-0000-7000-8000-000000000001", crypto.randomUUID()];
  const tasks = newTasks(3).map((task, at) => ({ ...task, id: ids[at] ?? task.id }));
  await storage.persist(tasks);
  for (const { id } of tasks) await storage.setStatus(id, "Completed", null, "Full");
  await sql`UPDATE evertask.status_audit SET updated_at_utc = updated_at_utc - interval '2 days'`;
  await sql`UPDATE evertask.queued_tasks SET created_at_utc = created_at_utc - interval '2 days'`;
  const deleted = { ...nothing, statusAudit: 6, tasks: 3 };
  const dryRun = await storage.purge(policy, { budget: 100, dryRun: true });
  assertEquals(dryRun, { ...deleted, done: true, busy: false });
  assertEquals(await storage.purge(policy, { budget: 100 }), {
    ...deleted,
    done: true,
    busy: false,
  });
});

Deno.test("rows that expire during a search for others are deleted between its batches, and do not prolong it", async () => {
  const url = await server.createDatabase();
  await using storage = await openStorage({ url });
  await using sql = connect(url);
  const days = { statusAuditDays: 1 };
  const write = (idTime: string, rows: number, age: string) =>
    sql`
      INSERT INTO evertask.status_audit (queued_task_id, updated_at_utc, new_status)
      SELECT (left(evertask.first_id_of(${idTime})::text, 13) || '-7000-8000-' || lpad(n::text, 12, '0'))::uuid,
        evertask.utc_now() - ${age}::text::interval, 'Completed'
      FROM generate_series(1, ${rows}::int) AS n`;
  const rowsAfter = async (idTime: string) =>
    (await sql`SELECT FROM evertask.status_audit WHERE queued_task_id >= evertask.first_id_of(${idTime})`)
      .count;

  await write("2100-01-01", 2_500, "2 days"); // by a clock that was ahead
  const first = await storage.purge(days, { budget: 1_000 });
  assertEquals([first.statusAudit, first.done], [1_000, false]);
  await write(new Date(Date.now() - 86_400_000).toISOString(), 1_500, "1 day");
  await write("2200-01-01", 10, "1 day");
  const second = await storage.purge(days, { budget: 2_500 });
  assertEquals([second.statusAudit, second.done], [2_500, false]);
  assertEquals([await rowsAfter("1970-01-01"), await rowsAfter("2100-01-01")], [510, 510]);
  const third = await storage.purge(days, { budget: 2_500 });
  assertEquals([third.statusAudit, third.done], [500, true]);
  const fourth = await storage.purge(days, { budget: 2_500 });
  assertEquals([fourth.statusAudit, fourth.done], [0, true]);
  assertEquals(await rowsAfter("1970-01-01"), 10, "the next search, in ten minutes, finds them");
});

Deno.test("of two purges of one process the second does nothing", async () => {
  await using storage = await openStorage({ url: await server.createDatabase() });
  const [first, second] = await Promise.all([
    storage.purge(policy, { budget: 100 }),
    storage.purge(policy, { budget: 100 }),
  ]);
  assertEquals(first, { ...nothing, done: true, busy: false });
  assertEquals(second, busy);
  assertEquals(
    (await storage.purge(policy, { budget: 100 })).busy,
    false,
    "a later purge is not busy",
  );
});

Deno.test("rate limit keys that were idle for a day are deleted, except those that started empty", async () => {
  const url = await server.createDatabase();
  await using storage = await openStorage({ url });
  await using sql = connect(url);
  const day = 86_400_000;
  const pass = (ms: number) =>
    sql`UPDATE evertask.rate_limits SET reserved_tat_ms = reserved_tat_ms - ${ms}, started_tat_ms = started_tat_ms - ${ms}`;
  await storage.takeRateSlots([
    slotRequest({ key: "old" }),
    slotRequest({ key: "old and begun empty", startEmpty: true }),
  ]);
  await pass(1.5 * day);
  await storage.takeRateSlots([slotRequest({ key: "recent" })]);
  await pass(day / 2);
  await storage.purge({}, { budget: 100, dryRun: true });
  const keys = async () => {
    const rows = await sql`SELECT rate_key FROM evertask.rate_limits ORDER BY rate_key`;
    return rows.map((row) => row.rate_key);
  };
  assertEquals((await keys()).length, 3);
  await storage.purge({}, { budget: 100 });
  assertEquals(await keys(), ["old and begun empty", "recent"]);
});
