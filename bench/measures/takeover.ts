// Measures how long a store takes to find and release the tasks of a lost worker.

import type { Storage } from "@evertask/evertask/storage";
import { newTask } from "../../tests/support/new_task.ts";
import type { BenchDatabase } from "../support/open_storage.ts";

/** The number of tasks of the lost worker. */
export const heldTasks = 1_000;

/** The age in milliseconds from which a heartbeat counts as the last one of a lost worker. */
const leaseMs = 1;

/**
 * Simulates the loss of a worker that has just started. Its tasks become due. Returns how long
 * their release takes, in milliseconds.
 */
export async function takeover(database: BenchDatabase): Promise<number> {
  const storage = database.storage();
  await storage.open();
  await holdTasks(storage);
  const ms = await releaseHeld(storage);
  await storage.close();
  return ms;
}

/** Stores tasks that a new worker holds. Returns its id. */
export async function holdTasks(storage: Storage): Promise<string> {
  const id = crypto.randomUUID();
  await storage.registerWorker({ id, host: "lost" });
  await storage.persist(Array.from({ length: heldTasks }, () => newTask({ claimFor: id })));
  return id;
}

/** Releases the tasks of the only worker that holds some. Returns how long it takes. */
export async function releaseHeld(storage: Storage): Promise<number> {
  await new Promise((resume) => setTimeout(resume, 10 * leaseMs));
  const startedAt = performance.now();
  const released = await storage.releaseLost({
    leaseMs,
    poisonLimit: 5,
    lostReason: "lost",
    poisonReason: "lost too often",
  });
  const ms = performance.now() - startedAt;
  if (released.length === heldTasks) return ms;
  throw new Error(`Of ${heldTasks} tasks ${released.length} were released.`);
}
