// Encodes the arguments of database functions as JSON, and decodes their results, so that the types
// and transforms of a user's postgres.js instance have no effect. Escapes the characters that
// PostgreSQL cannot store.
//
// U+0000 and U+001A each become U+001A followed by four hexadecimal digits, so that stored strings
// stay distinct. (U+001A is SUBSTITUTE: "used in the place of a character that is invalid or in
// error", ECMA-48 8.3.148.) Lone surrogates, which are not valid Unicode, become U+FFFD.

/** Escapes the characters that PostgreSQL cannot store. */
export function escapeText(text: string): string {
  // deno-lint-ignore no-control-regex -- the two characters are intended
  return text.toWellFormed().replace(/[\u0000\u001a]/g, (c) => `\u001a${hex4(c)}`);
}

/** Reverses {@linkcode escapeText}. */
export function unescapeText(text: string): string {
  // deno-lint-ignore no-control-regex -- the character is intended
  return text.replace(/\u001a(0000|001a)/gi, (_, code: string) => code === "0000" ? "\0" : "\x1a");
}

/** Encodes a value as JSON, with escaped strings. */
export function toJson(value: unknown): string {
  const json = JSON.stringify(value);
  // JSON.stringify writes these characters as escapes. In JSON within JSON, the pattern also
  // matches an escaped backslash before such an escape. The result is then the same, but takes
  // longer.
  if (!/\\u(?:0000|001a|d[89a-f])/.test(json)) return json;
  return JSON.stringify(value, (_, item) => typeof item === "string" ? escapeText(item) : item);
}

/** Encodes a `text[]` as a literal, with escaped elements. */
export function toTextArray(texts: readonly (string | null)[]): string {
  // Tasks of a batch often share a text: it is encoded once.
  let last: string | null = null;
  let encoded = "NULL";
  const elements = texts.map((text) => {
    if (text === last) return encoded;
    last = text;
    return encoded = text === null ? "NULL" : `"${escapeText(text).replace(/["\\]/g, "\\$&")}"`;
  });
  return `{${elements.join()}}`;
}

/** Parses JSON from the database, and unescapes its strings. */
export function fromJson(json: string): unknown {
  if (!json.includes("\\u001a")) return JSON.parse(json);
  return JSON.parse(json, (_, item) => typeof item === "string" ? unescapeText(item) : item);
}

function hex4(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, "0");
}
