// Fits texts into columns of a terminal, in which East Asian characters are twice as wide.

import stringWidth from "string-width";

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Returns the number of a terminal's columns that a text takes. */
export function widthOf(text: string): number {
  return /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text);
}

/** Returns the longest start of a text that fits into a width. */
function startOf(text: string, width: number): string {
  let start = "";
  let left = width;
  for (const { segment } of graphemes.segment(text)) {
    left -= widthOf(segment);
    if (left < 0) break;
    start += segment;
  }
  return start;
}

/** Cuts a text to a width. The last column of a cut text has `…`. */
export function cutToWidth(text: string, width: number): string {
  return widthOf(text) <= width ? text : `${startOf(text, width - 1)}…`;
}

/** Adds spaces to a text up to a width. */
export function padToWidth(text: string, width: number, isRight = false): string {
  const spaces = " ".repeat(Math.max(0, width - widthOf(text)));
  return isRight ? spaces + text : text + spaces;
}

/** Divides a text into lines of at most a width, at spaces where there are any. */
export function wrapToWidth(text: string, width: number): string[] {
  const lines: string[] = [];
  const [indent] = text.match(/^ */)!;
  let line = indent.length < width / 2 ? indent : "";
  for (let word of text.slice(indent.length).split(" ")) {
    const joined = /^ *$/.test(line) ? line + word : `${line} ${word}`;
    if (widthOf(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== "") lines.push(line);
    while (widthOf(word) > width) {
      const part = startOf(word, width);
      if (part === "") break; // a character that is wider than the width
      lines.push(part);
      word = word.slice(part.length);
    }
    line = word;
  }
  return [...lines, line];
}
