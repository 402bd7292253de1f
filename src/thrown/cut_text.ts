// Cuts texts, and leaves no half of a character behind, which some databases refuse.

/** The first `length` UTF-16 code units of a text; one less where that would halve a character. */
export function cutText(text: string, length: number): string {
  return text.length <= length ? text : text.slice(0, length).replace(/[\uD800-\uDBFF]$/, "");
}
