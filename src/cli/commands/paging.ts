// Reads lists page by page.

import type { Page, PageRequest } from "../../storage/queries.ts";
import type { Values } from "../frame/command.ts";
import { textOption } from "../frame/command.ts";
import { UsageError } from "../frame/usage_error.ts";

/** The options of a command that lists. */
export const pageOptions = {
  limit: { value: "N", help: "The greatest number of items, or `all` (default: 50)" },
  after: { value: "CURSOR", help: "Continue after a list that was cut" },
} as const;

/** The greatest number of items of a page. */
const pageSize = 500;

/** The point at which a list was cut. */
export interface ListEnd {
  /** The cursor with which to continue; null at the end of the list. */
  next: string | null;
}

/** The part of a list that the options ask for. */
export interface ListRange {
  readonly limit: number;
  readonly after: string | undefined;
}

/**
 * Returns the part of a list that the options ask for.
 *
 * @throws {UsageError} If the limit is wrong.
 */
export function rangeOf(values: Values): ListRange {
  const text = textOption(values, "limit") ?? "50";
  const limit = text === "all" ? Infinity : countOption("limit", text, "a number from 1, or `all`");
  return { limit, after: textOption(values, "after") };
}

/** Parses a positive integer. */
export function countOption(name: string, text: string, what = "a number from 1"): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count >= 1) return count;
  throw new UsageError(`--${name} must be ${what}.`);
}

/**
 * Yields the pages of a part of a list.
 *
 * @param end Its `next` is set to the cursor after each page; null after the last page.
 */
export async function* readPages<T>(
  { limit: most, after }: ListRange,
  read: (page: PageRequest) => Promise<Page<T>>,
  end: ListEnd,
): AsyncGenerator<readonly T[]> {
  let left = most;
  while (left > 0) {
    const limit = Math.min(left, pageSize);
    const page = await read({ limit, ...after !== undefined && { after } });
    yield page.items;
    left -= page.items.length;
    end.next = page.next;
    if (page.next === null) return;
    after = page.next;
  }
}

/** The note for a list that was cut; null if it was not. */
export function cutNote({ next }: ListEnd): string | null {
  return next === null ? null : `There are more: add --limit all, or --after ${next}`;
}
