// Event filters, and the comparison of severities.

import { checkChoice, checkNames, checkOptions } from "../guards/argument_checks.ts";
import {
  type Severity,
  severityOf,
  type TaskEventFilter,
  type TaskEventKind,
} from "./task_event.ts";

/** The severities, lowest first. */
const rank: Readonly<Record<Severity, number>> = { Information: 0, Warning: 1, Error: 2 };

/**
 * Checks a user's filter, because a misspelt kind would never match.
 *
 * @throws {InvalidArgumentError} If a property is invalid or unknown.
 */
export function checkEventFilter(filter: TaskEventFilter): void {
  checkOptions(filter, { severity: true, types: true, kinds: true }, "filter");
  const { severity, types, kinds } = filter;
  if (severity !== undefined) checkChoice(severity, Object.keys(rank), "filter.severity");
  if (types !== undefined) checkNames(types, null, "filter.types");
  if (kinds !== undefined) checkNames(kinds, Object.keys(severityOf), "filter.kinds");
}

/** Returns the kinds that a filter matches, regardless of task types. */
export function kindsOf({ severity, kinds }: TaskEventFilter): ReadonlySet<TaskEventKind> {
  const all = Object.keys(severityOf) as TaskEventKind[];
  return new Set(all.filter((kind) =>
    (kinds === undefined || kinds.includes(kind)) &&
    (severity === undefined || rank[severityOf[kind]] >= rank[severity])
  ));
}
