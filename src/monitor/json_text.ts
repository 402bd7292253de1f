// JSON for strict receivers. A text that was cut within an emoji contains a lone surrogate.
// JSON.stringify writes it as an escape such as \ud83d. System.Text.Json and serde_json reject a
// document with such an escape.

/**
 * Encodes a value as JSON, with U+FFFD for each lone surrogate.
 *
 * @returns The text. As with `JSON.stringify`, undefined for values that JSON cannot represent.
 */
export function jsonText(value: object): string;
export function jsonText(value: unknown): string | undefined;
export function jsonText(value: unknown): string | undefined {
  return JSON.stringify(
    value,
    (_, part: unknown) => typeof part === "string" ? part.toWellFormed() : part,
  );
}
