// Cuts texts, and leaves no half of a character behind, which some databases refuse.

/**
 * Returns the first `length` UTF-16 code units of a text; one less if the last one would be half a
 * character.
 */
export function cutText(text: string, length: number): string {
  return text.length <= length ? text : text.slice(0, length).replace(/[\uD800-\uDBFF]$/, "");
}
