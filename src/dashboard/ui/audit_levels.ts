// Estimates how many rows each audit level would write for the activity of a store.

import type { Activity } from "./answers.ts";

/** The audit levels; the level that writes most is the first. */
export const auditLevels = ["Full", "Minimal", "ErrorsOnly", "None"] as const;

/** An audit level. */
export type AuditLevel = typeof auditLevels[number];

/**
 * The status changes of an attempt: a worker claims the task, the attempt starts, the attempt ends.
 */
const changesPerAttempt = 3;

/** Returns the rows of status changes that each level would have written. */
export function rowsByLevel(steps: Activity["items"]): Readonly<Record<AuditLevel, number>> {
  const sum = (name: "started" | "failed" | "retried") =>
    steps.reduce((total, step) => total + step[name], 0);
  const errors = sum("failed") + sum("retried");
  return {
    Full: changesPerAttempt * sum("started"),
    Minimal: errors,
    ErrorsOnly: errors,
    None: 0,
  };
}
