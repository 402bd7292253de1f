// Splits texts of users at characters without a shape: control characters, marks of direction,
// spaces of no width. A page shows these by their code, so that names that differ look different.

/** A part of a text. */
export interface TextPart {
  readonly text: string;
  /** The code of a single character without a shape, such as `U+0000`; null for other text. */
  readonly code: string | null;
}

/** Joiners and variation selectors only change the character before them. */
const shapeless =
  /[[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\t\n\u200c\u200d\ufe00-\ufe0f]]/gv;

/** Also the first and the last space, which a browser does not show. */
const shapelessInName = new RegExp(`${shapeless.source}|^\\s|\\s$`, "gv");

/** Splits a text. */
export function textParts(text: string, kind: "text" | "name"): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const { index, 0: char } of text.matchAll(kind === "name" ? shapelessInName : shapeless)) {
    if (index > end) parts.push({ text: text.slice(end, index), code: null });
    parts.push({ text: char, code: codeOf(char) });
    end = index + char.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), code: null });
  return parts;
}

function codeOf(char: string): string {
  return `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
}
