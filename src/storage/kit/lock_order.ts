// The order in which a batch locks its tasks. Two batches that lock the same tasks in different
// orders can deadlock. If both use the same order, the second batch waits for the first.

import { checkCallback, checkList } from "../../guards/argument_checks.ts";
import { InvalidArgumentError } from "../../guards/errors.ts";

/**
 * Returns the items in the order in which their tasks are locked.
 *
 * @param keyOf Returns the string by which an item is sorted: its task's id, or another string that
 * sorts as the database sorts ids. Called once for each item.
 * @throws {InvalidArgumentError} If an argument has the wrong type.
 */
export function byLock<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[] {
  checkList(items, "items");
  checkCallback(keyOf, "keyOf");
  const entries = items.map((item) => ({ item, key: keyOf(item) }));
  entries.sort((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
  return entries.map(({ item }) => item);
}

/**
 * Sends a batch in the order in which its tasks are locked, and returns the answers in the order of
 * the items. An empty batch is not sent.
 *
 * @param keyOf As for {@linkcode byLock}.
 * @param send Returns an answer for each item, in the order of the items that it is given.
 * @throws {InvalidArgumentError} If an argument has the wrong type, or `send` does not return one
 * answer for each item.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inLockOrder } from "@evertask/evertask/storage";
 *
 * const answers = await inLockOrder(["b", "a"], (id) => id, (ids) => {
 *   assertEquals(ids, ["a", "b"]);
 *   return Promise.resolve(ids.map((id) => id.toUpperCase()));
 * });
 * assertEquals(answers, ["B", "A"]);
 * ```
 */
export async function inLockOrder<Item, Answer>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  send: (sorted: readonly Item[]) => Promise<readonly Answer[]>,
): Promise<Answer[]> {
  checkList(items, "items");
  checkCallback(keyOf, "keyOf");
  checkCallback(send, "send");
  if (items.length === 0) return [];
  const sorted = byLock(items.map((item, index) => ({ item, index })), ({ item }) => keyOf(item));
  const answers = await send(sorted.map(({ item }) => item));
  if (!Array.isArray(answers) || answers.length !== items.length) {
    throw new InvalidArgumentError(
      "send",
      answers,
      "answer with a list that has an answer for each item",
    );
  }
  const inOrder: Answer[] = new Array(items.length);
  for (const [place, { index }] of sorted.entries()) inOrder[index] = answers[place]!;
  return inOrder;
}
