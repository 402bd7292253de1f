// Everything goes to the database and comes back as JSON text: one parameter per call, encoded
// natively, regardless of the types and transforms of a user's postgres.js instance. This file
// escapes the characters that PostgreSQL cannot store.
//
// U+0000 becomes U+001A and four hexadecimal digits, and so does U+001A itself, so that stored
// texts stay distinct. (U+001A is SUBSTITUTE: "used in the place of a character that is invalid or
// in error", ECMA-48 8.3.148.) Lone surrogates, which are not valid Unicode, become U+FFFD.

/** Escapes the characters that PostgreSQL cannot store. */
export function escapeText(text: string): string {
  // deno-lint-ignore no-control-regex -- the two characters are the point
  return text.toWellFormed().replace(/[\u0000\u001a]/g, (c) => `\u001a${hex4(c)}`);
}

/** The text that was escaped. */
export function unescapeText(text: string): string {
  // deno-lint-ignore no-control-regex -- the character is the point
  return text.replace(/\u001a(0000|001a)/gi, (_, code: string) => code === "0000" ? "\0" : "\x1a");
}

/** JSON for a parameter, texts escaped. */
export function toJson(value: unknown): string {
  const json = JSON.stringify(value);
  // Written as JSON escapes by JSON.stringify; also found behind a backslash, in JSON in JSON,
  // which only costs time.
  if (!/\\u(?:0000|001a|d[89a-f])/.test(json)) return json;
  return JSON.stringify(value, (_, item) => typeof item === "string" ? escapeText(item) : item);
}

/** What JSON from the database says, texts unescaped. */
export function fromJson(json: string): unknown {
  if (!json.includes("\\u001a")) return JSON.parse(json);
  return JSON.parse(json, (_, item) => typeof item === "string" ? unescapeText(item) : item);
}

function hex4(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, "0");
}
