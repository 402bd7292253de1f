// Copies stores to stores of another kind.

import { DatabaseSync } from "node:sqlite";
import postgres from "postgres";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CopyError, copyStore } from "../../src/storage/copying/copy_store.ts";
import { postgresStorage } from "../../drivers/postgres/mod.ts";
import { sqliteStorage } from "../../drivers/sqlite/mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { InvalidArgumentError } from "../../src/guards/errors.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { logLine } from "../../src/testing/conformance/scene.ts";
import { checkStoredRows } from "../drivers/postgres/stored_rows.ts";
import { startPostgres } from "../support/pg_server.ts";
import { failureReport } from "../support/failure_report.ts";
import { newTask, series } from "../support/new_task.ts";
import { holder, readEveryState, writeEveryState } from "../upgrade/every_state.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

type Kind = "sqlite" | "postgres";

/** Opens a store. At the end of the scope, closes it and checks its rows. */
async function opened(kind: Kind): Promise<{ storage: Storage } & AsyncDisposable> {
  const url = kind === "postgres" ? await server.createDatabase() : null;
  const storage = url === null ? sqliteStorage({ path: ":memory:" }) : postgresStorage({ url });
  await storage.open();
  return {
    storage,
    async [Symbol.asyncDispose]() {
      await storage.close();
      if (url !== null) await checkDatabase(url);
    },
  };
}

async function checkDatabase(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, fetch_types: false });
  try {
    await checkStoredRows(sql, "evertask");
  } finally {
    await sql.end();
  }
}

/** Fills a store with tasks in every state, whose worker is gone. */
async function fill(storage: Storage): Promise<void> {
  await writeEveryState(storage);
  await storage.persist([
    newTask({ tags: ["tenant:42", "é"], payload: JSON.stringify("a\0b\u001a𝄞"), taskKey: "ä\0" }),
    newTask({ status: "WaitingQueue", series: series({ runUntil: Date.UTC(9999, 11, 31) }) }),
    newTask({ series: series({}) }),
  ]);
  await storage.setQueuePaused("paused", true, {
    verb: "pauseQueue",
    by: "Ann",
    reason: "a\0 reason",
    target: { kind: "queue", id: "paused" },
    before: null,
    after: null,
  });
  await storage.reportWork(failureReport);
  await storage.unregisterWorker(holder);
}

/** Reads the content that a copy must keep, with the methods of `Storage`. */
async function contentOf(storage: Storage) {
  const { tasks, byKey, paused } = await readEveryState(storage) as {
    tasks: { workerId: string | null; dueAt: number | null; createdAt: number }[];
    byKey: unknown;
    paused: unknown;
  };
  const { items: actions } = await storage.operatorActions();
  return {
    // A task that a worker holds is free and due in the copy.
    tasks: tasks.map((task) =>
      task.workerId === null ? task : { ...task, workerId: null, dueAt: task.createdAt }
    ),
    ...{ byKey, paused },
    tagged: (await storage.list({ tags: ["tenant:42"] })).items.map(({ payload }) => payload),
    rateLimits: (await storage.rateLimits()).items,
    actions: actions.map(({ id: _, ...action }) => action),
    failureGroups: (await storage.failureGroups()).items,
  };
}

/** Counts the history rows of `tasks`, and one status row for each of the three other tasks. */
function rowsOf(tasks: readonly object[]) {
  const all = tasks as { statusAudit: unknown[]; runsAudit: unknown[] }[];
  return {
    statusAudit: all.flatMap(({ statusAudit }) => statusAudit).length + 3,
    runsAudit: all.flatMap(({ runsAudit }) => runsAudit).length,
  };
}

for (const [from, to] of [["sqlite", "postgres"], ["postgres", "sqlite"]] as [Kind, Kind][]) {
  Deno.test(`a copy from ${from} to ${to} has all rows, and a copy of the copy has the same digest`, async () => {
    await using source = await opened(from);
    await using target = await opened(to);
    await using again = await opened(from);
    await fill(source.storage);
    const first = await copyStore({ from: source.storage, to: target.storage });
    assertEquals(await contentOf(target.storage), await contentOf(source.storage));
    const second = await copyStore({ from: target.storage, to: again.storage });
    assertEquals(second, first);
    assertEquals(await contentOf(again.storage), await contentOf(target.storage));
    assertEquals(first.changed, first.digest.tasks);
    const { tasks, statusAudit, runsAudit, executionLogs, actions, failureGroups } = first.digest;
    const { tasks: all } = await contentOf(source.storage);
    assertEquals(
      { statusAudit, runsAudit, executionLogs, actions, failureGroups },
      { ...rowsOf(all), executionLogs: 2, actions: 1, failureGroups: 2 },
    );
    assert(tasks > all.length, "the three tasks of other queues are copied, too");
  });

  Deno.test(`the tasks of a copy from ${from} to ${to} keep their history and keys, and can be claimed`, async () => {
    await using source = await opened(from);
    await using target = await opened(to);
    const task = newTask({ taskKey: "order 7" });
    await source.storage.persist([task]);
    await source.storage.setStatus(task.id, "InProgress", null, "Full");
    await source.storage.saveExecutionLogs([logLine(task.id, "first")]);
    await source.storage.setStatus(task.id, "Queued", null, "Full");
    await copyStore({ from: source.storage, to: target.storage });
    const { storage } = target;
    assertEquals((await storage.persist([newTask({ taskKey: "order 7" })]))[0]!.id, task.id);
    await storage.registerWorker({ id: "next", host: "test" });
    const { tasks: [claimed] } = await storage.claim({
      workerId: "next",
      types: [task.type],
      queues: [{ name: task.queue, limit: 10 }],
    });
    assertEquals(claimed?.id, task.id);
    await storage.saveExecutionLogs([logLine(task.id, "second")]);
    await storage.setStatus(task.id, "Completed", null, "Full");
    assertEquals(
      (await storage.statusAudit(task.id)).items.map(({ newStatus }) => newStatus),
      ["Queued", "InProgress", "Queued", "Completed"],
    );
    assertEquals(
      (await storage.executionLogs(task.id)).items.map((
        { sequence, message },
      ) => [sequence, message]),
      [[1, "first"], [2, "second"]],
    );
  });
}

Deno.test("a copy that was aborted can be resumed, and includes later changes of the source", async () => {
  await using source = await opened("sqlite");
  await using target = await opened("postgres");
  const { storage: from } = source, { storage: to } = target;
  const tasks = Array.from({ length: 1700 }, (_, index) => newTask({ payload: `${index}` }));
  await from.persist(tasks);
  const stop = new AbortController();
  await assertRejects(
    () =>
      copyStore({
        ...{ from, to, signal: stop.signal },
        onProgress: ({ step, tasks }) => step === "copy" && tasks > 900 && stop.abort(),
      }),
    DOMException,
  );
  const stored = (await to.count({}, { cap: 10_000 })).count;
  assert(stored > 0 && stored < 1700, `${stored} tasks were copied`);
  await assertRejects(() => copyStore({ from, to }), CopyError, "The target holds tasks");

  await from.setStatus(tasks[3]!.id, "Cancelled", "changed", "Full");
  const purged = tasks[5]!.id;
  await from.setStatus(purged, "Completed", null, "None");
  await to.setStatus(tasks[1699]!.id, "Failed", "not in the source", "Full");
  const { changed, digest } = await copyStore({ from, to, resume: true });
  assertEquals(digest.tasks, 1700);
  assert(changed < 1700, `${changed} tasks were written, though some were copied before`);
  assertEquals((await to.get(tasks[3]!.id))?.exception, "changed");
  assertEquals((await copyStore({ from, to, resume: true })).changed, 0);
});

Deno.test("a resumed copy deletes tasks that the source does not have", async () => {
  await using source = await opened("sqlite");
  await using target = await opened("postgres");
  const [before, kept, after] = [newTask(), newTask({ tags: ["a"] }), newTask({ tags: ["b"] })];
  await source.storage.persist([kept]);
  await target.storage.persist([before, after]);
  await copyStore({ from: source.storage, to: target.storage, resume: true });
  const { items } = await target.storage.list({});
  assertEquals(items.map(({ id }) => id), [kept.id]);
  assertEquals((await target.storage.list({ tags: ["b"] })).items, []);
});

Deno.test("with follow, tasks are copied until the last worker of the source has ended", async () => {
  await using source = await opened("sqlite");
  await using target = await opened("postgres");
  const { storage: from } = source, { storage: to } = target;
  await from.registerWorker({ id: "live", host: "test" });
  await from.persist([newTask()]);
  await assertRejects(() => copyStore({ from, to }), CopyError, "Workers of the source run");
  const late = newTask();
  const passes = new Set<number>();
  const { digest } = await copyStore({
    ...{ from, to, follow: true },
    onProgress: ({ step, pass }) => {
      if (step !== "copy" || passes.has(pass)) return;
      passes.add(pass);
      if (pass === 1) void from.persist([late]);
      if (pass === 2) void from.unregisterWorker("live");
    },
  });
  assertEquals(digest.tasks, 2);
  assertEquals((await to.get(late.id))?.status, "Queued");
  assert(passes.size >= 3, "the last pass follows the end of the worker");
});

Deno.test("a copy is refused before any write if a row is invalid, the target is in use or a store cannot be copied", async () => {
  const path = `${await Deno.makeTempDir()}/damaged.db`;
  await using from = Object.assign(sqliteStorage({ path }), {
    async [Symbol.asyncDispose]() {
      await from.close();
      await Deno.remove(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    },
  });
  await from.open();
  await using target = await opened("postgres");
  const { storage: to } = target;
  const damaged = newTask();
  await from.persist([newTask(), damaged]);
  using database = Object.assign(new DatabaseSync(path), {
    [Symbol.dispose]: () => database.close(),
  });
  database.prepare("UPDATE queued_tasks SET priority = 70000 WHERE id = ?").run(damaged.id);
  const error = await assertRejects(() => copyStore({ from, to }), CopyError);
  assertStringIncludes(error.message, damaged.id);
  assertStringIncludes(error.message, "priority 70000");
  assertEquals((await to.list({})).items, []);

  await to.registerWorker({ id: "busy", host: "test" });
  await assertRejects(() => copyStore({ from, to }), CopyError, "Workers of the target run");
  const memory = memoryStorage();
  await assertRejects(
    () => copyStore({ from: memory, to }),
    InvalidArgumentError,
    'options.from is "memory", but it must be a store that can be copied',
  );
});
