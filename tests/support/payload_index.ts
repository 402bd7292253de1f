// The index of a value in payloads that the guide on operating creates, and searches by it.

import { assertEquals } from "@std/assert";
import type { PayloadFilter, TaskFilter } from "../../src/storage/queries.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { newTask } from "./new_task.ts";

/** Returns the guide's statement for a database. */
export async function documentedIndex(database: "PostgreSQL" | "SQLite"): Promise<string> {
  const guide = await Deno.readTextFile(new URL("../../src/operate/README.md", import.meta.url));
  const [, statement] = new RegExp(`-- ${database}\n(CREATE INDEX[^;]+;)`).exec(guide)!;
  return statement!;
}

/** Values of `customer.id`, most of them in few tasks. */
const values: readonly unknown[] = [
  ...[42, 42.5, -1e21, 0, "42", "", "ada", "a\"b\\c'", "\\u0000", "\ud83d\ude00", true, false],
  ...[null, "x".repeat(1000), "y".repeat(5000), ["42"], { id: 42 }, undefined],
];

/** Texts beside the value, which databases may reject. */
const besides = ["", "\0", "\ud800", "\u001a", "42"];

/** Stores tasks of each value, then many others. Returns the number of all. */
export async function storePayloads(storage: Storage): Promise<number> {
  const customers = values.flatMap((id) => besides.map((beside) => ({ beside, customer: { id } })));
  const payloads = [...customers, { id: 42 }, { customer: 42 }, [], "42", null, {
    "customer.id": 42,
  }];
  const many = Array.from({ length: 5_500 }, () => ({ customer: { id: "many" } }));
  const tasks = [...payloads, ...many].map((payload) =>
    newTask({ payload: JSON.stringify(payload), auditLevel: "None" })
  );
  await storage.persist(tasks);
  return tasks.length;
}

/** The filters by which tasks are searched, and whether an index finds these tasks. */
export const payloadFilters: readonly TaskFilter[] = values.flatMap((equals) => {
  const isValue = equals === null || ["string", "number", "boolean"].includes(typeof equals);
  if (!isValue || String(equals).length > 1000) return [];
  return [{ payload: { path: "customer.id", equals: equals as PayloadFilter["equals"] } }];
});

/** Finds all matching tasks, page by page. */
export async function allIds(
  storage: Storage,
  filter: TaskFilter,
  order: "newest" | "oldest",
): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | null = null;;) {
    const page = await storage.list(filter, { order, ...after !== null && { after } });
    ids.push(...page.items.map(({ id }) => id));
    if (page.next === null) return ids;
    after = page.next;
  }
}

/** Fails unless each search finds the same tasks before and after `index` is created. */
export async function checkSameTasks(
  storage: Storage,
  createIndex: () => unknown,
): Promise<void> {
  const found = async () => {
    const all: Record<string, string[]> = {};
    for (const filter of payloadFilters) {
      for (const order of ["newest", "oldest"] as const) {
        all[`${JSON.stringify(filter)} ${order}`] = await allIds(storage, filter, order);
      }
    }
    return all;
  };
  const before = await found();
  await createIndex();
  assertEquals(await found(), before);
}
