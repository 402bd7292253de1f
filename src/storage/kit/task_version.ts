// The version of a task's row. An operator's change names the one that it was made for.

import { checkCount } from "../../guards/argument_checks.ts";
import { InvalidArgumentError } from "../../guards/errors.ts";
import type { TaskRecord } from "../records.ts";

/**
 * Returns the version of a task: a text that differs after each change that an operator could have
 * to know. It is made of what changes with each claim, status and due instant anyway, and of a
 * counter of the changes that leave these as they are, so that it costs workers no write.
 *
 * A store may make versions of its own, as a function of the same fields.
 *
 * @param task The task.
 * @param edits How often an operator or a dispatch with the task's key has changed it.
 * @throws {InvalidArgumentError} If an argument is of another kind.
 */
export function taskVersion(task: Omit<TaskRecord, "version">, edits: number): string {
  if (typeof task?.status !== "string") {
    throw new InvalidArgumentError("task", task, "be a task");
  }
  checkCount(edits, "edits", 0);
  const { leaseToken, status, dueAt, series, workerId, cancelRequested } = task;
  const flags = (workerId === null ? 0 : 1) + (cancelRequested ? 2 : 0);
  return [edits, leaseToken, status, dueAt ?? "", series?.nextRunAt ?? "", flags].join(".");
}
