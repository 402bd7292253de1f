// Converts stored tasks to the form in which they are copied to another store.

import { InvalidArgumentError } from "../../guards/errors.ts";
import type { TaskRecord } from "../records.ts";
import type { CopiedTask } from "../storage_copying.ts";

/**
 * Returns a task as it is copied. The copy of a task that a worker holds is due at the planned
 * instant of its run.
 *
 * @param task The stored task.
 * @throws {InvalidArgumentError} If the argument is not a task.
 */
export function toCopiedTask(task: TaskRecord): CopiedTask {
  if (typeof task?.id !== "string") throw new InvalidArgumentError("task", task, "be a task");
  const { workerId, version: _, ...copied } = task;
  if (workerId === null) return copied;
  const { series, scheduledAt, createdAt } = task;
  return { ...copied, dueAt: series?.nextRunAt ?? scheduledAt ?? createdAt };
}

/** Returns a row of a task's history without the id of the task. */
export function withoutTaskId<Row extends { readonly taskId: string }>(
  { taskId: _, ...row }: Row,
): Omit<Row, "taskId"> {
  return row;
}
