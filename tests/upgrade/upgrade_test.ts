// Tests the upgrade of a 0.1.0 store with rows in every state, while processes of both versions
// dispatch and run tasks. The memory store is not tested, because it ends with its process.

import { assertEquals, assertRejects } from "@std/assert";
import type { Storage } from "../../src/storage/storage.ts";
import { startPostgres } from "../support/pg_server.ts";
import { needsTarget, withPool, withSchema } from "../support/tsql_server/target.ts";
import { holder, readEveryState, writeEveryState } from "./every_state.ts";
import { Books, RunningProcess } from "./running_process.ts";
import { storageOf, type StoreName } from "./versions.ts";

const leaseMs = 60_000;

/** The number of attempts that each process runs in a step. */
const attempts = 40;

async function upgradeUnderLoad(store: StoreName, address: string): Promise<void> {
  const old = storageOf("0.1.0", store, address);
  await old.open();
  await writeEveryState(old);
  const before = await readEveryState(old);
  const books = new Books();
  // A heartbeat may time out while a slow engine migrates. The next one still renews the lease.
  const heartbeats = setInterval(() => old.heartbeat(holder, leaseMs).catch(() => {}), 1000);
  try {
    await workTogether(store, address, books);
  } finally {
    clearInterval(heartbeats);
  }
  const { alive, cancelRequests } = await old.heartbeat(holder, leaseMs);
  assertEquals([alive, cancelRequests.length], [true, 1], "the old storage still works");
  await old.close();
  const late = storageOf("0.1.0", store, address);
  const refused = await assertRejects(() => late.open());
  assertEquals((refused as Error).name, "SchemaVersionError", "it can no longer start");

  const storage = storageOf("current", store, address);
  await storage.open();
  assertEquals(await readEveryState(storage), before, "no row has changed");
  await checkBooks(books, storage);
  await takeOver(storage);
  await editAll(storage);
  await storage.close();
}

/** Runs two old processes, then also two new ones, one of which upgrades the store. */
async function workTogether(store: StoreName, address: string, books: Books): Promise<void> {
  const processes: RunningProcess[] = [];
  const start = (version: "0.1.0" | "current") => {
    const process = new RunningProcess(version, store, address, books);
    processes.push(process);
    return process;
  };
  /** Waits until each process has run `attempts` more attempts. */
  const goOn = async () => {
    const goals = processes.map((process) => process.attempts + attempts);
    await books.until(() => processes.every((process, i) => process.attempts >= goals[i]!));
  };
  try {
    start("0.1.0");
    start("0.1.0");
    await goOn();
    start("current");
    start("current");
    await goOn();
    await goOn(); // these attempts run after the upgrade
    for (const process of processes) await process.end();
    await books.until(() => processes.every((process) => process.hasEnded));
    await books.until(() => [...books.dispatched].every(([id, fails]) => hasRun(books, id, fails)));
    for (const process of processes) assertEquals(await process.stop(), 0);
  } finally {
    for (const process of processes) await process.kill();
  }
}

function hasRun(books: Books, id: string, fails: boolean): boolean {
  return (books.ran.get(id)?.length ?? 0) > Number(fails);
}

/** Checks that only dispatched tasks have run, each as expected, and that the store agrees. */
async function checkBooks({ dispatched, ran }: Books, storage: Storage): Promise<void> {
  for (const [id, fails] of dispatched) {
    assertEquals(ran.get(id), fails ? [1, 2] : [1], "each attempt runs once");
    assertEquals((await storage.get(id))?.status, "Completed");
    const trail = (await storage.statusAudit(id)).items.map(({ newStatus }) => newStatus);
    assertEquals(
      trail.filter((status) => status === "Completed" || status === "InProgress"),
      [...fails ? ["InProgress"] : [], "InProgress", "Completed"],
    );
  }
  assertEquals([...ran.keys()].filter((id) => !dispatched.has(id)), []);
}

/** Checks that the tasks of the 0.1.0 worker are released once it is unregistered. */
async function takeOver(storage: Storage): Promise<void> {
  await storage.unregisterWorker(holder);
  const request = { leaseMs, poisonLimit: 5, lostReason: "gone", poisonReason: "gone" };
  const lost = await storage.releaseLost(request);
  assertEquals(lost.map(({ workerId }) => workerId), [holder, holder]);
}

/** Checks that operators can change and delete rows in every state. */
async function editAll(storage: Storage): Promise<void> {
  const read = async () => (await storage.list({ queues: ["kept"] }, { limit: 1000 })).items;
  const target = { kind: "tasks", id: null } as const;
  const action = {
    verb: "edit",
    by: "ada",
    reason: null,
    target,
    before: null,
    after: null,
  } as const;
  for (const change of [{ priority: 9 }, "delete"] as const) {
    const edits = (await read()).map(({ id, version }) => ({ taskId: id, version, change }));
    const { applied } = await storage.editTasks({ edits, action });
    assertEquals(applied.length > 40 && applied.every((isApplied) => isApplied), true);
  }
  assertEquals(await read(), []);
}

Deno.test("a PostgreSQL database of 0.1.0 is upgraded under load from both versions", async () => {
  await using server = await startPostgres();
  await upgradeUnderLoad("postgres", await server.createDatabase());
});

Deno.test("a SQLite file of 0.1.0 is upgraded under load from both versions", async () => {
  const folder = await Deno.makeTempDir({ prefix: "evertask-upgrade-" });
  await upgradeUnderLoad("sqlite", `${folder}/tasks.db`);
  await Deno.remove(folder, { recursive: true });
});

Deno.test({
  ...needsTarget("a SQL Server schema of 0.1.0 is upgraded under load from both versions"),
  async fn() {
    await withPool((pool) => withSchema(pool, (schema) => upgradeUnderLoad("sqlserver", schema)));
  },
});
