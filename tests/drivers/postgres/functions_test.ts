// Direct calls of the database's functions, as by a DBA, a trigger or another language.

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  shouldCreateRunsAudit,
  shouldCreateStatusAudit,
} from "../../../src/storage/kit/audit_policy.ts";
import { auditLevels } from "../../../src/audit/audit_level.ts";
import { taskStatuses } from "../../../src/storage/task_status.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { newTask } from "../../support/new_task.ts";
import { claimRequest, connect, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());
const url = await server.createDatabase();
await (await openStorage({ url })).close();

const series = {
  schedule: '{"every":5,"unit":"minutes"}',
  info: "every 5 minutes",
  anchorAt: 1_700_000_000_000,
  maxRuns: null,
  runUntil: null,
  nextRunAt: 1_700_000_300_000,
};

Deno.test("set_task_status writes the audit row of the audit policy, for every level, status and exception", async () => {
  await using storage = await openStorage({ url });
  await using sql = connect(url);
  for (const [number, level] of auditLevels.entries()) {
    for (const status of taskStatuses) {
      for (const exception of [null, "it broke"]) {
        const task = newTask({ auditLevel: "None" });
        await storage.persist([task]);
        const { id } = task;
        const [row] = await sql`
          SELECT evertask.set_task_status(${id}, ${status}, ${exception}, ${number}) AS applied`;
        assertEquals(row?.applied, true);
        const audit = await sql`
          SELECT new_status, exception FROM evertask.status_audit WHERE queued_task_id = ${id}`;
        const expected = shouldCreateStatusAudit(level, status, exception)
          ? [{ new_status: status, exception }]
          : [];
        assertEquals([...audit].map((row) => ({ ...row })), expected as typeof audit[number][]);
        const [stored] =
          await sql`SELECT status, exception FROM evertask.queued_tasks WHERE id = ${id}`;
        assertEquals({ ...stored }, { status, exception });
      }
    }
  }
});

Deno.test("update_current_run writes the audit rows of the audit policy", async () => {
  await using storage = await openStorage({ url });
  await using sql = connect(url);
  for (const [number, level] of auditLevels.entries()) {
    for (const status of ["Completed", "Failed", "ServiceStopped"] as const) {
      for (const exception of [null, "it broke"]) {
        const task = newTask({ auditLevel: "None", status: "WaitingQueue", series });
        await storage.persist([task]);
        const [row] = await sql`
          SELECT evertask.update_current_run(
            ${task.id}, 12.5, now() + interval '5 minutes', ${number}, ${status}, ${exception}) AS applied`;
        assertEquals(row?.applied, true);
        const [counts] = await sql`
          SELECT (SELECT count(*)::int FROM evertask.status_audit WHERE queued_task_id = ${task.id}) AS statuses,
            (SELECT count(*)::int FROM evertask.runs_audit WHERE queued_task_id = ${task.id}) AS runs,
            current_run_count, execution_time_ms FROM evertask.queued_tasks WHERE id = ${task.id}`;
        assertEquals({ ...counts }, {
          statuses: Number(shouldCreateStatusAudit(level, status, exception)),
          runs: Number(shouldCreateRunsAudit(level, status, exception)),
          current_run_count: 1,
          execution_time_ms: 12.5,
        });
      }
    }
  }
});

Deno.test("an audit level of NULL means Full", async () => {
  await using sql = connect(url);
  const [row] = await sql`
    SELECT evertask.writes_status_audit(NULL, 'Completed', NULL) AS status,
      evertask.writes_runs_audit(NULL, 'Completed', NULL) AS run`;
  assertEquals({ ...row }, { status: true, run: true });
});

Deno.test("set_task_status returns whether the task exists, and whether the lease holds", async () => {
  await using storage = await openStorage({ url });
  await using sql = connect(url);
  await storage.registerWorker({ id: "fenced", host: "test" });
  const task = newTask({ queue: "fenced", claimFor: "fenced" });
  await storage.persist([task]);
  const set = async (id: string, worker: string | null, token: number | null) => {
    const [row] = await sql`
      SELECT evertask.set_task_status(${id}, 'Completed', worker_id => ${worker}, lease_token => ${token}) AS applied`;
    return row!.applied;
  };
  assertEquals(await set(newTask().id, null, null), false);
  assertEquals(await set(task.id, "fenced", 2), false);
  assertEquals(await set(task.id, "another", 1), false);
  assertEquals((await storage.get(task.id))?.status, "Queued");
  assertEquals(await set(task.id, "fenced", 1), true);
});

Deno.test("set_task_status with a waiting status makes an ended task due, and notifies the workers", async () => {
  await using storage = await openStorage({ url });
  await using sql = connect(url);
  for (const status of ["WaitingQueue", "Queued", "Pending"]) {
    const task = newTask({ queue: status });
    await storage.persist([task]);
    await storage.setStatus(task.id, "Failed", "it broke", "Full");
    const woken = new Promise((resolve) => storage.onWake(resolve));
    const [row] = await sql`SELECT evertask.set_task_status(${task.id}, ${status}) AS applied`;
    assertEquals(row?.applied, true);
    assertEquals(await woken, { kind: "tasks" });
    await storage.registerWorker({ id: "seed", host: "test" });
    const queues = [{ name: status, limit: 5 }];
    const { tasks } = await storage.claim({ ...claimRequest("seed"), queues });
    assertEquals(tasks.map(({ id, status }) => [id, status]), [[task.id, status]]);
  }
});

Deno.test("the error about an unknown status names it", async () => {
  await using storage = await openStorage({ url });
  await using sql = connect(url);
  const [task, run] = [newTask(), newTask({ status: "WaitingQueue", series })];
  await storage.persist([task, run]);
  for (const status of ["Done", "queued", "Queued ", "", null]) {
    const shown = status === null ? "NULL" : `'${status}'`;
    const refusal = `the status is ${shown}, but must be one of WaitingQueue, Queued, InProgress`;
    await assertRejects(
      () => sql`SELECT evertask.set_task_status(${task.id}, ${status})`,
      Error,
      refusal,
    );
    await assertRejects(
      () => sql`SELECT evertask.update_current_run(${run.id}, 1, NULL, status => ${status})`,
      Error,
      refusal,
    );
  }
  assertEquals((await storage.get(task.id))?.status, "Queued");
  assertEquals((await storage.get(run.id))?.status, "WaitingQueue");
});

Deno.test("complete_tasks has the same effect as set_task_statuses for a completion at the first attempt, at every audit level", async () => {
  await using storage = await openStorage({ url });
  await using sql = connect(url);
  await storage.registerWorker({ id: "clean", host: "test" });
  for (const [number, auditLevel] of auditLevels.entries()) {
    const tasks = [1, 2].map(() => newTask({ queue: "clean", claimFor: "clean", auditLevel }));
    await storage.persist(tasks);
    const [one, other] = tasks.map(({ id }) => id) as [string, string];
    const earlier = [{ status: "InProgress", ago_ms: 20 }];
    const change = {
      ...{ id: one, audit_level: number, status: "Completed", ago_ms: 5, earlier },
      ...{ worker_id: "clean", lease_token: 1, execution_time_ms: 15.25 },
    };
    const [general] = await sql`
      SELECT evertask.set_task_statuses(${JSON.stringify([change])}::text::json) AS applied`;
    const [special] = await sql`
      SELECT evertask.complete_tasks(
        'clean', ${`{${other}}`}::text::uuid[], '{1}', ${`{${number}}`}::text::int[], '{20}', '{5}', '{15.25}'
      ) AS applied`;
    assertEquals([general!.applied, special!.applied], [null, null]);
    const outcomes = await Promise.all([one, other].map(async (id) => {
      const { createdAt, lastExecutionAt, ...stored } = (await storage.get(id))!;
      const audit = (await storage.statusAudit(id)).items;
      return {
        ...{ ...stored, id: "", ended: lastExecutionAt !== null, created: createdAt > 0 },
        audit: audit.map(({ newStatus, exception }) => ({ newStatus, exception })),
        took: audit.length === 3 ? audit[2]!.updatedAt - audit[1]!.updatedAt : null,
      };
    }));
    assertEquals(outcomes[1], outcomes[0]);
    const audited = (["Queued", "InProgress", "Completed"] as const)
      .filter((status) => shouldCreateStatusAudit(auditLevel, status, null));
    assertEquals(outcomes[1]!.audit.map(({ newStatus }) => newStatus), audited);
  }
});

Deno.test("complete_tasks returns the tasks that the worker still held", async () => {
  await using storage = await openStorage({ url });
  await using sql = connect(url);
  await storage.registerWorker({ id: "late", host: "test" });
  const tasks = [1, 2, 3].map(() => newTask({ queue: "late", claimFor: "late" }));
  await storage.persist(tasks);
  const ids = tasks.map(({ id }) => id);
  await storage.setStatus(ids[0]!, "Cancelled", null, "Full"); // ended by an operator meanwhile
  const complete = async (worker: string, token: number) => {
    const [row] = await sql`
      SELECT evertask.complete_tasks(
        ${worker}, ${`{${ids}}`}::text::uuid[], ${`{1,${token},1}`}::text::int[], '{0,0,0}', '{1,1,1}', '{0,0,0}', '{1,1,1}'
      ) AS applied`;
    return row!.applied;
  };
  assertEquals(await complete("another", 1), []);
  assertEquals(await complete("late", 2), [ids[2]]);
  assertEquals((await storage.get(ids[0]!))?.status, "Cancelled");
  assertEquals((await storage.get(ids[1]!))?.status, "Queued");
});

Deno.test("a caller with another search path gets the same functions and tables", async () => {
  await using sql = connect(url, { connection: { search_path: "pg_temp" } });
  await sql`CREATE TEMP TABLE queued_tasks (id uuid)`;
  await sql`CREATE TEMP TABLE status_audit (id uuid)`;
  const [row] = await sql`SELECT evertask.dispatch('path', '{}', 'path') AS id`;
  const [set] = await sql`SELECT evertask.set_task_status(${row!.id}, 'Cancelled') AS applied`;
  assertEquals(set?.applied, true);
  const [counts] = await sql`
    SELECT count(*)::int AS count FROM evertask.status_audit WHERE queued_task_id = ${row!.id}`;
  assertEquals(counts?.count, 2);
});

Deno.test("dispatch stores a task that a worker runs like any other", async () => {
  await using storage = await openStorage({ url });
  await using sql = connect(url);
  const [row] = await sql`
    SELECT evertask.dispatch('send-email', ${
    sql.json({ to: "ada" })
  }::json, 'from-sql', priority => 3::smallint) AS id`;
  assert(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(row!.id));
  await storage.registerWorker({ id: "sql-worker", host: "test" });
  const queues = [{ name: "from-sql", limit: 5 }];
  const { tasks } = await storage.claim({ ...claimRequest("sql-worker"), queues });
  assertEquals(tasks.map(({ id, priority, auditLevel }) => [id, priority, auditLevel]), [
    [row!.id, 3, "Full"],
  ]);
  assertEquals(JSON.parse(tasks[0]!.payload), { to: "ada" });
});

Deno.test("dispatch stores a retry policy, and refuses invalid ones", async () => {
  await using storage = await openStorage({ url });
  await using sql = connect(url);
  const policy = { kind: "linear", retries: 1, delaysMs: [5] };
  const dispatch = async (retryPolicy: Parameters<typeof sql.json>[0]) => {
    const [row] = await sql`
      SELECT evertask.dispatch('retry', '{}', 'retries', retry_policy => ${
      sql.json(retryPolicy)
    }::json) AS id`;
    return String(row!.id);
  };
  const task = await storage.get(await dispatch(policy));
  assertEquals(JSON.parse(task!.retryPolicy!), policy);
  for (const wrong of [{ kind: "square" }, {}, [3], "linear"]) {
    await assertRejects(
      () => dispatch(wrong),
      Error,
      "its kind must be none, linear or exponential",
    );
  }
});

const refusedDispatches: Readonly<Record<string, string>> = {
  "'', '{}'": "task_type",
  "NULL, '{}'": "task_type",
  "repeat('x', 201), '{}'": "task_type",
  "'t', '{}', ''": "queue_name",
  "'t', '{}', NULL": "queue_name",
  "'t', '{}', repeat('x', 201)": "queue_name",
  "'t', '{}', task_key => ''": "task_key",
  "'t', '{}', task_key => repeat('x', 201)": "task_key",
  "'t', '{}', handler => ''": "handler",
  "'t', '{}', handler => repeat('x', 501)": "handler",
  [`'t', '{}', audit_level => ${auditLevels.length}::smallint`]: "audit_level",
  "'t', '{}', audit_level => (-1)::smallint": "audit_level",
  "'t', '{}', due_at => 'infinity'": "due_at",
  "'t', '{}', due_at => '-infinity'": "due_at",
  "'t', '{}', due_at => '10000-01-01 00:00+00'": "due_at",
};

Deno.test("dispatch rejects invalid arguments like the application's dispatch, and names them", async () => {
  const url = await server.createDatabase();
  await using storage = await openStorage({ url });
  await using sql = connect(url);
  for (const [args, argument] of Object.entries(refusedDispatches)) {
    const error = await assertRejects(
      async () => await sql.unsafe(`SELECT evertask.dispatch(${args})`),
      Error,
      `${argument} is `,
    );
    assertEquals((error as Error & { code?: string }).code, "22023", args);
  }
  const longest = "repeat('x', 200)";
  await sql.unsafe(
    `SELECT evertask.dispatch(${longest}, '{}', ${longest}, task_key => ${longest})`,
  );
  assertEquals((await storage.list()).items.length, 1);
});

Deno.test("dispatch applies the task-key rules, and stores delayed tasks", async () => {
  await using storage = await openStorage({ url });
  await using sql = connect(url);
  const dispatch = async () => {
    const [row] = await sql`
      SELECT evertask.dispatch('remind', '{}', 'keys', now() + interval '1 hour', 'remind-ada') AS id`;
    return String(row!.id);
  };
  const id = await dispatch();
  assertEquals(await dispatch(), id);
  const task = await storage.get(id);
  assertEquals([task?.status, task?.taskKey], ["WaitingQueue", "remind-ada"]);
  assertEquals(task?.dueAt, task?.scheduledAt);
});

Deno.test("a past due_at of dispatch is stored as the due instant", async () => {
  await using storage = await openStorage({ url });
  await using sql = connect(url);
  const [row] = await sql`
    SELECT evertask.dispatch('remind', '{}', 'late', now() - interval '1 hour') AS id`;
  const task = await storage.get(String(row!.id));
  assertEquals([task?.status, task?.scheduledAt], ["Queued", null]);
  assertEquals(Math.round((task!.createdAt - task!.dueAt!) / 60_000), 60);
});

Deno.test("a task that a trigger dispatches exists only if the transaction commits", async () => {
  await using sql = connect(url);
  await sql.unsafe(`
    CREATE TABLE orders (id int PRIMARY KEY, email text);
    CREATE FUNCTION welcome() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM evertask.dispatch('welcome', json_build_object('email', NEW.email), 'orders');
      RETURN NEW;
    END $$;
    CREATE TRIGGER welcome AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION welcome();
  `).simple();
  await sql`INSERT INTO orders VALUES (1, 'ada@example.org')`;
  await assertRejects(() =>
    sql.begin(async (transaction) => {
      await transaction`INSERT INTO orders VALUES (2, 'bob@example.org')`;
      throw new Error("no");
    })
  );
  const tasks = await sql`SELECT request FROM evertask.queued_tasks WHERE queue_name = 'orders'`;
  assertEquals(tasks.map(({ request }) => JSON.parse(request)), [{ email: "ada@example.org" }]);
});
