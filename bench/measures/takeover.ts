// How long PostgreSQL takes to find and release the tasks of a worker that was lost: of one that began a moment ago, and of one
// that has been at work since before all that is stored, so that everything has to be read.

import { systemRandom, uuidV7Generator } from "../../src/ids/uuid_v7.ts";
import type { BenchDatabase } from "../support/open_storage.ts";
import { PostgresSession } from "../support/postgres_session.ts";

/** What was measured, in milliseconds. */
export interface TakeoverFigures {
  readonly youngMs: number;
  readonly oldMs: number;
}

/** How many tasks the lost worker holds. */
const heldTasks = 1_000;

/** Loses two workers. Leaves tasks behind that are due. */
export async function takeover(database: BenchDatabase): Promise<TakeoverFigures> {
  await using session = new PostgresSession(database.address);
  const storage = database.storage();
  const newId = uuidV7Generator(() => Date.now(), systemRandom);
  await storage.open();
  const lose = async (change: string) => {
    const id = newId();
    await storage.registerWorker({ id, host: "lost" });
    await storage.persist(Array.from({ length: heldTasks }, () => ({
      id: newId(),
      type: "held",
      handler: "held",
      request: "null",
      status: "Queued",
      due: { inMs: 0 },
      auditLevel: "Full",
      queue: "default",
      priority: 0,
      taskKey: null,
      traceContext: null,
      series: null,
      claimFor: id,
    })));
    await session.sql.unsafe(`UPDATE evertask.workers SET ${change} WHERE id = $1`, [id]);
    const startedAt = performance.now();
    const released = await storage.releaseLost({
      leaseMs: 60_000,
      poisonLimit: 5,
      lostReason: "lost",
      poisonReason: "lost too often",
    });
    const ms = performance.now() - startedAt;
    if (released.length === heldTasks) return ms;
    throw new Error(`Of ${heldTasks} tasks ${released.length} were released.`);
  };
  const youngMs = await lose("heartbeat_at = '-infinity'");
  const oldMs = await lose("heartbeat_at = '-infinity', claims_since = '-infinity'");
  await storage.close();
  return { youngMs, oldMs };
}
