// The base classes of EverTask's errors. Each error has a stable `name`, names the wrong value and
// the remedy, and keeps its cause. Errors of storage are in storage/errors.ts. Functions that
// describe errors are in thrown/.

import { describeValue } from "../thrown/describe_value.ts";

/**
 * The base class of EverTask's errors, which sets them apart from the errors of the application.
 */
export class EverTaskError extends Error {
  /** The name of the class, which stays the same across versions and minification. */
  override name = "EverTaskError";
}

/**
 * An argument or an option is invalid: a negative delay, an unknown audit level, an invalid date.
 * The message names the option, the value and the allowed values. Nothing was stored.
 */
export class InvalidArgumentError extends EverTaskError {
  /** `InvalidArgumentError` */
  override name = "InvalidArgumentError";
  /** The option or argument, as the caller spells it: `delay`, `queues.email.parallelism`. */
  readonly argument: string;
  /** The invalid value. */
  readonly value: unknown;

  /**
   * Creates the error with a message from these parts.
   *
   * @param argument The option or argument, as the caller spells it.
   * @param value The invalid value.
   * @param remedy The allowed values, as the end of a sentence after "must", such as
   * `be an integer of at least 1`.
   */
  constructor(argument: string, value: unknown, remedy: string) {
    super(`${argument} is ${describeValue(value)}, but it must ${remedy}.`);
    this.argument = argument;
    this.value = value;
  }
}
