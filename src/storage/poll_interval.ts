// The option `pollInterval` of storages that cannot notify workers.

import { InvalidArgumentError } from "../guards/errors.ts";
import { type Duration, toMilliseconds } from "../time/duration.ts";

const longestMs = 3_600_000;

/**
 * Checks `pollInterval`, the pause between two polls of an idle worker.
 *
 * @param interval The option's value.
 * @returns Milliseconds.
 * @throws {InvalidArgumentError} If it is not a duration from 1 millisecond to an hour.
 */
export function toPollInterval(interval: Duration): number {
  const milliseconds = toMilliseconds(interval, "pollInterval");
  if (milliseconds >= 1 && milliseconds <= longestMs) return milliseconds;
  throw new InvalidArgumentError("pollInterval", interval, "be from 1 millisecond to an hour");
}
