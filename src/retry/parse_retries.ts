// Checks the number of retries, which all policies take.

import { InvalidArgumentError } from "../guards/errors.ts";

/** Checks the number of retries. */
export function parseRetries(retries: number): number {
  if (Number.isInteger(retries) && retries >= 0) return retries;
  throw new InvalidArgumentError("retries", retries, "be an integer of at least 0");
}
