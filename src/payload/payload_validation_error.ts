// The error of an invalid payload.

import { EverTaskError } from "../guards/errors.ts";
import type { SchemaIssue } from "./standard_schema.ts";
import { pathOf } from "./validation.ts";

/**
 * A payload does not match the task's schema, or JSON cannot represent it completely: `NaN`, a
 * `Map`, an invalid `Date`, a function. Thrown by `dispatch` before anything is stored. A stored
 * task whose payload no longer matches fails with this error, and its payload stays stored.
 */
export class PayloadValidationError extends EverTaskError {
  /** `PayloadValidationError` */
  override name = "PayloadValidationError";
  /** The task's type. */
  readonly taskType: string;
  /** The issues that the validator reported, or the part that JSON cannot represent. */
  readonly issues: readonly SchemaIssue[];

  /**
   * Creates the error.
   *
   * @param taskType The task's type.
   * @param issues The issues; at least one.
   */
  constructor(taskType: string, issues: readonly SchemaIssue[], options?: ErrorOptions) {
    const list = issues.slice(0, 5).map(describeIssue).join("; ");
    const more = issues.length > 5 ? ` (and ${issues.length - 5} more)` : "";
    super(`The payload does not fit task "${taskType}": ${list}${more}.`, options);
    this.taskType = taskType;
    this.issues = issues;
  }
}

/** The maximum number of path segments in a message. */
const mostSteps = 10;

function describeIssue(issue: SchemaIssue): string {
  const path = pathOf(issue);
  const steps = path.slice(0, mostSteps).map(String);
  const where = (path.length > mostSteps ? [...steps, "…"] : steps).join(".");
  return where === "" ? issue.message : `${where}: ${issue.message}`;
}
