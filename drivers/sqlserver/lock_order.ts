// The order of a batch. Two batches that lock the same tasks in different orders end in a deadlock;
// in one order, the second waits for the first. No hint makes a server read the rows of a batch in
// a certain order, so they are sent in one order that all of its plans give: SQL Server's order of
// ids, in which it reads a table that is keyed by them, and at the same time the order of the
// ordinals, by which it may read as well, and in which Babelfish keeps the rows.

/** Items in the order in which their tasks are locked. */
export function byLock<Item>(items: readonly Item[], idOf: (item: Item) => string): Item[] {
  const entries = items.map((item) => ({ item, key: lockKey(idOf(item)) }));
  entries.sort((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
  return entries.map(({ item }) => item);
}

/**
 * Sends a batch in the order in which its tasks are locked, and brings the answers back in the
 * order of the items.
 *
 * @param idOf The id of the item's task.
 * @param send Gives an answer an item, in order.
 */
export async function inLockOrder<Item, Answer>(
  items: readonly Item[],
  idOf: (item: Item) => string,
  send: (sorted: readonly Item[]) => Promise<readonly Answer[]>,
): Promise<Answer[]> {
  if (items.length === 0) return [];
  const sorted = byLock(items.map((item, index) => ({ item, index })), ({ item }) => idOf(item));
  const answers = await send(sorted.map(({ item }) => item));
  const inOrder: Answer[] = new Array(items.length);
  for (const [place, { index }] of sorted.entries()) inOrder[index] = answers[place]!;
  return inOrder;
}

/**
 * An id as a text that sorts as `uniqueidentifier` does: by its groups from behind. (In the first
 * three, SQL Server compares the lowest byte first, which matters to ids only that agree in their
 * last eight bytes.)
 *
 * Source:
 * https://learn.microsoft.com/dotnet/framework/data/adonet/sql/comparing-guid-and-uniqueidentifier-values
 */
function lockKey(id: string): string {
  return id.toLowerCase().split("-").reverse().join("");
}
