// Unusual settings of roles and databases do not change the answers of a storage.

import { assertEquals } from "@std/assert";
import { createEverTask, defineTask, silentLogger } from "../../../mod.ts";
import { postgresStorage } from "../../../drivers/postgres/mod.ts";
import { retryTransient } from "../../../src/storage/batching/retry_transient.ts";
import type { NewTask } from "../../../src/storage/requests.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { storageConformance } from "../../../src/testing/mod.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { newTask } from "../../support/new_task.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { postgresHarness } from "./harness.ts";
import { connect, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

const odd: Readonly<Record<string, string>> = {
  "array_nulls": "off",
  "backslash_quote": "off",
  "bytea_output": "escape",
  "check_function_bodies": "off",
  "client_min_messages": "debug1",
  "DateStyle": "SQL, DMY",
  "debug_parallel_query": "on",
  "default_transaction_deferrable": "on",
  "enable_indexscan": "off",
  "enable_nestloop": "off",
  "extra_float_digits": "-15",
  "idle_in_transaction_session_timeout": "2s",
  "idle_session_timeout": "2s",
  "IntervalStyle": "sql_standard",
  "jit_above_cost": "0",
  "join_collapse_limit": "1",
  "lock_timeout": "2s",
  "plan_cache_mode": "force_custom_plan",
  "plpgsql.extra_errors": "all",
  "plpgsql.variable_conflict": "use_column",
  "quote_all_identifiers": "on",
  "row_security": "off",
  "search_path": "nowhere",
  "standard_conforming_strings": "off",
  "statement_timeout": "10s",
  "synchronous_commit": "off",
  "TimeZone": "America/St_Johns",
  "transaction_timeout": "10s",
  "transform_null_equals": "on",
  "work_mem": "64kB",
  "xmlbinary": "hex",
  "xmloption": "document",
};

/**
 * Creates a database whose sessions start with `settings`, except those that this version of
 * PostgreSQL lacks.
 */
async function createDatabase(settings: Readonly<Record<string, string>>): Promise<string> {
  const url = await server.createDatabase();
  await using admin = connect(server.url);
  const known = await admin`SELECT name FROM pg_settings`;
  const names = new Set(known.map(({ name }) => name));
  for (const [name, value] of Object.entries(settings)) {
    if (!names.has(name) && !name.startsWith("plpgsql.")) continue;
    await admin.unsafe(`ALTER DATABASE ${new URL(url).pathname.slice(1)} SET ${name} = '${value}'`);
  }
  return url;
}

async function persistOne(storage: Storage): Promise<NewTask> {
  const task = newTask();
  await storage.persist([task]);
  return task;
}

/**
 * The topics about numbers and instants, of which every case is run. Of each other topic, one case
 * is run.
 */
const topicsInFull = ["rate slots", "recurring runs", "retention", "status changes"];

Deno.test("the storage contract is fulfilled in a database with unusual settings", async (t) => {
  const url = await createDatabase(odd);
  const seen = new Set<string>();
  const cases = storageConformance(postgresHarness("odd", () => Promise.resolve(url)));
  for (const { topic, name, missing, run } of cases) {
    if (missing !== null || (seen.has(topic) && !topicsInFull.includes(topic))) continue;
    seen.add(topic);
    await t.step(`${topic}: ${name}`, run);
  }
});

Deno.test("a day of retention has 24 hours in every time zone", async () => {
  const url = await server.createDatabase();
  await (await openStorage({ url })).close();
  const answers = [];
  for (const zone of ["UTC", "Europe/Rome", "America/New_York"]) {
    await using sql = connect(url, { connection: { TimeZone: zone } });
    // In Rome and New York, clocks were put forward within the 24 hours before these instants.
    answers.push(
      ...await sql`
      SELECT evertask.to_epoch_ms(evertask.expires_before('2026-03-29T12:00:00Z', 1)) AS rome,
        evertask.to_epoch_ms(evertask.expires_before('2026-03-08T12:00:00Z', 1)) AS new_york`,
    );
  }
  const expected = {
    rome: `${Date.parse("2026-03-28T12:00:00Z")}`,
    new_york: `${Date.parse("2026-03-07T12:00:00Z")}`,
  };
  assertEquals(answers, [expected, expected, expected]);
});

for (const isolation of ["repeatable read", "serializable"]) {
  Deno.test(`every task runs once where transactions are ${isolation} by default`, async () => {
    const url = await createDatabase({ default_transaction_isolation: isolation });
    const count = 300;
    const runs: number[] = [];
    const allRan = Promise.withResolvers<void>();
    const task = defineTask<number>({
      type: "task",
      handle: (n) => void (runs.push(n) === count && allRan.resolve()),
    });
    const instances = [1, 2].map(() =>
      createEverTask({ storage: postgresStorage(url), tasks: [task], logger: silentLogger })
    );
    await Promise.all(instances.map((instance) => instance.start()));
    const numbers = Array.from({ length: count }, (_, n) => n);
    await Promise.all(numbers.map((n) => instances[n % 2]!.dispatch(task, n)));
    await allRan.promise;
    await Promise.all(instances.map((instance) => instance.stop()));
    assertEquals(runs.sort((a, b) => a - b), numbers);
    await using sql = connect(url);
    const statuses = await sql`
      SELECT status, count(*)::int AS count FROM evertask.queued_tasks GROUP BY status`;
    assertEquals([...statuses], [{ status: "Completed", count }]);
  });

  Deno.test(`processes that log for one task use distinct line numbers where transactions are ${isolation}`, async () => {
    const url = await createDatabase({ default_transaction_isolation: isolation });
    await using one = await openStorage({ url, notify: false });
    await using other = await openStorage({ url, notify: false });
    const { id: taskId } = await persistOne(one);
    const line = { taskId, level: "Error", exception: null, run: 1, agoMs: 0 } as const;
    const messages = Array.from({ length: 20 }, (_, n) => `line ${n}`);
    await Promise.all(messages.map((message, n) => {
      const storage = n % 2 === 0 ? one : other;
      const save = () => storage.saveExecutionLogs([{ ...line, message }]);
      return retryTransient(systemClock, 60_000, save);
    }));
    const { items } = await one.executionLogs(taskId);
    assertEquals(items.map(({ sequence }) => sequence), messages.map((_, n) => n + 1));
    assertEquals(items.map(({ message }) => message).sort(), messages.sort());
  });
}
