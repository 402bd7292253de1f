// The audit levels, which set how much history is recorded for a task. Names and numbers are
// upstream's. storage/kit/audit_policy.ts decides which statuses are errors.

import { InvalidArgumentError } from "../guards/errors.ts";

/**
 * The audit level of a task, which sets the history rows that it writes.
 *
 * | level | status audit row | runs audit row (recurring tasks) |
 * | --- | --- | --- |
 * | `Full` (default) | every status change | every run |
 * | `Minimal` | only on error | every run |
 * | `ErrorsOnly` | only on error | only on error |
 * | `None` | never | never |
 */
export type AuditLevel = "Full" | "Minimal" | "ErrorsOnly" | "None";

/** The condition under which rows of a kind are written. */
export type AuditRule = "always" | "on error" | "never";

/** The rows of a level: `status` for status audit rows, `runs` for runs audit rows. */
export interface AuditRules {
  readonly status: AuditRule;
  readonly runs: AuditRule;
}

/** The rows of each level, in the order of the levels' numbers in storage, from 0. */
const rules: Readonly<Record<AuditLevel, AuditRules>> = {
  Full: { status: "always", runs: "always" },
  Minimal: { status: "on error", runs: "always" },
  ErrorsOnly: { status: "on error", runs: "on error" },
  None: { status: "never", runs: "never" },
};

/** {@linkcode rules} as a map, in which any value can be looked up. */
export const auditRules: ReadonlyMap<string, AuditRules> = new Map(Object.entries(rules));

/** All audit levels, in the order of their numbers in storage: `Full` is 0, `None` is 3. */
export const auditLevels: readonly AuditLevel[] = Object.keys(rules) as AuditLevel[];

/** Returns the number of a level in storage. */
export function auditLevelToNumber(level: AuditLevel): number {
  return auditLevels.indexOf(level);
}

/**
 * Returns the level of a stored number. NULL, as in rows from before audit levels existed, means
 * `Full`.
 */
export function auditLevelFromNumber(stored: number | null): AuditLevel {
  return auditLevels[stored ?? 0] ?? "Full";
}

/**
 * Checks a level that a user passed.
 *
 * @throws {InvalidArgumentError} If there is no such level.
 */
export function parseAuditLevel(level: unknown, argument: string): AuditLevel {
  if (auditLevels.includes(level as AuditLevel)) return level as AuditLevel;
  throw new InvalidArgumentError(argument, level, `be one of ${auditLevels.join(", ")}`);
}
