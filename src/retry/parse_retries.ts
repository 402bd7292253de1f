// The one number that all policies take.

import { InvalidArgumentError } from "../guards/errors.ts";

/** Checks how often to retry. */
export function parseRetries(retries: number): number {
  if (Number.isInteger(retries) && retries >= 0) return retries;
  throw new InvalidArgumentError("retries", retries, "be an integer of at least 0");
}
