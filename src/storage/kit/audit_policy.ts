// Decides which history rows a status change or a run writes, by the task's audit level. The same
// decisions exist in T-SQL and PL/pgSQL (sql/); the conformance suite checks every combination on
// every store. Source: upstream's documentation of audit levels,
// https://giampaologabba.github.io/EverTask/.

import { type AuditLevel, type AuditRule, auditRules } from "../../audit/audit_level.ts";
import type { TaskStatus } from "../task_status.ts";

/**
 * Reports whether a status change is an error: the status is `Failed` or `ServiceStopped`, or there
 * is an exception.
 */
export function isError(status: TaskStatus, exception: string | null): boolean {
  return status === "Failed" || status === "ServiceStopped" || exception !== null;
}

/**
 * Reports whether a level keeps any history: audit rows of status changes, and the instant and
 * duration of the last execution in the task's row. Series keep their last execution at every
 * level.
 */
export function keepsHistory(level: AuditLevel): boolean {
  const rules = auditRules.get(level);
  return rules?.status !== "never" || rules.runs !== "never";
}

/** Reports whether a change to `status` writes a status audit row at this level. */
export function shouldCreateStatusAudit(
  level: AuditLevel,
  status: TaskStatus,
  exception: string | null,
): boolean {
  return asksFor(auditRules.get(level)?.status, status, exception);
}

/**
 * Reports whether a recurring task's run that ended in `status` writes a runs audit row at this
 * level.
 */
export function shouldCreateRunsAudit(
  level: AuditLevel,
  status: TaskStatus,
  exception: string | null,
): boolean {
  return asksFor(auditRules.get(level)?.runs, status, exception);
}

function asksFor(
  rule: AuditRule | undefined,
  status: TaskStatus,
  exception: string | null,
): boolean {
  return rule === "always" || (rule === "on error" && isError(status, exception));
}
