// The version of a task's row. An operator's change names the version that the operator has seen.

import { checkCount } from "../../guards/argument_checks.ts";
import { InvalidArgumentError } from "../../guards/errors.ts";
import type { TaskRecord } from "../records.ts";

/**
 * Returns the version of a task: a text that differs after each change that matters to an operator.
 * It consists of `edits` and of fields that every change by a worker sets anyway, such as the lease
 * token, the status and the due instant. A worker's change thus gives the task a new version
 * without another write.
 *
 * A store may compute versions in another way from the same fields.
 *
 * @param task The task.
 * @param edits The number of changes by operators and by dispatches with the task's key.
 * @throws {InvalidArgumentError} If an argument has the wrong type.
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
