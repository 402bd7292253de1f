// Makes texts of tasks safe to show: a control character could move the cursor of the terminal, or
// change what it shows.

/**
 * Control characters, line separators, and characters that change the direction of text. A
 * surrogate without its partner is not text.
 */
const unsafe = /[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/gu;

const names: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Returns a text as one line, with its control characters as escapes. */
export function oneLine(text: string): string {
  return text.replaceAll(unsafe, (char) => {
    return names[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** Returns the lines of a text, each as {@linkcode oneLine} does; tabs become spaces. */
export function safeLines(text: string): string[] {
  return text.split(/\r?\n/).map((line) => oneLine(line.replaceAll("\t", "    ")));
}
