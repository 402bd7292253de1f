// What a watcher sees of worker processes, on SQLite and PostgreSQL.

import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import postgres from "postgres";
import { postgresStorage } from "../../drivers/postgres/mod.ts";
import { sqliteStorage } from "../../drivers/sqlite/mod.ts";
import { createEverTask, type EverTask, type TaskEvent } from "../../mod.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { startPostgres } from "../support/pg_server.ts";
import type { StorageSetup, WorkerSetup } from "./programs/protocol.ts";
import { integrationTasks } from "./programs/tasks.ts";
import { eventually, temporaryFolder } from "./support.ts";
import { WorkerProcess } from "./worker_process.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

const tasks = integrationTasks(() => {});

/** A database, with access to it beside the storage. */
interface Store extends AsyncDisposable {
  readonly setup: StorageSetup;
  open(): Storage;
  /** The numbers of watchers and batches. */
  count(table: "event_watchers" | "relayed_events"): Promise<number>;
  /** Lets all watchers expire. */
  expireWatchers(): Promise<void>;
  /** Blocks the writes of events while `work` runs. */
  locked(work: () => Promise<void>): Promise<void>;
}

async function sqliteStore(): Promise<Store> {
  const folder = await temporaryFolder();
  const path = `${folder.path}/tasks.db`;
  const admin = new DatabaseSync(path);
  return {
    setup: { sqlite: { path } },
    open: () => sqliteStorage(path),
    count: (table) =>
      Promise.resolve(Number(admin.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n)),
    expireWatchers() {
      admin.exec("PRAGMA busy_timeout = 5000; UPDATE event_watchers SET expires_at_utc = 0");
      return Promise.resolve();
    },
    async locked(work) {
      admin.exec("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE");
      setTimeout(() => admin.exec("COMMIT"), 600);
      await work();
    },
    async [Symbol.asyncDispose]() {
      admin.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function postgresStore(): Promise<Store> {
  const url = await server.createDatabase();
  const admin = postgres(url, { max: 1 });
  return {
    setup: { postgres: { url } },
    open: () => postgresStorage(url),
    count: async (table) =>
      Number((await admin`SELECT count(*) AS n FROM ${admin(`evertask.${table}`)}`)[0]!.n),
    expireWatchers: async () =>
      void await admin`UPDATE evertask.event_watchers SET expires_at = '-infinity'`,
    locked: async (work) =>
      void await admin.begin(async (transaction) => {
        await transaction`LOCK TABLE evertask.relayed_events, evertask.event_watchers IN ACCESS EXCLUSIVE MODE`;
        await work();
      }),
    [Symbol.asyncDispose]: () => admin.end(),
  };
}

/** An instance that only watches and dispatches, and the events that it receives. */
class Watcher implements AsyncDisposable {
  readonly events: TaskEvent[] = [];
  readonly everTask: EverTask;

  constructor(store: Store) {
    this.everTask = createEverTask({ storage: store.open(), tasks: tasks.all });
    this.everTask.events.subscribe((event) => void this.events.push(event), { scope: "store" });
  }

  /** Dispatches tasks half of which fail; resolves with their ids when it has seen them end. */
  async seeThrough(count: number): Promise<string[]> {
    const steps = await this.everTask.dispatchMany(tasks.step, Array(count / 2).fill({ ms: 20 }));
    const failing = await this.everTask.dispatchMany(tasks.fail, Array(count / 2).fill(null));
    const ids = [...steps, ...failing].map(({ id }) => id);
    await eventually(
      () => `all ends are seen, but not of ${this.#notEnded(ids)}`,
      () => ids.every((id) => this.hasEnded(id)),
    );
    return ids;
  }

  hasEnded(taskId: string): boolean {
    return /completed$|failed$/.test(this.kinds(taskId));
  }

  #notEnded(ids: readonly string[]): string {
    const seen = ids.filter((id) => !this.hasEnded(id)).map((id) => `${id} (${this.kinds(id)})`);
    return `${seen.join(", ")}, after ${JSON.stringify(this.events.at(-1))}`;
  }

  kinds(taskId: string): string {
    return this.events.filter((event) => event.taskId === taskId).map(({ kind }) => kind).join(" ");
  }

  /**
   * Waits until other processes write their events. Dispatches tasks until an event of another
   * process arrives.
   */
  async isShown(): Promise<void> {
    await eventually("events of others are seen", async () => {
      await this.everTask.dispatch(tasks.step, { ms: 1 });
      await new Promise((resolve) => setTimeout(resolve, 100));
      return this.events.some(({ from }) => from !== undefined);
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.everTask.stop();
  }
}

for (const [name, makeStore] of [["SQLite", sqliteStore], ["PostgreSQL", postgresStore]] as const) {
  const setupOf = ({ setup: storage }: Store): WorkerSetup => ({
    storage,
    leaseMs: 6_000,
    parallelism: 4,
  });

  Deno.test(`${name}: a watcher sees the events of two processes, a late watcher those since its start, and a dead watcher is removed`, async () => {
    await using store = await makeStore();
    await using watcher = new Watcher(store);
    await using first = await WorkerProcess.start(setupOf(store));
    await using second = await WorkerProcess.start(setupOf(store));
    await watcher.isShown();
    const sources = () => new Set(watcher.events.flatMap(({ from }) => from?.workerId ?? []));
    const ids: string[] = [];
    await eventually("both have run some", async () => {
      ids.push(...await watcher.seeThrough(20));
      return sources().size === 2;
    });
    for (const id of ids) {
      assert(/^dispatched started (completed|failed)$/.test(watcher.kinds(id)), watcher.kinds(id));
    }
    assertEquals(sources(), new Set([first.workerId, second.workerId]));

    await using late = new Watcher(store);
    await eventually("the late one watches", async () => await store.count("event_watchers") === 2);
    const laterIds = await late.seeThrough(10);
    assertEquals(ids.filter((id) => late.kinds(id) !== ""), []);
    await eventually(
      "the first one sees them, too",
      () => laterIds.every((id) => watcher.hasEnded(id)),
    );

    await using dying = await WorkerProcess.start({ ...setupOf(store), watches: true });
    await eventually("it watches", async () => await store.count("event_watchers") === 3);
    await dying.kill();
    await watcher.everTask.stop();
    await late.everTask.stop();
    assertEquals(await store.count("event_watchers"), 1);
    await store.expireWatchers();
    await eventually(
      "nothing is left",
      async () => await store.count("relayed_events") + await store.count("event_watchers") === 0,
    );
  });

  Deno.test(`${name}: a relay that is locked for a while affects no task, and delivers all failures afterwards`, async () => {
    await using store = await makeStore();
    await using watcher = new Watcher(store);
    await using _worker = await WorkerProcess.start(setupOf(store));
    await watcher.isShown();
    await store.locked(async () => {
      // Few, because a watch expires if it is locked for 30 seconds.
      const payloads = Array(100).fill(null);
      await watcher.everTask.dispatchMany(tasks.fail, payloads);
      await eventually(
        "all have failed",
        async () => (await watcher.everTask.statistics()).tasksByStatus.Failed === 100,
      );
    });
    const seen = () => watcher.events.filter(({ kind }) => kind === "failed").length;
    await eventually("all failures are seen", () => seen() === 100);
  });
}
