// Iterates over an error and the errors that it wraps, at any depth.

import { readMember } from "./reading.ts";
import { wrappedErrors } from "./wrapped_errors.ts";

/** The fields by which drivers and runtimes distinguish errors. */
export interface ErrorFields {
  /** The error itself. */
  readonly thrown: object;
  readonly name: unknown;
  readonly message: unknown;
  readonly code: unknown;
  readonly errcode: unknown;
  readonly number: unknown;
  readonly transient: unknown;
}

const deepest = 10;

/** The maximum number of errors to visit. */
const mostErrors = 1_000;

/** Yields the error and the errors that it wraps, outermost first. */
export function* errorChain(error: unknown): Generator<ErrorFields> {
  const seen = new Set<unknown>();
  function* walk(thrown: unknown, depth: number): Generator<ErrorFields> {
    if (typeof thrown !== "object" || thrown === null || depth > deepest) return;
    if (seen.size >= mostErrors || seen.has(thrown)) return;
    seen.add(thrown);
    yield fieldsOf(thrown);
    const { causes, parts } = wrappedErrors(thrown, mostErrors);
    for (const each of [...causes, ...parts]) yield* walk(each, depth + 1);
  }
  yield* walk(error, 0);
}

function fieldsOf(thrown: object): ErrorFields {
  return {
    thrown,
    name: readMember(thrown, "name"),
    message: readMember(thrown, "message"),
    code: readMember(thrown, "code"),
    errcode: readMember(thrown, "errcode"),
    number: readMember(thrown, "number"),
    transient: readMember(thrown, "transient"),
  };
}
