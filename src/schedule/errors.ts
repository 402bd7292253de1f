// The error for schedules that cannot be: thrown when a recurrence is built or read, never while a
// series runs.

import { InvalidArgumentError } from "../guards/errors.ts";

/**
 * A recurring schedule has a value that cannot be used: a day 32, a time zone that does not exist,
 * a malformed cron expression, or stored data that is not a recurrence. The message names the value
 * and the allowed ones.
 */
export class InvalidScheduleError extends InvalidArgumentError {
  /** Stays the same across versions and minification. */
  override name = "InvalidScheduleError";
  /** For cron expressions: the index in the expression of the first character that is wrong. */
  readonly position: number | undefined;

  /**
   * Composes the message from its parts.
   *
   * @param argument The part of the schedule, e.g. `every` or `monthDays[1]`.
   * @param value The value that was refused.
   * @param remedy What to pass instead: a sentence fragment after "must".
   * @param position For cron expressions: the index of the first wrong character.
   */
  constructor(argument: string, value: unknown, remedy: string, position?: number) {
    super(argument, value, remedy);
    this.position = position;
  }
}
