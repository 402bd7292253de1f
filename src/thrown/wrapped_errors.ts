// What an error wraps. Errors come wrapped by `cause`, by mssql (`originalError`), several at once
// by connection attempts and by `Promise.any` (`errors`), and by a disposal that fails after
// something else has failed (`SuppressedError`).

import { isErrorLike, readList, readMember } from "./reading.ts";

/** The errors that an error wraps. */
export interface WrappedErrors {
  /** Why it happened. */
  readonly causes: readonly unknown[];
  /** The first of the errors that it stands for. */
  readonly parts: readonly unknown[];
  /** For how many errors it stands. */
  readonly partCount: number;
}

/**
 * Reads what an error wraps. Never throws.
 *
 * @param mostParts How many of the errors for which it stands are read.
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
