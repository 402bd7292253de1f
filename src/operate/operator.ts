// The operator of a change, and the reason: options of each change.

import { checkOptions } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import type { OptionNames } from "../guards/option_names.ts";

/** The operator of a change, and the reason. */
export interface Operator {
  /** The operator's name or address, 1 to 200 characters. */
  readonly by: string;
  /** The reason, up to 4000 characters. @default none */
  readonly reason?: string;
}

/** The operator of a change of a task, and the version that the operator has seen. */
export interface TaskOperator extends Operator {
  /**
   * The `version` of the task that the operator has seen. If the task has changed since, the change
   * is refused.
   * @default any
   */
  readonly version?: string;
}

/** The names of the options of {@linkcode Operator}. */
export const operatorNames: OptionNames<Operator> = { by: true, reason: true };

const longestName = 200;
const longestReason = 4000;

/**
 * Checks the options of {@linkcode Operator}.
 *
 * @throws {InvalidArgumentError} If a member has the wrong type or is too long.
 */
export function parseOperator({ by, reason }: Operator): { by: string; reason: string | null } {
  checkLength(by, "options.by", longestName);
  if (reason !== undefined) checkLength(reason, "options.reason", longestReason);
  return { by, reason: reason ?? null };
}

/** Checks the options of {@linkcode TaskOperator}, as {@linkcode parseOperator} does. */
export function parseTaskOperator(options: TaskOperator) {
  checkOptions(options, { ...operatorNames, version: true }, "options");
  const { version } = options;
  if (version !== undefined && typeof version !== "string") {
    throw new InvalidArgumentError("options.version", version, "be the version of a task");
  }
  return { ...parseOperator(options), version };
}

function checkLength(text: unknown, argument: string, longest: number): void {
  if (typeof text === "string" && text.trim() !== "" && text.length <= longest) return;
  throw new InvalidArgumentError(argument, text, `be a text of 1 to ${longest} characters`);
}
