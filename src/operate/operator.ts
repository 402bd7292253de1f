// Who changes something, and why: an option of each change.

import { checkOptions } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import type { OptionNames } from "../guards/option_names.ts";

/** Who changes something, and why. */
export interface Operator {
  /** Who: the user's name or address, 1 to 200 characters. */
  readonly by: string;
  /** Why, up to 4000 characters. @default not told */
  readonly reason?: string;
}

/** Who changes a task, and which version of it was seen. */
export interface TaskOperator extends Operator {
  /**
   * The `version` of the task that was seen. If it is another one by now, the change is refused.
   * @default any
   */
  readonly version?: string;
}

/** The names of the options of {@linkcode Operator}. */
export const operatorNames: OptionNames<Operator> = { by: true, reason: true };

const longestName = 200;
const longestReason = 4000;

/**
 * Checks who changes something.
 *
 * @throws {InvalidArgumentError} If a member is of another kind or too long.
 */
export function parseOperator({ by, reason }: Operator): { by: string; reason: string | null } {
  checkLength(by, "options.by", longestName);
  if (reason !== undefined) checkLength(reason, "options.reason", longestReason);
  return { by, reason: reason ?? null };
}

/** Checks who changes a task; as {@linkcode parseOperator}. */
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
