// Checks the limits of a retention policy.

import { checkFlag, checkOptions, largestCount } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import type { OptionNames } from "../guards/option_names.ts";
import type { RetentionPolicy } from "./retention.ts";

/** 1000 years, which every store can subtract from the current time. */
const mostDays = 365_000;

const limits = [
  "statusAuditDays",
  "runsAuditDays",
  "errorAuditDays",
  "executionLogDays",
  "operatorActionDays",
  "maxExecutionLogsPerTask",
] as const;

const policyNames: OptionNames<RetentionPolicy> = {
  statusAuditDays: true,
  runsAuditDays: true,
  errorAuditDays: true,
  executionLogDays: true,
  operatorActionDays: true,
  maxExecutionLogsPerTask: true,
  deleteCompletedTasksAfterRetention: true,
};

/**
 * Checks a retention policy.
 *
 * @param others The names of other allowed properties.
 * @param argument The argument's name in messages.
 * @throws {InvalidArgumentError} If a limit is not a number, or a property is unknown.
 */
export function checkPolicy(
  policy: RetentionPolicy,
  others: Readonly<Record<string, true>> = {},
  argument = "retention",
): void {
  checkOptions(policy, { ...policyNames, ...others }, argument);
  for (const name of limits) {
    const value = policy[name] ?? null;
    const most = name === "maxExecutionLogsPerTask" ? largestCount : mostDays;
    if (value !== null && !(typeof value === "number" && Math.abs(value) <= most)) {
      const remedy = `be a number of at most ${most}, or null for no limit`;
      throw new InvalidArgumentError(`${argument}.${name}`, value, remedy);
    }
  }
  const { maxExecutionLogsPerTask, deleteCompletedTasksAfterRetention = false } = policy;
  if (!Number.isInteger(maxExecutionLogsPerTask ?? 0)) {
    const remedy = "be an integer, or null for no limit";
    throw new InvalidArgumentError(
      `${argument}.maxExecutionLogsPerTask`,
      maxExecutionLogsPerTask,
      remedy,
    );
  }
  checkFlag(
    deleteCompletedTasksAfterRetention,
    `${argument}.deleteCompletedTasksAfterRetention`,
  );
}
