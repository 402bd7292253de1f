// Checks of searches and counts.

import type { CountRequest, TaskFilter } from "../../storage/queries.ts";
import { byPlace } from "../../storage/due_paging.ts";
import { expectSame, expectThat } from "./expect.ts";
import { allPages, type Scene } from "./scene.ts";

/**
 * Checks that a search returns exactly the matching tasks in each order and with each page size,
 * and that a count agrees.
 */
export async function expectFound(
  s: Scene,
  filter: TaskFilter,
  newestFirst: string[],
  what: string,
): Promise<void> {
  for (const limit of [1, 2, 1000]) {
    const newest = await allPages((page) => s.storage.list(filter, page), limit);
    expectSame(newest.items.map(({ id }) => id), newestFirst, `${what}, pages of ${limit}`);
    const order = "oldest";
    const oldest = await allPages((page) => s.storage.list(filter, { ...page, order }), limit);
    const oldestFirst = [...newestFirst].reverse();
    expectSame(oldest.items.map(({ id }) => id), oldestFirst, `${what}, oldest first`);
  }
  const waiting = await byDueInstant(s, newestFirst);
  for (const limit of [1, 3, 1000]) {
    const due = await allPages((page) => s.storage.list(filter, { ...page, order: "due" }), limit);
    expectSame(due.items.map(({ id }) => id), waiting, `${what}, due first, pages of ${limit}`);
  }
  expectSame(await countAll(s, filter, 10_000), newestFirst.length, `${what}, counted`);
  expectSame(await countAll(s, filter, 1), newestFirst.length, `${what}, counted one by one`);
}

/** Returns the ids of the tasks that have a due instant, by this instant and then by id. */
async function byDueInstant(s: Scene, ids: readonly string[]): Promise<string[]> {
  const tasks = await Promise.all(ids.map((id) => s.row(id)));
  return tasks.flatMap(({ id, dueAt }) => dueAt === null ? [] : [{ id, dueAt }]).sort(byPlace)
    .map(({ id }) => id);
}

/** Counts all matching tasks, at most `cap` per call. */
export async function countAll(s: Scene, filter: TaskFilter, cap: number): Promise<number> {
  let total = 0;
  let after: string | null = null;
  for (let calls = 0; calls < 1000; calls++) {
    const request: CountRequest = after === null ? { cap } : { cap, after };
    const { count, next } = await s.storage.count(filter, request);
    expectThat(count <= cap, `a count stops at ${cap}`);
    total += count;
    if (next === null) return total;
    after = next;
  }
  throw new Error("The counts do not end.");
}
