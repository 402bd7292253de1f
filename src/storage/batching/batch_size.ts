// How much goes into one write: as many items as a database takes well, and no more text than one
// statement carries in time.

/**
 * The most text in one write, in characters. A statement of a few megabytes is answered within a
 * driver's limit of time on a slow line, too, and is far from the longest text of a runtime and of
 * a database.
 */
export const mostCharacters = 4_000_000;

/**
 * Where a batch ends that begins at `from`: it holds at most `maxItems`, and at most {@linkcode
 * mostCharacters}, but at least one item, however long that is.
 *
 * @param sizeOf How much text an item holds, in characters.
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
