// Calls synchronous and asynchronous validators. A synchronous validator, as most are, costs no
// turn of the event loop.

import { isPromiseLike } from "../guards/calls.ts";
import type { SchemaIssue, SchemaResult, StandardSchema } from "./standard_schema.ts";

/** The result of a validator. */
export type Validated = SchemaResult<unknown>;

/** Calls `next` with an answer: at once, or when its promise resolves. */
export function whenAnswered<Answer, Result>(
  answer: Answer | Promise<Answer>,
  next: (answer: Answer) => Result | Promise<Result>,
): Result | Promise<Result> {
  return isPromiseLike(answer)
    ? Promise.resolve(answer as Promise<Answer>).then(next)
    : next(answer);
}

/** Validates a value. */
export function ask(schema: StandardSchema, value: unknown): Validated | Promise<Validated> {
  return schema["~standard"].validate(value);
}

/**
 * Validates a value that was parsed from JSON, where null replaces `undefined`. If the validator
 * rejects null, tries `undefined`.
 */
export function askAboutRead(
  schema: StandardSchema,
  read: unknown,
): Validated | Promise<Validated> {
  const answer = ask(schema, read);
  if (read !== null) return answer;
  return whenAnswered(answer, (ofNull) => {
    if (ofNull.issues === undefined) return ofNull;
    return whenAnswered(
      ask(schema, undefined),
      (ofUndefined) => ofUndefined.issues === undefined ? ofUndefined : ofNull,
    );
  });
}

/** Returns the path of an issue. */
export function pathOf({ path = [] }: SchemaIssue): PropertyKey[] {
  return path.map((step) => typeof step === "object" ? step.key : step);
}
