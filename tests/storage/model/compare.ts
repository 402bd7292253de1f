// Compares the content of a store with the model.

import { assert, assertEquals } from "@std/assert";
import type { Storage } from "../../../src/storage/storage.ts";
import type { Model, ModelTask } from "./model.ts";

/** The most that a server's clock may advance during a sequence. */
const toleranceMs = 20_000;

/**
 * Checks that the rows of the store match the model, and that changed tasks have the right audit
 * trail.
 */
export async function assertSame(
  storage: Storage,
  model: Model,
  touched: readonly ModelTask[],
): Promise<void> {
  const { now } = await storage.statistics();
  const { items } = await storage.list({}, { limit: 1000 });
  const rows = new Map(items.map((row) => [row.id, row]));
  assertEquals(rows.size, model.tasks.length, "no task is lost");
  for (const task of model.tasks) {
    const row = rows.get(task.id)!;
    assertEquals(
      {
        status: row.status,
        exception: row.exception,
        key: row.taskKey,
        queue: row.queue,
        worker: row.workerId,
        attempt: row.attempt,
        lostCount: row.lostCount,
        token: row.leaseToken,
        cancelRequested: row.cancelRequested,
        runCount: row.series?.runCount ?? null,
      },
      {
        status: task.status,
        exception: task.exception,
        key: task.key,
        queue: task.queue,
        worker: task.worker,
        attempt: task.attempt,
        lostCount: task.lostCount,
        token: task.token,
        cancelRequested: task.cancelRequested,
        runCount: task.series?.runCount ?? null,
      },
      task.id,
    );
    assertSameInstant(row.dueAt, now, task.dueAt, model.now, `${task.id}: due`);
    const [next, modelNext] = [row.series?.nextRunAt ?? null, task.series?.nextRunAt ?? null];
    assertSameInstant(next, now, modelNext, model.now, `${task.id}: next run`);
  }
  for (const task of touched) {
    const { items } = await storage.statusAudit(task.id, { limit: 1000 });
    const trail = items.map(({ newStatus, exception }) =>
      exception === null ? newStatus : `${newStatus}: ${exception}`
    );
    assertEquals(trail, task.trail, `${task.id}: status audit`);
  }
}

function assertSameInstant(
  actual: number | null,
  now: number,
  expected: number | null,
  modelNow: number,
  what: string,
): void {
  if (expected === null) return assertEquals(actual, null, what);
  assert(actual !== null, `${what}: it is missing`);
  const difference = (actual - now) - (expected - modelNow);
  assert(Math.abs(difference) <= toleranceMs, `${what}: off by ${difference} ms`);
}
