// Measures draining a backlog: a worker starts after the tasks are stored.

import {
  type AuditLevel,
  createEverTask,
  type RateLimitOptions,
  silentLogger,
} from "@evertask/evertask";
import type { BenchDatabase } from "../support/open_storage.ts";
import { type CountedPayload, countedPayload, CountingTask } from "../support/counting_task.ts";
import { assertAllCompleted } from "./verify.ts";

/** The result of the measurement. */
export interface DrainFigures {
  readonly tasksPerSecond: number;
}

/** Options of a drain. */
export interface DrainOptions {
  /** The rate limit of the tasks. @default none */
  readonly rateLimit?: RateLimitOptions<CountedPayload>;
  /** Called once the worker has started, with the tasks' counter. */
  readonly whileRunning?: (counting: CountingTask) => void;
}

/** The number of tasks that one call stores. */
const portion = 50_000;

/** Stores tasks, without a worker. */
export async function storeBacklog(
  database: BenchDatabase,
  auditLevel: AuditLevel,
  tasks: number,
): Promise<void> {
  const { task } = new CountingTask(tasks);
  const everTask = createEverTask({
    storage: database.storage(),
    tasks: [task],
    logger: silentLogger, // it would warn that no worker serves the queue yet
  });
  for (let stored = 0; stored < tasks; stored += portion) {
    const payloads = Array.from(
      { length: Math.min(portion, tasks - stored) },
      (_, index) => countedPayload(stored + index),
    );
    await everTask.dispatchMany(task, payloads, { auditLevel });
  }
  await everTask.stop();
}

/** Drains a backlog of counted tasks, from the start of the worker until the last end is stored. */
export async function drain(
  database: BenchDatabase,
  tasks: number,
  { rateLimit, whileRunning }: DrainOptions = {},
): Promise<DrainFigures> {
  const counting = new CountingTask(tasks, rateLimit);
  const everTask = createEverTask({
    storage: database.storage(),
    tasks: [counting.task],
    logger: silentLogger,
  });
  const startedAt = performance.now();
  await everTask.start();
  whileRunning?.(counting);
  await counting.allStarted();
  await everTask.stop();
  const seconds = (performance.now() - startedAt) / 1000;
  return { tasksPerSecond: tasks / seconds };
}

/** Stores a backlog and drains it. */
export async function measureDrain(
  database: BenchDatabase,
  auditLevel: AuditLevel,
  tasks: number,
): Promise<DrainFigures> {
  await storeBacklog(database, auditLevel, tasks);
  const figures = await drain(database, tasks);
  await assertAllCompleted(database, tasks);
  return figures;
}
