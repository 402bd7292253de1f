// JSON for receivers that are strict. JSON.stringify writes half a character, as of a text that was
// cut within an emoji, as an escape such as \ud83d: System.Text.Json and serde_json then refuse the
// whole document.

/**
 * Writes a value as JSON, with U+FFFD for each half of a character.
 *
 * @returns undefined for values that JSON cannot hold, like `JSON.stringify`.
 */
export function jsonText(value: object): string;
export function jsonText(value: unknown): string | undefined;
export function jsonText(value: unknown): string | undefined {
  return JSON.stringify(
    value,
    (_, part: unknown) => typeof part === "string" ? part.toWellFormed() : part,
  );
}
