// Splits payloads into tokens, to show them indented and coloured. Works on the text, so no number
// and no character changes.

/** A part of a JSON text. */
export interface JsonToken {
  readonly kind: "name" | "string" | "number" | "word" | "punctuation" | "space";
  readonly text: string;
}

const pattern = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]|\s+|[^]/g;

/** Splits a JSON text into tokens, with new lines and indents between them. */
export function jsonTokens(text: string): JsonToken[] {
  const parts = text.match(pattern)?.filter((part) => part.trim() !== "") ?? [];
  const tokens: JsonToken[] = [];
  let depth = 0;
  const line = () => tokens.push({ kind: "space", text: `\n${"  ".repeat(depth)}` });
  parts.forEach((part, index) => {
    const next = parts[index + 1];
    const isEmpty = (part === "{" && next === "}") || (part === "[" && next === "]");
    if (part === "}" || part === "]") {
      depth = Math.max(0, depth - 1); // a damaged payload may close more brackets than it opens
      const before = parts[index - 1];
      if (before !== "{" && before !== "[") line();
    }
    tokens.push({ kind: kindOf(part, next), text: part });
    if (part === "{" || part === "[") {
      depth++;
      if (!isEmpty) line();
    } else if (part === ",") line();
    else if (part === ":") tokens.push({ kind: "space", text: " " });
  });
  return tokens;
}

function kindOf(part: string, next: string | undefined): JsonToken["kind"] {
  if (part.startsWith('"')) return next === ":" ? "name" : "string";
  if (/^[-\d]/.test(part)) return "number";
  return /^\w/.test(part) ? "word" : "punctuation";
}
