// Other workers skip a task that a transaction locks, because a worker that froze during a
// transaction must not block all others until they are lost, too.

import { assert, assertEquals } from "@std/assert";
import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import {
  isBabelfish,
  needsTarget,
  passTime,
  withPool,
  withSchema,
} from "../../support/tsql_server/target.ts";
import { newTask } from "./tasks.ts";

const types = ["send-email"];
const queues = [{ name: "default", limit: 10 }];
const hour = 3_600_000;

Deno.test({
  ...needsTarget("workers skip tasks that a transaction locks, and claim them when it has ended"),
  async fn(t) {
    await withPool((pool) =>
      withSchema(pool, async (schema) => {
        const storage: Storage = sqlServerStorage({ connection: pool, schema });
        await storage.open();
        await storage.registerWorker({ id: "frozen", host: "test" });
        await storage.persist([newTask({ priority: 2 }), newTask({ priority: 1 })]);
        const { tasks } = await storage.claim({ workerId: "frozen", types, queues });
        const locked = newTask({ priority: 2 });
        const free = newTask({ priority: 1 });
        await storage.persist([locked, free]);
        await passTime(pool, schema, hour);
        await storage.registerWorker({ id: "w", host: "test" });
        const [ended, left] = tasks;
        const lease = { workerId: "frozen", token: ended!.leaseToken };

        const transaction = pool.transaction();
        await transaction.begin();
        const options = { lease, connection: transaction };
        await storage.setStatus(ended!.id, "Completed", null, "Full", options);
        await storage.setStatus(locked.id, "Failed", "Oh!", "Full", { connection: transaction });

        // Readers never wait on Babelfish; writers always do.
        const beat = await storage.heartbeat("w", hour / 2);
        assert(beat.alive && beat.othersLost);
        assert(await storage.nextDueAt(["default"], types) !== null);
        const writersPassBy = !await isBabelfish(pool);
        await t.step({
          name: "writers (Babelfish ignores READPAST)",
          ignore: !writersPassBy,
          async fn() {
            const claimed = await storage.claim({ workerId: "w", types, queues });
            assertEquals(claimed.tasks.map(({ id }) => id), [free.id]);
            assertEquals(await storage.releaseUnknown("w", [free.id]), 0);
            const lost = await releaseLost(storage);
            assertEquals(lost.map(({ taskId }) => taskId), [left!.id]);
          },
        });
        await transaction.rollback();

        const lost = await releaseLost(storage);
        const expected = writersPassBy ? [ended!.id] : [ended!.id, left!.id];
        assertEquals(lost.map(({ taskId }) => taskId), expected);
        assertEquals((await storage.get(locked.id))!.status, "Queued");
        await storage.close();
      })
    );
  },
});

function releaseLost(storage: Storage) {
  return storage.releaseLost({
    leaseMs: hour / 2,
    poisonLimit: 5,
    lostReason: "lost",
    poisonReason: "poison",
  });
}
