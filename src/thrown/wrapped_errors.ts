// Reads the errors that an error wraps: its `cause`, mssql's `originalError`, the `errors` of
// connection attempts and `Promise.any`, and the two errors of a `SuppressedError`.

import { isErrorLike, readList, readMember } from "./reading.ts";

/** The errors that an error wraps. */
export interface WrappedErrors {
  /** The causes of the error. */
  readonly causes: readonly unknown[];
  /** The first of the errors that it aggregates. */
  readonly parts: readonly unknown[];
  /** The number of errors that it aggregates. */
  readonly partCount: number;
}

/**
 * Reads the errors that an error wraps. Never throws.
 *
 * @param mostParts The maximum number of aggregated errors to read.
 */
export function wrappedErrors(error: unknown, mostParts: number): WrappedErrors {
  const cause = readMember(error, "cause");
  const causes: unknown[] = cause === undefined ? [] : [cause];
  const original = readMember(error, "originalError");
  if (original !== cause && isErrorLike(original)) causes.push(original);
  const isSuppressed = readMember(error, "name") === "SuppressedError";
  const { items, count } = readList(
    isSuppressed
      ? [readMember(error, "error"), readMember(error, "suppressed")]
      : readMember(error, "errors"),
    mostParts,
  );
  return { causes, parts: items, partCount: count };
}
