// The audit levels: how much history a task leaves behind. Names and numbers are upstream's. Which
// status is an error, and so which rows are written, is decided in storage/kit/audit_policy.ts.

import { InvalidArgumentError } from "../guards/errors.ts";

/**
 * How many history rows a task writes.
 *
 * | level | status audit row | runs audit row (recurring tasks) |
 * | --- | --- | --- |
 * | `Full` (default) | every status change | every run |
 * | `Minimal` | only on error | every run |
 * | `ErrorsOnly` | only on error | only on error |
 * | `None` | never | never |
 */
export type AuditLevel = "Full" | "Minimal" | "ErrorsOnly" | "None";

/** When rows of a kind are written. */
export type AuditRule = "always" | "on error" | "never";

/** The rows of a level: `status` for status audit rows, `runs` for runs audit rows. */
export interface AuditRules {
  readonly status: AuditRule;
  readonly runs: AuditRule;
}

/** The rows of each level. The order is that of the levels' numbers in storage, from 0. */
const rules: Readonly<Record<AuditLevel, AuditRules>> = {
  Full: { status: "always", runs: "always" },
  Minimal: { status: "on error", runs: "always" },
  ErrorsOnly: { status: "on error", runs: "on error" },
  None: { status: "never", runs: "never" },
};

/** {@linkcode rules} as a map, which any value can be looked up in. */
export const auditRules: ReadonlyMap<string, AuditRules> = new Map(Object.entries(rules));

/** All audit levels, in the order of their numbers in storage: `Full` is 0, `None` is 3. */
export const auditLevels: readonly AuditLevel[] = Object.keys(rules) as AuditLevel[];

/** Returns the number of a level in storage. */
export function auditLevelToNumber(level: AuditLevel): number {
  return auditLevels.indexOf(level);
}

/** The level behind a stored number. NULL (rows from before audit levels existed) means `Full`. */
export function auditLevelFromNumber(stored: number | null): AuditLevel {
  return auditLevels[stored ?? 0] ?? "Full";
}

/**
 * Accepts a level that a user passed.
 *
 * @throws {InvalidArgumentError} If there is no such level.
 */
export function parseAuditLevel(level: unknown, argument: string): AuditLevel {
  if (auditLevels.includes(level as AuditLevel)) return level as AuditLevel;
  throw new InvalidArgumentError(argument, level, `be one of ${auditLevels.join(", ")}`);
}
