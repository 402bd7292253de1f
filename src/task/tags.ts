// The tags of a task.

import { checkNames } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";

const most = 20;
const longest = 100;

/** The tags of a task that has none. */
export const noTags: readonly string[] = [];

/**
 * Checks tags, and returns them in order without duplicates. Lone surrogates, which no store keeps,
 * become U+FFFD.
 *
 * @throws {InvalidArgumentError} If they are not an array of at most 20 strings of 1 to 100
 * characters.
 */
export function parseTags(tags: readonly string[], argument: string): readonly string[] {
  checkNames(tags, null, argument);
  for (const [index, tag] of tags.entries()) {
    if (tag !== "" && tag.length <= longest) continue;
    const value = tag === "" ? tag : `a string of ${tag.length} characters`;
    throw new InvalidArgumentError(
      `${argument}[${index}]`,
      value,
      `be a string of 1 to ${longest} characters`,
    );
  }
  const distinct = new Set(tags.map((tag) => tag.toWellFormed()));
  if (distinct.size <= most) return [...distinct];
  throw new InvalidArgumentError(argument, `a list of ${distinct.size}`, `be at most ${most} tags`);
}
