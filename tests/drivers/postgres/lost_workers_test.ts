// The tasks of a lost worker are searched among those claimed since the worker started. None is
// missed, for any clock, worker or concurrent claim.

import { assertEquals } from "@std/assert";
import type postgres from "postgres";
import { startPostgres } from "../../support/pg_server.ts";
import { claimRequest, connect, newTasks, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

const worker = { id: "w", host: "test" };
const lost = { leaseMs: 60_000, poisonLimit: 5, lostReason: "lost", poisonReason: "poison" };

async function open() {
  const url = await server.createDatabase();
  const storage = await openStorage({ url });
  await storage.registerWorker(worker);
  const sql = connect(url);
  return {
    storage,
    sql,
    async [Symbol.asyncDispose]() {
      await storage[Symbol.asyncDispose]();
      await sql.end();
    },
  };
}

const stopHeart = (sql: postgres.Sql) =>
  sql`UPDATE evertask.workers SET heartbeat_at = '-infinity'`;

Deno.test("claims are found even if the database's clock was set back since the worker started", async () => {
  await using opened = await open();
  const { storage, sql } = opened;
  await sql`UPDATE evertask.workers SET claims_since = now() + interval '1 hour'`;
  await storage.persist([...newTasks(1), ...newTasks(1, { claimFor: worker.id })]);
  assertEquals((await storage.claim(claimRequest(worker.id))).tasks.length, 1);
  await stopHeart(sql);
  assertEquals((await storage.releaseLost(lost)).length, 2);
});

Deno.test("a heartbeat with holdsSince limits the search to later claims, and one without it changes nothing", async () => {
  await using opened = await open();
  const { storage, sql } = opened;
  await sql`UPDATE evertask.workers SET claims_since = claims_since - interval '1 year'`;
  const { claimsFrom } = await storage.heartbeat(worker.id, lost.leaseMs);
  const { claimsFrom: later } = await storage.heartbeat(worker.id, lost.leaseMs, claimsFrom);
  await storage.heartbeat(worker.id, lost.leaseMs);
  const [{ since }] = await sql`
    SELECT evertask.to_epoch_ms(claims_since)::float8 AS since FROM evertask.workers` as unknown as [
    { since: number },
  ];
  assertEquals([since, later! >= claimsFrom!], [claimsFrom, true]);
});

Deno.test("a lost worker that registers again still holds its earlier claims", async () => {
  await using opened = await open();
  const { storage, sql } = opened;
  await storage.persist(newTasks(2, { claimFor: worker.id }));
  await sql`UPDATE evertask.queued_tasks SET claimed_at_utc = claimed_at_utc - interval '1 day'`;
  await sql`UPDATE evertask.workers SET claims_since = claims_since - interval '1 day', is_registered = false`;
  await storage.registerWorker(worker);
  await stopHeart(sql);
  assertEquals((await storage.releaseLost(lost)).length, 2);
});

Deno.test("a worker is not removed while its claim is in progress", async () => {
  await using opened = await open();
  const { storage, sql } = opened;
  await storage.persist(newTasks(1));
  const { unregistered } = await sql.begin(async (transaction) => {
    await transaction`SELECT evertask.claim_tasks('w', '["send-email"]', '[{"name": "default", "limit": 1}]')`;
    const unregistered = storage.unregisterWorker(worker.id);
    // Waits until the claim blocks the call, which then waits for the only lock of this database
    // that is not granted.
    for (let waiting = false; !waiting;) {
      const rows = await transaction`
        SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE NOT granted AND datname = current_database()`;
      waiting = rows.length > 0;
    }
    return { unregistered };
  });
  await unregistered;
  assertEquals((await storage.releaseLost(lost)).length, 1);
});

Deno.test("a worker that unregisters without tasks is removed, and there is nothing to release", async () => {
  await using opened = await open();
  const { storage, sql } = opened;
  await storage.unregisterWorker(worker.id);
  assertEquals([...await sql`SELECT FROM evertask.workers`], []);
  await storage.registerWorker({ id: "other", host: "test" });
  assertEquals((await storage.heartbeat("other", 1)).othersLost, false);
});
