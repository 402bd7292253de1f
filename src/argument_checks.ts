// Checks that several options share.

import { InvalidArgumentError } from "./errors.ts";

/** Checks a number of things: an integer of at least 1. */
export function checkCount(value: unknown, argument: string): void {
  if (Number.isInteger(value) && (value as number) >= 1) return;
  throw new InvalidArgumentError(argument, value, "be an integer of at least 1");
}

/** Checks a choice among names. */
export function checkChoice(value: unknown, choices: readonly string[], argument: string): void {
  if (choices.includes(value as string)) return;
  throw new InvalidArgumentError(argument, value, `be one of ${choices.join(", ")}`);
}
