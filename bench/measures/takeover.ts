// Measures how long PostgreSQL takes to find and release the tasks of a lost worker. The worker
// started either a moment ago, or before all stored tasks, so that all of them must be read.

import { newTask } from "../../tests/support/new_task.ts";
import type { BenchDatabase } from "../support/open_storage.ts";
import { PostgresSession } from "../support/postgres_session.ts";

/** The result of the measurement, in milliseconds. */
export interface TakeoverFigures {
  readonly youngMs: number;
  readonly oldMs: number;
}

/** The number of tasks of the lost worker. */
const heldTasks = 1_000;

/** Simulates the loss of two workers. Their tasks become due. */
export async function takeover(database: BenchDatabase): Promise<TakeoverFigures> {
  await using session = new PostgresSession(database.address);
  const storage = database.storage();
  await storage.open();
  const lose = async (change: string) => {
    const id = crypto.randomUUID();
    await storage.registerWorker({ id, host: "lost" });
    await storage.persist(Array.from({ length: heldTasks }, () => newTask({ claimFor: id })));
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
