// Payloads that a user edits as JSON text.

import { jsonTokens } from "../json_tokens.ts";
import { actionTexts } from "../texts.ts";
import { InvalidField } from "./change_problem.tsx";

/** Returns a JSON text with indents; a text that is not JSON unchanged. */
export function indented(text: string): string {
  return jsonTokens(text).map(({ text }) => text).join("");
}

/**
 * Parses the payload in the field `payload`.
 *
 * @throws {InvalidField} If it is not JSON, or contains a number that JavaScript would change.
 */
export function parsePayload(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidField("payload", actionTexts.noJson((error as Error).message));
  }
  for (const { kind, text: number } of jsonTokens(text)) {
    if (kind === "number" && !isExact(number)) {
      throw new InvalidField("payload", actionTexts.inexact(number, String(Number(number))));
    }
  }
  return value;
}

/** Reports whether JavaScript keeps a number: an integer exactly, others up to rounding. */
function isExact(text: string): boolean {
  const number = Number(text);
  if (!Number.isFinite(number)) return false;
  return !/^-?\d+$/.test(text) || BigInt(text) === BigInt(number);
}
