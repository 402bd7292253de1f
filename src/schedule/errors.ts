// The error for invalid schedules. Thrown when a recurrence is built or parsed, never while a
// series runs.

import { InvalidArgumentError } from "../guards/errors.ts";

/**
 * A recurring schedule has an invalid value: a day 32, an unknown time zone, a malformed cron
 * expression, or stored data that is not a recurrence. The message names the value and the allowed
 * values.
 */
export class InvalidScheduleError extends InvalidArgumentError {
  /** `InvalidScheduleError` */
  override name = "InvalidScheduleError";
  /** For cron expressions, the index of the first wrong character. */
  readonly position: number | undefined;

  /**
   * Creates the error with a message from these parts.
   *
   * @param argument The part of the schedule, such as `every` or `monthDays[1]`.
   * @param value The invalid value.
   * @param remedy The allowed values, as a sentence fragment after "must".
   * @param position For cron expressions, the index of the first wrong character.
   */
  constructor(argument: string, value: unknown, remedy: string, position?: number) {
    super(argument, value, remedy);
    this.position = position;
  }
}
