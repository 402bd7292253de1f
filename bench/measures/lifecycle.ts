// Measures the whole life of tasks in one process: many callers dispatch one task after the other
// and await its commit, while a worker runs the tasks.

import { type AuditLevel, createEverTask, type EverTask, silentLogger } from "@evertask/evertask";
import type { BenchDatabase } from "../support/open_storage.ts";
import { countedPayload, CountingTask } from "../support/counting_task.ts";
import { assertAllCompleted } from "./verify.ts";

/** The number of concurrent callers. */
export const dispatchers = 256;

/** The result of the measurement. */
export interface LifecycleFigures {
  readonly tasksPerSecond: number;
}

/** Settings of {@linkcode measureLifecycle}. */
export interface LifecycleOptions {
  readonly auditLevel: AuditLevel;
  readonly tasks: number;
  /** The number of concurrent callers. @default {@linkcode dispatchers} */
  readonly callers?: number;
  /** Called with the instance before the measurement begins. */
  readonly prepare?: (everTask: EverTask) => void;
}

/** Measures the time from the first dispatch until the end of the last task is stored. */
export async function measureLifecycle(
  database: BenchDatabase,
  { auditLevel, tasks, callers = dispatchers, prepare }: LifecycleOptions,
): Promise<LifecycleFigures> {
  const counting = new CountingTask(tasks);
  const everTask = createEverTask({
    storage: database.storage(),
    tasks: [counting.task],
    defaultAuditLevel: auditLevel,
    logger: silentLogger,
  });
  await everTask.start();
  prepare?.(everTask);
  let next = 0;
  const dispatchUntilDone = async () => {
    for (let index; (index = next++) < tasks;) {
      await everTask.dispatch(counting.task, countedPayload(index));
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: callers }, dispatchUntilDone));
  await counting.allStarted();
  await everTask.stop(); // writes the remaining changes
  const seconds = (performance.now() - startedAt) / 1000;
  await assertAllCompleted(database, tasks);
  return { tasksPerSecond: tasks / seconds };
}
