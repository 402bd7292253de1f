// Determines the due instant of a dispatched task.

import { InvalidArgumentError } from "../guards/errors.ts";
import type { Due } from "../storage/requests.ts";
import type { DispatchTiming } from "../task/dispatch_options.ts";
import { toMilliseconds } from "../time/duration.ts";
import { toEpochMilliseconds } from "../time/instant.ts";

/** Due now. */
export const atOnce: Due = { inMs: 0 };

/**
 * Returns the due instant that `delay` or `at` sets. Without them, the task is due now.
 *
 * @throws {InvalidArgumentError} If an option is invalid, or more than one of `delay`, `at` and
 * `recurring` is given.
 */
export function parseDue({ delay, at, recurring }: DispatchTiming): Due {
  const given = [delay, at, recurring].filter((each) => each !== undefined).length;
  if (given > 1) {
    const value = { delay, at, recurring: recurring === undefined ? undefined : "…" };
    throw new InvalidArgumentError("options", value, "hold only one of delay, at and recurring");
  }
  if (delay !== undefined) return { inMs: toMilliseconds(delay, "delay") };
  if (at !== undefined) return { at: toEpochMilliseconds(at, "at") };
  return atOnce;
}
