// Event filters, and the comparison of severities.

import { checkChoice, checkFlag, checkNames, checkOptions } from "../guards/argument_checks.ts";
import type { OptionNames } from "../guards/option_names.ts";
import {
  type EventScope,
  type Severity,
  severityOf,
  type SubscriptionOptions,
  type TaskEventFilter,
  type TaskEventKind,
} from "./task_event.ts";

const filterNames: OptionNames<TaskEventFilter> = { severity: true, types: true, kinds: true };

/** The valid values of `scope`. */
export const eventScopes: readonly EventScope[] = ["process", "store"];

/** The rank of each severity, 0 for the lowest. */
const rank: Readonly<Record<Severity, number>> = { Information: 0, Warning: 1, Error: 2 };

/**
 * Checks a user's filter, because a misspelt kind would never match.
 *
 * @throws {InvalidArgumentError} If a property is invalid or unknown.
 */
export function checkEventFilter(filter: TaskEventFilter): void {
  checkOptions(filter, filterNames, "filter");
  checkFilterMembers(filter, "filter");
}

/**
 * Checks the options of a subscription.
 *
 * @throws {InvalidArgumentError} If a member is invalid or unknown.
 */
export function checkSubscription(options: SubscriptionOptions): void {
  checkOptions(options, { ...filterNames, scope: true, parameters: true }, "options");
  const { scope, parameters } = options;
  checkFilterMembers(options, "options");
  if (scope !== undefined) checkChoice(scope, eventScopes, "options.scope");
  if (parameters !== undefined) checkFlag(parameters, "options.parameters");
}

function checkFilterMembers(filter: TaskEventFilter, name: string): void {
  const { severity, types, kinds } = filter;
  if (severity !== undefined) checkChoice(severity, Object.keys(rank), `${name}.severity`);
  if (types !== undefined) checkNames(types, null, `${name}.types`);
  if (kinds !== undefined) checkNames(kinds, Object.keys(severityOf), `${name}.kinds`);
}

/** Returns the kinds that a filter matches, regardless of task types. */
export function kindsOf({ severity, kinds }: TaskEventFilter): ReadonlySet<TaskEventKind> {
  const all = Object.keys(severityOf) as TaskEventKind[];
  return new Set(all.filter((kind) =>
    (kinds === undefined || kinds.includes(kind)) &&
    (severity === undefined || rank[severityOf[kind]] >= rank[severity])
  ));
}
