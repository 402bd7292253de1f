// Payloads on their way into storage and out of it. What the handler gets is always what the
// validator makes of the stored JSON text, so a payload means the same whether the task runs at
// once in this process or next week in another.

import { messageOf } from "../thrown/describe_error.ts";
import { explainIssues } from "./changed_by_json.ts";
import { findBigint, findJsonLoss } from "./json_losses.ts";
import { PayloadValidationError } from "./payload_validation_error.ts";
import type { SchemaIssue, StandardSchema } from "./standard_schema.ts";
import { askAboutRead, type Validated, whenAnswered } from "./validation.ts";

/** A payload as its stored text, and as the value that a handler gets. */
export interface EncodedPayload {
  readonly text: string;
  readonly value: unknown;
}

/**
 * Writes a payload as JSON text and validates what will be read from it.
 *
 * @returns The payload, or a promise of it when the validator is asynchronous.
 * @throws {PayloadValidationError} If JSON cannot hold it in full, or the validator refuses it.
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
 * Chooses the value to store. This is the validator's output, so that every attempt gets the same
 * value: a generated default, such as an id, is generated once. If JSON cannot hold the output, or
 * validating it again would change it, the dispatched payload is stored.
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

/** The JSON text of a value; null if JSON does not hold it in full. */
function textOf(value: unknown): string | null {
  try {
    const text = JSON.stringify(value);
    return text !== undefined && findJsonLoss(value) === null ? text : null;
  } catch {
    return null;
  }
}

/**
 * Reads a stored payload.
 *
 * @throws {PayloadValidationError} If the text is not JSON, or the validator refuses it.
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
    const issues = [{ message: `the stored text is no JSON: ${messageOf(cause)}` }];
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
      message: `a ${typeof payload} is no JSON value`,
    }]);
  }
  if (loss !== null) throw new PayloadValidationError(taskType, [loss]);
  return text;
}
