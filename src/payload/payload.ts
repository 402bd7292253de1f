// Encodes payloads for storage and decodes them. The handler always gets the validator's output for
// the stored JSON, so it gets the same value in this process now and in another process later.

import { messageOf } from "../thrown/describe_error.ts";
import { explainIssues } from "./changed_by_json.ts";
import { findBigint, findJsonLoss } from "./json_losses.ts";
import { PayloadValidationError } from "./payload_validation_error.ts";
import type { SchemaIssue, StandardSchema } from "./standard_schema.ts";
import { askAboutRead, type Validated, whenAnswered } from "./validation.ts";

/** A payload as stored JSON, and as the value that a handler gets. */
export interface EncodedPayload {
  readonly text: string;
  readonly value: unknown;
}

/**
 * Encodes a payload as JSON, and validates the value that will be parsed from it.
 *
 * @returns The payload, or a promise of it if the validator is asynchronous.
 * @throws {PayloadValidationError} If JSON cannot represent the payload completely, or the
 * validator rejects the value.
 */
export function encodePayload(
  taskType: string,
  schema: StandardSchema | undefined,
  payload: unknown,
): EncodedPayload | Promise<EncodedPayload> {
  const text = stringify(taskType, payload);
  const read: unknown = JSON.parse(text);
  if (schema === undefined) return { text, value: read };
  return whenAnswered(askAboutRead(schema, read), (answer) => {
    if (answer.issues === undefined) return settle(schema, text, answer.value);
    const issues = explainIssues(schema, { given: payload, read }, answer.issues);
    return whenAnswered(issues, (issues) => {
      throw new PayloadValidationError(taskType, issues);
    });
  });
}

/**
 * Chooses the value to store. It is normally the validator's output, so that every attempt gets the
 * same value and a default, such as an id, is generated once. If JSON cannot represent the output,
 * or validating it again would change it, the dispatched payload is stored.
 */
function settle(
  schema: StandardSchema,
  text: string,
  value: unknown,
): EncodedPayload | Promise<EncodedPayload> {
  const asGiven = { text, value };
  const settled = textOf(value);
  if (settled === null || settled === text) return asGiven;
  const choose = (again: Validated): EncodedPayload =>
    again.issues === undefined && textOf(again.value) === settled
      ? { text: settled, value }
      : asGiven;
  try {
    const choosing = whenAnswered(askAboutRead(schema, JSON.parse(settled)), choose);
    return choosing instanceof Promise ? choosing.catch(() => asGiven) : choosing;
  } catch {
    return asGiven;
  }
}

/** Returns the JSON of a value; null if JSON does not represent it completely. */
function textOf(value: unknown): string | null {
  try {
    const text = JSON.stringify(value);
    return text !== undefined && findJsonLoss(value) === null ? text : null;
  } catch {
    return null;
  }
}

/**
 * Decodes a stored payload.
 *
 * @throws {PayloadValidationError} If the text is not JSON, or the validator rejects it.
 */
export function decodePayload(
  taskType: string,
  schema: StandardSchema | undefined,
  text: string,
): unknown | Promise<unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    const issues = [{ message: `the stored text is not JSON: ${messageOf(cause)}` }];
    throw new PayloadValidationError(taskType, issues, { cause });
  }
  if (schema === undefined) return parsed;
  return whenAnswered(askAboutRead(schema, parsed), (answer) => {
    if (answer.issues !== undefined) throw new PayloadValidationError(taskType, answer.issues);
    return answer.value;
  });
}

function stringify(taskType: string, payload: unknown): string {
  let text: string | undefined;
  let loss: SchemaIssue | null;
  try {
    text = JSON.stringify(payload === undefined ? null : payload);
    loss = findJsonLoss(payload);
  } catch (cause) {
    const message = `it cannot be written as JSON: ${messageOf(cause)}`;
    throw new PayloadValidationError(taskType, [findBigint(payload) ?? { message }], { cause });
  }
  if (text === undefined) {
    throw new PayloadValidationError(taskType, [{
      message: `a ${typeof payload} is not a JSON value`,
    }]);
  }
  if (loss !== null) throw new PayloadValidationError(taskType, [loss]);
  return text;
}
