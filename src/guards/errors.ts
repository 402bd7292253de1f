// The errors that EverTask throws, in one family: each has a stable `name`, says which value was
// wrong and what to do about it, and keeps its cause. Errors of storage are in storage/errors.ts,
// what shows errors of any kind in thrown/.

import { describeValue } from "../thrown/describe_value.ts";

/**
 * The base of every error that EverTask throws on purpose: catch it to tell them from your own.
 */
export class EverTaskError extends Error {
  /** A name that stays the same across versions and minification. */
  override name = "EverTaskError";
}

/**
 * An argument or an option has a value that cannot be used: a negative delay, an unknown audit
 * level, an invalid date. The message names the option, the value and the allowed values. Nothing
 * was stored.
 */
export class InvalidArgumentError extends EverTaskError {
  /** `InvalidArgumentError` */
  override name = "InvalidArgumentError";
  /** The option or argument, as the caller spells it: `delay`, `queues.email.parallelism`. */
  readonly argument: string;
  /** The value that was refused. */
  readonly value: unknown;

  /**
   * Writes the message from the three facts a caller needs.
   *
   * @param argument The option or argument, as the caller spells it.
   * @param value The value that was refused.
   * @param remedy What to pass instead: a sentence fragment after "must", e.g. `be an integer of at
   * least 1`.
   */
  constructor(argument: string, value: unknown, remedy: string) {
    super(`${argument} is ${describeValue(value)}, but it must ${remedy}.`);
    this.argument = argument;
    this.value = value;
  }
}
