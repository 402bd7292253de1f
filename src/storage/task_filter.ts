// The check of a filter for tasks, before it reaches a store: each would take a wrong one
// differently.

import type { OptionNames } from "../guards/option_names.ts";
import { checkNames, checkOptions } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import { isStorableInstant } from "../time/instant.ts";
import type { TaskFilter } from "./queries.ts";
import { taskStatuses } from "./task_status.ts";

const members: OptionNames<TaskFilter> = {
  statuses: true,
  types: true,
  queues: true,
  recurring: true,
  createdFrom: true,
  createdBefore: true,
};

/**
 * Checks a filter that a user passed.
 *
 * @throws {InvalidArgumentError} If a member is invalid or unknown: ignored, it would let through
 * what it should keep out.
 */
export function checkTaskFilter(filter: TaskFilter): void {
  checkOptions(filter, members, "filter");
  const { statuses, types, queues, recurring } = filter;
  if (statuses !== undefined) checkNames(statuses, taskStatuses, "filter.statuses");
  if (types !== undefined) checkNames(types, null, "filter.types");
  if (queues !== undefined) checkNames(queues, null, "filter.queues");
  if (recurring !== undefined && typeof recurring !== "boolean") {
    throw new InvalidArgumentError("filter.recurring", recurring, "be true or false");
  }
  for (const name of ["createdFrom", "createdBefore"] as const) {
    const instant = filter[name];
    if (instant === undefined) continue;
    if (Number.isInteger(instant) && isStorableInstant(instant)) continue;
    const remedy = "be whole epoch milliseconds of the years 1 to 9999, such as date.getTime()";
    throw new InvalidArgumentError(`filter.${name}`, instant, remedy);
  }
}
