// Cuts texts without leaving a lone surrogate, which some databases reject.

/**
 * Returns the first `length` UTF-16 code units of a text; one code unit less if the last one would
 * be a lone surrogate.
 */
export function cutText(text: string, length: number): string {
  return text.length <= length ? text : text.slice(0, length).replace(/[\uD800-\uDBFF]$/, "");
}
