// Errors come wrapped: by fetch (`cause`), by connection attempts to several addresses (`errors`), by mssql (`originalError`).
// What is looked for may be at any depth.

/** The fields by which drivers and runtimes tell errors apart. */
export interface ErrorFields {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly errcode?: unknown;
  readonly number?: unknown;
  readonly transient?: unknown;
}

const deepest = 10;

/** The error, and the errors that it wraps, outermost first. */
export function* errorChain(error: unknown, depth = 0): Generator<ErrorFields> {
  if (typeof error !== "object" || error === null || depth > deepest) return;
  yield error;
  const { cause, errors, originalError } = error as Record<string, unknown>;
  yield* errorChain(cause, depth + 1);
  yield* errorChain(originalError, depth + 1);
  if (Array.isArray(errors)) { for (const each of errors) yield* errorChain(each, depth + 1); }
}
