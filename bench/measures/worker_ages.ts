// Measures how long PostgreSQL takes to find and release the tasks of a lost worker, by how long the
// worker has run.

import { createEverTask, defineTask, silentLogger } from "@evertask/evertask";
import type { Storage } from "@evertask/evertask/storage";
import { Faults } from "../../tests/support/faulty_storage.ts";
import type { BenchDatabase } from "../support/open_storage.ts";
import { PostgresSession } from "../support/postgres_session.ts";
import { heldTasks, holdTasks, releaseHeld, takeover } from "./takeover.ts";

/** The time in seconds for which an old worker may take to move its mark. */
const patience = 60;

/** The result of the measurement, in milliseconds. */
export interface TakeoverFigures {
  /** For a worker that has just started. */
  readonly youngMs: number;
  /** For a worker that started before all stored tasks. */
  readonly oldMs: number;
  /** For one that never reported since when it holds tasks: a process of an earlier version. */
  readonly unmarkedMs: number;
}

/** Simulates the loss of one worker of each kind. Their tasks become due. */
export async function takeovers(database: BenchDatabase): Promise<TakeoverFigures> {
  await using session = new PostgresSession(database.address);
  const storage = database.storage();
  await storage.open();
  const unmarkedMs = await loseUnmarked(storage, session);
  const youngMs = await takeover(database);
  const oldMs = await loseOld(database, storage, session);
  await storage.close();
  return { youngMs, oldMs, unmarkedMs };
}

async function loseUnmarked(storage: Storage, { sql }: PostgresSession): Promise<number> {
  const id = await holdTasks(storage);
  await sql`UPDATE evertask.workers SET claims_since = '-infinity' WHERE id = ${id}`;
  return await releaseHeld(storage);
}

/** Runs a worker that seems to have started long ago until its heartbeats have moved its mark. */
async function loseOld(
  database: BenchDatabase,
  storage: Storage,
  session: PostgresSession,
): Promise<number> {
  const held = Promise.withResolvers<void>();
  const task = defineTask<number>({ type: "held", handle: () => held.promise });
  const faults = new Faults();
  await using everTask = createEverTask({
    storage: faults.wrap(database.storage()),
    tasks: [task],
    queues: { default: { parallelism: heldTasks } },
    leaseDuration: { seconds: 3 },
    logger: silentLogger,
  });
  await everTask.start();
  const id = everTask.workerId!;
  await session.sql`
    UPDATE evertask.workers SET claims_since = claims_since - interval '1 year' WHERE id = ${id}`;
  for (let second = 0; await hasOldMark(session, id); second++) {
    if (second === patience) throw new Error(`The mark has not moved for ${patience} seconds.`);
    await new Promise((resume) => setTimeout(resume, 1_000));
  }
  await everTask.dispatchMany(task, Array.from({ length: heldTasks }, (_, index) => index));
  while (await heldBy(session, id) < heldTasks) {
    await new Promise((resume) => setTimeout(resume, 100));
  }
  await holdHeartbeats(faults, held.promise);
  const ms = await releaseHeld(storage);
  held.resolve();
  return ms;
}

/**
 * Holds the heartbeats of a worker until a promise resolves. Otherwise, one could show that the
 * worker is alive while its tasks are being released. Returns when no earlier one is under way: a
 * worker sends one at a time.
 */
async function holdHeartbeats(faults: Faults, heldUntil: Promise<void>): Promise<void> {
  const held = Promise.withResolvers<void>();
  faults.rule = (verb) => {
    if (verb !== "heartbeat") return null;
    held.resolve();
    return { heldUntil };
  };
  await held.promise;
}

async function hasOldMark({ sql }: PostgresSession, id: string): Promise<boolean> {
  const rows = await sql`
    SELECT FROM evertask.workers WHERE id = ${id} AND claims_since < now() - interval '1 day'`;
  return rows.length > 0;
}

async function heldBy({ sql }: PostgresSession, id: string): Promise<number> {
  const [row] = await sql<[{ held: number }]>`
    SELECT coalesce(cardinality(evertask.tasks_held_by(ARRAY[${id}])), 0) AS held`;
  return row.held;
}
