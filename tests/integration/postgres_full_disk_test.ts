// A disk of a real PostgreSQL that fills up in the middle of the work, and gets room again.

import { assert, assertLessOrEqual } from "@std/assert";
import { delay } from "@std/async";
import postgres from "postgres";
import { postgresStorage } from "../../drivers/postgres/mod.ts";
import { createEverTask, defineTask, silentLogger, StorageFullError } from "../../mod.ts";
import { startPostgres } from "../support/pg_server.ts";
import { mountSmallDisk } from "../support/small_disk.ts";
import type { RunReport } from "./programs/protocol.ts";
import { eventually } from "./support.ts";
import { assertEachCompletedOnce, postgresHistories } from "./task_histories.ts";

const server = await startPostgres();
const disk = server.canRestart ? await mountSmallDisk(16) : null;
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

/** So many kilobytes that cannot be compressed. */
function bulk(kilobytes: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(1024 * kilobytes * 3 / 4));
  return bytes.toBase64();
}

Deno.test({
  name: "a PostgreSQL whose disk is full holds the work up until there is room again" +
    (disk === null ? " (needs the right to mount, and a server of its own)" : ""),
  ignore: disk === null,
  async fn() {
    const url = await createDatabaseOnDisk();
    const runs: RunReport[] = [];
    const refusals: Error[] = [];
    const note = (_: string, { error }: { error?: unknown } = {}) => {
      if (error instanceof Error) refusals.push(error);
    };
    const work = defineTask<string>({
      type: "work",
      async handle(_, { taskId, attempt }) {
        runs.push({ kind: "started", taskId, attempt, at: Date.now() });
        await delay(2);
      },
    });
    await using web = createEverTask({
      storage: postgresStorage(url),
      tasks: [work],
      logger: silentLogger,
    });
    await using worker = createEverTask({
      storage: postgresStorage(url),
      tasks: [work],
      logger: { ...silentLogger, warn: note, error: note },
      leaseDuration: { seconds: 2 },
    });
    await worker.start();

    const ids: string[] = [];
    const isFull = Promise.withResolvers<void>();
    const dispatching = (async () => {
      const results = await Promise.all(Array.from({ length: 8 }, async () => {
        for (let n = 0; n < 20; n++) {
          const stored = web.dispatch(work, bulk(64));
          const heldUp = setTimeout(isFull.resolve, 500);
          ids.push((await stored).id);
          clearTimeout(heldUp);
        }
      }));
      return results.length;
    })();
    await isFull.promise;
    // Small tasks still find a corner here and there, until there is none left for an audit row.
    const small = Array.from({ length: 20 }, () => worker.dispatchMany(work, Array(200).fill("x")));
    await eventually(
      "the worker is told that the disk is full",
      () => refusals.some((error) => error instanceof StorageFullError),
    );
    const before = refusals.length;
    await delay(1_500);
    assertLessOrEqual(refusals.length - before, 60, "it is not asked in a hot loop");
    assert(ids.length < 160, "dispatches wait for room");

    await disk!.resize(256);
    await dispatching;
    for (const results of await Promise.all(small)) ids.push(...results.map(({ id }) => id));
    await eventually(
      "all tasks are completed",
      async () => (await web.statistics()).tasksByStatus.Completed === ids.length,
    );
    assertEachCompletedOnce(ids, await postgresHistories(url), runs);
  },
});
