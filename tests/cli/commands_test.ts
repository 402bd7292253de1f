// Tests the commands on a database, and on the REST API over the same database.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { sqliteStorage } from "../../drivers/sqlite/mod.ts";
import { createEverTask, defineTask, silentLogger } from "../../mod.ts";
import { runCli, type Surroundings } from "./console.ts";
import { email, makeCliStore, token } from "./store.ts";

const store = await makeCliStore();
Deno.test.afterAll(async () => await store[Symbol.asyncDispose]());

/** Defines a test without leak checks: the server, the instance and their timers outlive it. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test(name, { sanitizeOps: false, sanitizeResources: false }, fn);
}

const env = { EVERTASK_TOKEN: token };

/** Runs a command on the database or on the API. */
function run(target: "storage" | "api", command: string, around: Surroundings = {}) {
  const argv = Array.from(command.matchAll(/"([^"]*)"|(\S+)/g), (found) => found[1] ?? found[2]!);
  return runCli([...argv, ...store.targets[target]], { env, ...around });
}

/** Runs a command with --json, and returns the objects that it prints. */
// deno-lint-ignore no-explicit-any -- tests know the type of each command
async function json(target: "storage" | "api", command: string): Promise<any[]> {
  const { out, err } = await run(target, `${command} --json`);
  assertEquals(err, "");
  return parseLines(out);
}

// deno-lint-ignore no-explicit-any -- tests know the type of each command
function parseLines(out: string): any[] {
  return out.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

const [failed] = await json("storage", "tasks list --status Failed --limit 1");
const [series] = await json("storage", "series");

const readings = [
  "status",
  "tasks list",
  "tasks list --status Failed,Completed --order oldest --limit 3",
  "tasks list --type email --tag tenant:1 --created-from 1h",
  "tasks list --recurring yes",
  "tasks count",
  "tasks count --error ECONNREFUSED",
  "tasks list --payload n=2",
  "tasks list --payload to=ada --payload to=bob",
  `tasks count --payload at="2026-01-01T00:00:00Z"`,
  "tasks cancel --payload n=3 --all --dry-run",
  `tasks show ${failed.id}`,
  "tasks show 01900000-0000-7000-8000-000000000001",
  "series",
  `series next ${series.id} --count 3`,
  "queues",
  "workers",
  "failures",
  "limits",
  "actions",
  "actions --queue default",
  "actions --verb cancel,delete --limit 20",
  "audit growth",
  "audit growth --exact",
  "audit preview --status-days 1 --completed-tasks",
  "audit export --status Failed",
];

for (const command of readings) {
  test(`a database and its REST API answer the same: evertask ${command}`, async () => {
    const [byStorage, byApi] = await Promise.all([
      run("storage", `${command} --json`),
      run("api", `${command} --json`),
    ]);
    assertEquals([byApi.code, byApi.err], [byStorage.code, byStorage.err]);
    assertEquals(parseLines(byApi.out), parseLines(byStorage.out));
    for (const columns of [undefined, 80, 200]) {
      const around = columns === undefined ? {} : { columns };
      const shown = await run("storage", command, around);
      assertEquals(shown.code, byStorage.code);
      for (const line of shown.out.split("\n")) {
        if (columns !== undefined && !command.startsWith("audit export")) {
          assert(line.length <= columns, line);
        }
      }
    }
  });
}

for (const target of ["storage", "api"] as const) {
  test(`tasks explain says why a task is not running: ${target}`, async () => {
    const { code, out } = await run(target, `tasks explain ${failed.id}`);
    assertEquals(code, 0);
    assertStringIncludes(out, "It has ended as Failed");
    const unknown = await run(target, "tasks explain 01900000-0000-7000-8000-000000000001");
    assertEquals(unknown.code, 1);
  });

  test(`tasks are dispatched, run, cancelled, retried and deleted: ${target}`, async () => {
    const command = `tasks dispatch email {"n":12345678901234567890} --at +2h --key ${target}`;
    if (target === "api") {
      const { code, out } = await run(target, command);
      assertEquals(code, 0);
      assertMatch(out, /^[0-9a-f-]{36} created\n$/);
    } else {
      assertStringIncludes((await run(target, command)).err, "add --unchecked");
      assertEquals((await run(target, `${command} --unchecked`)).code, 0);
    }
    const [{ id }] = await json(target, `tasks list --key ${target}`);
    const steps = ["run", "cancel", "retry", "delete"];
    for (const verb of steps) {
      const { code, err } = await run(target, `tasks ${verb} ${id} --reason "a test"`);
      assertEquals([code, err], [0, ""], verb);
    }
    const again = await run(target, `tasks delete ${id}`);
    assertEquals(again.code, 1);
    assertMatch(again.err, /not deleted: No task/);
    const done = await json(target, `actions --task ${id}`);
    assertEquals(done.map(({ verb, by, reason }) => [verb, by, reason]), [
      ["delete", target === "api" ? "ada" : "ada@web-1", "a test"],
      ...steps.slice(0, -1).reverse().map((verb) => [
        verb === "run" ? "runNow" : verb,
        target === "api" ? "ada" : "ada@web-1",
        "a test",
      ]),
    ]);
  });

  test(`a task is dispatched on a schedule, and into its queue: ${target}`, async () => {
    const option = target === "api" ? "" : "--unchecked";
    const key = `cron-${target}`;
    const dispatch = (more: string) =>
      run(target, `tasks dispatch email {} ${more} --key ${key} ${option}`);
    const series = await dispatch('--cron "0 9 * * 1" --queue mail');
    assertEquals([series.code, series.err], [0, ""]);
    const [{ id, queue, series: { info } }] = await json(target, `tasks list --key ${key}`);
    assertEquals([queue, series.out], ["mail", `${id} created\n`]);
    assertStringIncludes((await run(target, `series next ${id}`, { columns: 80 })).out, info);
    const again = await dispatch('--cron "0 9 * * 2" --queue mail');
    assertEquals(again.out, `${id} updated\n`);
    for (const wrong of ['--cron "every day"', '--cron "0 9 * * 1" --at +2h']) {
      const { code, out, err } = await dispatch(wrong);
      assertEquals([code, out], [target === "api" ? 1 : 2, ""], err);
    }
    assertEquals((await run(target, `tasks delete ${id} --reason "a test"`)).code, 0);
  });

  test(`a series and a queue are paused and resumed: ${target}`, async () => {
    for (const verb of ["pause", "resume"]) {
      const change = await run(target, `series ${verb} ${series.id} --reason "a test"`);
      assertEquals([change.code, change.out], [0, `${series.id} ${verb}d\n`]);
      const queue = await run(target, `queues ${verb} default --reason "a test"`);
      assertEquals([queue.code, queue.out], [0, `Queue default is ${verb}d.\n`]);
      const [{ paused }] = await json(target, "queues");
      assertEquals(paused, verb === "pause");
    }
    assertMatch((await run(target, `series resume ${series.id}`)).err, /The series is not paused/);
  });

  test(`--all counts, asks, and changes all that match: ${target}`, async () => {
    const all = "tasks retry --status Failed --all";
    const dry = await run(target, `${all} --dry-run`);
    assertEquals([dry.code, dry.out], [0, "2 tasks would be retried.\n"]);
    const refused = await run(target, all);
    assertEquals(refused.code, 2);
    assertStringIncludes(refused.err, "--all would retry 2 tasks: add --yes.");
    const declined = await run(target, all, { columns: 80, answer: "n" });
    assertEquals(declined.code, 1);
    assertStringIncludes(declined.err, "Retry 2 tasks? [y/N] ");
    assertEquals((await json(target, "tasks count --status Failed"))[0].count, 2);
    const done = await run(target, all, { columns: 80, answer: "yes" });
    assertEquals([done.code, done.out], [0, "2 tasks retried.\n"]);
    const cancelled = await json(target, "tasks cancel --type sync --all --yes");
    assertEquals([cancelled[0].changed, cancelled[0].next], [2, null]);
    // The next target needs failed tasks, too.
    const { failures } = await failAgain();
    assertEquals(failures, 2);
  });

  test(`--all without options that select tasks is refused: ${target}`, async () => {
    for (const wrong of ["--all", "--all --yes", "", "--status Failed", `${failed.id} --all`]) {
      const { code, err } = await run(target, `tasks delete ${wrong}`);
      assertEquals(code, 2, wrong);
      assertMatch(err, /^evertask: /);
    }
  });

  test(`an interrupted change prints the option to continue, and --resume continues it: ${target}`, async () => {
    const tag = `many-${target}`;
    await store.everTask.dispatchMany(email, Array(450).fill(null), {
      delay: { hours: 1 },
      tags: [tag],
    });
    const command = `tasks cancel --tag ${tag} --all --yes`;
    // A batch is one transaction, so the current batch is completed.
    const { code, out, err } = await run(target, command, { interrupted: AbortSignal.abort() });
    assertEquals([code, out], [1, "200 tasks cancelled.\n"]);
    const [, cursor] = err.match(/--resume (\S+)\n$/)!;
    const [last] = await json(target, "actions --limit 1");
    assertEquals([last.changed, last.next], [200, cursor]);
    const rest = await run(target, `${command} --resume ${cursor}`);
    assertEquals([rest.code, rest.out], [0, "250 tasks cancelled.\n"]);
    const [whole] = await json(target, "actions --limit 1");
    assertEquals([whole.id, whole.changed, whole.next], [last.id, 450, null]);
  });
}

test("the API does not store a payload that it cannot check, nor in a queue that it lacks", async () => {
  const unchecked = await run("api", "tasks dispatch email {} --unchecked");
  assertEquals([unchecked.code, unchecked.out], [2, ""]);
  assertStringIncludes(unchecked.err, "A REST API checks every payload");
  const elsewhere = await run("api", "tasks dispatch email {} --queue elsewhere");
  assertEquals([elsewhere.code, elsewhere.out], [1, ""]);
  assertStringIncludes(elsewhere.err, 'This server does not have the queue "elsewhere".');
  const unknown = await run("api", "tasks dispatch other {}");
  assertStringIncludes(unknown.err, 'This server does not have the task "other"');
});

test("the token of an API may be in a file, and a wrong one is not shown", async () => {
  const around = { env: {}, files: { "token.txt": `${token}\n`, "wrong.txt": "wrong-token" } };
  const right = await run("api", "tasks count --token-file token.txt", around);
  assertEquals([right.code, right.err], [0, ""]);
  const none = await run("api", "tasks count", { env: {} });
  assertEquals(none.code, 1);
  assertStringIncludes(none.err, "Put a token into EVERTASK_TOKEN, or into a file");
  const wrong = await run("api", "tasks count --token-file wrong.txt", around);
  assertEquals(wrong.code, 1);
  assertStringIncludes(wrong.err, "The API does not accept this token.");
  assertEquals(wrong.err.includes("wrong-token"), false);
});

test("tail shows the events of a running system, and ends after --count events", async () => {
  const tail = run("api", "tail --kind cancelled --type email --count 2 --json");
  let isOver = false;
  tail.finally(() => isOver = true);
  // Repeated, because the command may subscribe after the first events.
  while (!isOver) {
    const { id } = await store.everTask.dispatch(email, null, { delay: { hours: 1 } });
    await store.everTask.cancel(id);
    await Promise.race([tail, new Promise((resolve) => setTimeout(resolve, 10))]);
  }
  const { code, out } = await tail;
  assertEquals(code, 0);
  assertEquals(parseLines(out).map(({ kind, taskType }) => [kind, taskType]), [
    ["cancelled", "email"],
    ["cancelled", "email"],
  ]);
});

test("audit purge asks first, and deletes only old rows", async () => {
  const refused = await run("storage", "audit purge --status-days 1");
  assertEquals(refused.code, 2);
  assertStringIncludes(refused.err, "add --yes");
  const done = await run("storage", "audit purge --status-days 1 --completed-tasks --yes --json");
  assertEquals([done.code, JSON.parse(done.out).tasks], [0, 0]);
  assertEquals((await run("storage", "audit purge --yes")).code, 2);
  assertEquals((await run("storage", "audit purge --status-days 0 --yes")).code, 2);
});

for (const target of ["storage", "api"] as const) {
  test(`tasks show ends with the last status change, however many there are: ${target}`, async () => {
    const show = `tasks show ${failed.id} --history`;
    const statuses = async (count: number) => {
      const { out } = await run(target, `${show} ${count}`);
      return Array.from(out.matchAll(/^\S+ \S+\t(\w+)\t/gm), ([, status]) => status);
    };
    const all = await statuses(20);
    assertEquals(all.slice(0, 3), ["Queued", "InProgress", "Failed"]);
    assertEquals(await statuses(2), all.slice(-2));
    const { out } = await run(target, `${show} 2`, { columns: 80 });
    assertStringIncludes(out, "Status changes (the last 2)");
  });

  test(`audit purge deletes what is old, is recorded, and can be resumed: ${target}`, async () => {
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(`${store.folder}/app.db`);
    database.exec(`
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
      INSERT INTO status_audit (queued_task_id, sequence, updated_at_utc, new_status)
      SELECT '${failed.id}', 1000000 + i, 1, 'Queued' FROM n`);
    database.close();
    const options = '--status-days 900 --reason "the disk is full"';
    const [preview] = await json(target, "audit preview --status-days 900");
    assertEquals(preview.statusAudit, 2500);
    const purge = `audit purge ${options} --yes`;
    const part = await run(target, purge, { interrupted: AbortSignal.abort(), columns: 80 });
    assertEquals(part.code, 1);
    assertStringIncludes(part.out, "Deleted:\nStatus changes  2,000\n");
    const [, cursor] = part.err.match(/--resume (\S+)\n$/)!;
    const rest = await json(target, `${purge} --resume ${cursor}`);
    assertEquals([rest[0].statusAudit, rest[0].next], [500, null]);
    const [action] = await json(target, "actions --verb purge --limit 1");
    const by = target === "api" ? "ada" : "ada@web-1";
    assertEquals([action.by, action.reason, action.changed], [by, "the disk is full", 2500]);
  });

  test(`a worker is drained and a rate limit released: ${target}`, async () => {
    const limited = defineTask<null>({
      type: "limited",
      rateLimit: { permits: 1, period: { hours: 1 }, key: () => "tenant 7" },
      handle() {},
    });
    const storage = sqliteStorage(`${store.folder}/app.db`);
    const tasks = [limited];
    await using worker = createEverTask({ storage, tasks, logger: silentLogger });
    await worker.start();
    const ran = Promise.withResolvers<unknown>();
    worker.events.subscribe(ran.resolve, { kinds: ["completed"], types: ["limited"] });
    await worker.dispatch(limited, null);
    await ran.promise;
    const [limit] = await json(target, "limits");
    assertEquals([limit.type, limit.key], ["limited", "tenant 7"]);
    const released = await run(target, 'limits release limited "tenant 7" --reason "a test"');
    assertEquals([released.code, released.out], [0, "limited tenant 7 released\n"]);
    const [{ id }] = await json(target, "workers");
    const drained = await run(target, `workers drain ${id} --reason "a test"`);
    assertEquals([drained.code, drained.out], [0, `${id} was asked to stop\n`]);
    for (const wrong of ["workers drain nobody", "limits release nothing at-all"]) {
      const { code, out, err } = await run(target, wrong);
      assertEquals([code, out], [1, ""]);
      assert(err !== "");
    }
    const verbs = (await json(target, "actions --limit 2")).map(({ verb }) => verb);
    assertEquals(verbs, ["drainWorker", "releaseLimit"]);
  });
}

/** Lets the retried tasks fail again. */
async function failAgain() {
  const { everTask } = store;
  const { items } = await everTask.operate.tasks.search({ types: ["sync"] });
  for (const { id } of items) await everTask.operate.tasks.retry(id, { by: "test" });
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(`${store.folder}/app.db`);
  database.exec(
    "UPDATE queued_tasks SET status = 'Failed', due_at_utc = NULL WHERE type = 'sync'",
  );
  database.close();
  const { count } = await everTask.operate.tasks.count({ statuses: ["Failed"] });
  return { failures: count };
}
