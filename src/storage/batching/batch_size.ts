// The limits of one write: the number of its items, and the length of the strings in them.

/**
 * The maximum length of the strings in one write, in characters. A statement of a few megabytes
 * finishes within a driver's timeout even on a slow connection, and is far below the limits of
 * runtimes and databases.
 */
export const mostCharacters = 4_000_000;

/**
 * Returns the end of the batch that begins at `from`. The batch holds at most `maxItems` items and
 * at most {@linkcode mostCharacters}, but always at least one item, even if this item is longer.
 *
 * @param sizeOf Returns the length of an item's strings, in characters.
 * @returns The index after the batch's last item.
 */
export function batchEnd<Item>(
  items: readonly Item[],
  from: number,
  maxItems: number,
  sizeOf: (item: Item) => number,
): number {
  const most = Math.min(items.length, from + maxItems);
  let end = from;
  let size = 0;
  while (end < most && (size += sizeOf(items[end]!)) <= mostCharacters) end++;
  return Math.max(end, Math.min(from + 1, most));
}
