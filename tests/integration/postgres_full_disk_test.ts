// The disk of a real PostgreSQL server fills up during the work, and gets free space again.

import { assert, assertLessOrEqual } from "@std/assert";
import { delay } from "@std/async";
import postgres from "postgres";
import { postgresStorage } from "../../drivers/postgres/mod.ts";
import { createEverTask, defineTask, silentLogger } from "../../mod.ts";
import { StorageFullError } from "../../src/storage/mod.ts";
import { startPostgres } from "../support/pg_server.ts";
import { unprivilegedAccount } from "../support/pg_server_cluster.ts";
import { mountSmallDisk } from "../support/small_disk.ts";
import type { RunReport } from "./programs/protocol.ts";
import { eventually, untilCompleted } from "./support.ts";
import { assertEachCompletedOnce, postgresHistories } from "./task_histories.ts";

const server = await startPostgres({ own: true });
const account = await unprivilegedAccount();
const disk = server.canRestart && account ? await mountSmallDisk(16, account.uid) : null;
Deno.test.afterAll(async () => {
  await server.stop();
  await disk?.[Symbol.asyncDispose]();
});

/** A database whose tables are on the small disk; the server's own files are elsewhere. */
async function createDatabaseOnDisk(): Promise<string> {
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  await sql.unsafe(`CREATE TABLESPACE small LOCATION '${disk!.path}'`);
  await sql.unsafe("CREATE DATABASE small TABLESPACE small TEMPLATE template0");
  await sql.end();
  const url = new URL(server.url);
  url.pathname = "small";
  return url.href;
}

/** Returns text of a given size that PostgreSQL cannot compress. */
function bulk(kilobytes: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(1024 * kilobytes * 3 / 4));
  return bytes.toBase64();
}

Deno.test({
  name: "a PostgreSQL whose disk is full delays tasks until it has free space again" +
    (disk === null ? " (needs the right to mount, and a server of its own)" : ""),
  ignore: disk === null,
  async fn() {
    const url = await createDatabaseOnDisk();
    const runs: RunReport[] = [];
    const refusals: Error[] = [];
    const note = (_: string, { error }: { error?: unknown } = {}) => {
      if (error instanceof Error) refusals.push(error);
    };
    const isFull = Promise.withResolvers<void>();
    const work = defineTask<{ readonly waits: boolean; readonly bulk: string }>({
      type: "work",
      async handle({ waits }, { taskId, attempt }) {
        runs.push({ kind: "started", taskId, attempt, at: Date.now() });
        if (waits) await isFull.promise;
      },
    });
    const storage = postgresStorage(url);
    const persist = storage.persist.bind(storage);
    const watched = async (...args: Parameters<typeof persist>) => {
      try {
        return await persist(...args);
      } catch (error) {
        if (error instanceof StorageFullError) isFull.resolve();
        throw error;
      }
    };
    await using web = createEverTask({
      storage: Object.assign(storage, { persist: watched }),
      tasks: [work],
      logger: silentLogger,
      dispatchRetryFor: { minutes: 1 },
    });
    await using worker = createEverTask({
      storage: postgresStorage(url),
      tasks: [work],
      queues: { default: { parallelism: 1_500 } },
      logger: { ...silentLogger, warn: note, error: note },
      leaseDuration: { seconds: 8 },
    });
    await worker.start();

    // These tasks end while the disk is full, so that their ends cannot be written.
    const waiting = await web.dispatchMany(work, Array(1_000).fill({ waits: true, bulk: "" }));
    const ids = waiting.map(({ id }) => id);
    await eventually("they run", () => runs.length === 1_000);
    const fillings = Array.from({ length: 8 }, async () => {
      for (let n = 0; n < 40; n++) {
        ids.push((await web.dispatch(work, { waits: false, bulk: bulk(64) })).id);
      }
    });
    await isFull.promise;
    const isRefused = () => refusals.some((error) => error instanceof StorageFullError);
    await eventually("the worker gets the error of a full disk", isRefused);
    const [refused, stored] = [refusals.length, ids.length];
    await delay(1_000);
    assertLessOrEqual(refusals.length - refused, 30, "it is not asked in a hot loop");
    assert(stored < 1_320, "dispatches wait for room");

    await disk!.resize(256);
    await Promise.all(fillings);
    await untilCompleted(web, ids.length);
    const histories = await postgresHistories(url);
    assertEachCompletedOnce(ids, histories, runs);
    assert(histories.every(({ lostCount }) => lostCount === 0), "no lease was lost");
  },
});
