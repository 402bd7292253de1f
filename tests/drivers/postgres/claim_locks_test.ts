// Claims of tasks whose rows other transactions have locked or changed.

import { assertEquals } from "@std/assert";
import { deadline } from "@std/async";
import type postgres from "postgres";
import { startPostgres } from "../../support/pg_server.ts";
import { claimRequest, connect, newTasks, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

/** Stores five tasks, and runs work with a function that claims. */
async function withTasks(
  work: (scene: {
    readonly ids: readonly string[];
    readonly sql: postgres.Sql;
    /** Claims at most `limit` tasks. Returns their positions among the five. */
    readonly claim: (limit: number) => Promise<number[]>;
  }) => Promise<void>,
): Promise<void> {
  const url = await server.createDatabase();
  await using storage = await openStorage({ url, notify: false });
  await using sql = connect(url, { max: 3 });
  await storage.registerWorker({ id: "worker", host: "host" });
  const tasks = newTasks(5);
  const ids = tasks.map(({ id }) => id);
  await storage.persist(tasks);
  await work({
    ids,
    sql,
    claim: async (limit) => {
      const { tasks } = await storage.claim(claimRequest("worker", limit));
      return tasks.map(({ id }) => ids.indexOf(id));
    },
  });
}

const lock = (sql: postgres.ISql, id: string) =>
  sql`SELECT FROM evertask.queued_tasks WHERE id = ${id} FOR UPDATE`;

// PostgreSQL's snapshots do not tell of the transactions that savepoints begin.
for (const locker of ["transaction", "savepoint"]) {
  Deno.test(`a task that a ${locker} has locked is left to later claims, and the others are claimed`, async () => {
    await withTasks(async ({ ids, sql, claim }) => {
      await sql.begin(async (transaction) => {
        if (locker === "transaction") await lock(transaction, ids[1]!);
        else await transaction.savepoint((savepoint) => lock(savepoint, ids[1]!));
        assertEquals(await deadline(claim(3), 20_000), [0, 2, 3]);
        assertEquals(await deadline(claim(3), 20_000), [4]);
      });
      assertEquals(await claim(3), [1]);
    });
  });
}

for (const end of ["commit", "rollback"] as const) {
  for (const other of ["no other transaction", "an older transaction"]) {
    Deno.test(`a task that a transaction had locked until its ${end} is claimed in its order, while ${other} is open`, async () => {
      await withTasks(async ({ ids, sql, claim }) => {
        await sql.begin(async (older) => {
          if (other === "an older transaction") await older`SELECT pg_current_xact_id()`;
          await sql.begin(async (transaction) => {
            await lock(transaction, ids[1]!);
            if (end === "rollback") throw new Error("undo");
          }).catch(() => {});
          assertEquals(await claim(2), [0, 1]);
        });
      });
    });
  }
}
