// Asks a validator about a value, whether it answers at once or with a promise: most answer at
// once, and cost no turn.

import { isPromiseLike } from "../guards/calls.ts";
import type { SchemaIssue, SchemaResult, StandardSchema } from "./standard_schema.ts";

/** The result of a validator. */
export type Validated = SchemaResult<unknown>;

/** Goes on with an answer: at once, or when it is there. */
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
 * Validates a value that was read from JSON, where null replaces `undefined`: a validator that
 * refuses null may accept `undefined`.
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

/** Where in a value something is wrong. */
export function pathOf({ path = [] }: SchemaIssue): PropertyKey[] {
  return path.map((step) => typeof step === "object" ? step.key : step);
}
