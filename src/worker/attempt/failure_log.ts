// Logs failed attempts unless their tasks opt out, so that failures are visible without any setup.

import type { Loggers } from "../../log/loggers.ts";
import { taskProperties } from "../../log/task_properties.ts";
import type { AnyTask } from "../../task/task.ts";

/**
 * Logs a failed attempt.
 *
 * @param definition The task's definition; undefined if this process does not have the type.
 * @param error The error of the attempt.
 * @param retryInMs The time until the next attempt, in milliseconds; null if there is none.
 */
export function logFailure(
  loggers: Loggers,
  definition: Pick<AnyTask, "logFailures"> | undefined,
  task: Parameters<typeof taskProperties>[0],
  error: unknown,
  retryInMs: number | null,
): void {
  const wanted = definition?.logFailures ?? "all";
  const logger = loggers(`tasks.${task.type}`);
  const properties = taskProperties(task);
  if (retryInMs !== null) {
    if (wanted !== "all") return;
    logger.warn(
      "Attempt {attempt} of task {taskId} ({taskType}) failed; the next one is due in {delayMs} ms: {error}",
      { ...properties, delayMs: retryInMs, error },
    );
  } else if (wanted !== "none") {
    logger.error("Task {taskId} ({taskType}) failed at attempt {attempt}: {error}", {
      ...properties,
      error,
    });
  }
}
