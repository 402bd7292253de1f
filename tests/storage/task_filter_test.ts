// Tests filters for tasks: invalid filters, and filters whose searches a store must bound.

import { assertEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "../../mod.ts";
import type { TaskFilter } from "../../src/storage/queries.ts";
import { parseTaskFilter, readsInVain } from "../../src/storage/task_filter.ts";

const id = "01a204c3-9e85-76f3-a637-c068a230efde";

const wrong: [filter: unknown, argument: string][] = [
  [{ ids: "x" }, "filter.ids"],
  [{ ids: [5] }, "filter.ids[0]"],
  [{ ids: Array.from({ length: 1001 }, () => id) }, "filter.ids"],
  [{ statuses: ["Late"] }, "filter.statuses[0]"],
  [{ recurring: "yes" }, "filter.recurring"],
  [{ taskKey: "" }, "filter.taskKey"],
  [{ taskKeyPrefix: 5 }, "filter.taskKeyPrefix"],
  [{ exceptionContains: "" }, "filter.exceptionContains"],
  [{ exceptionContains: "x".repeat(1001) }, "filter.exceptionContains"],
  ...["createdFrom", "createdBefore", "dueFrom", "dueBefore", "executedFrom", "executedBefore"]
    .flatMap((name) =>
      [1.5, NaN, "5", new Date(0)].map((value): [unknown, string] => [
        { [name]: value },
        `filter.${name}`,
      ])
    ),
  [{ status: ["Failed"] }, "filter.status"],
  [null, "filter"],
];

Deno.test("an invalid filter is rejected with the name of its member", () => {
  for (const [filter, argument] of wrong) {
    const error = assertThrows(() => parseTaskFilter(filter as TaskFilter), InvalidArgumentError);
    assertEquals(error.message.includes(argument), true, `${argument}: ${error.message}`);
  }
});

Deno.test("ids may be in upper case, and ids that no task can have are removed", () => {
  const { ids } = parseTaskFilter({ ids: [id.toUpperCase(), "nobody", ""] });
  assertEquals(ids, [id]);
  const filter = { types: ["a"] };
  assertEquals(parseTaskFilter(filter), filter);
});

Deno.test("a search is bounded if it may read tasks that do not match its filter", () => {
  const bounded: TaskFilter[] = [
    { statuses: ["Failed"] },
    { recurring: false },
    { recurring: true, types: ["a"] },
    { createdFrom: 0 },
    { exceptionContains: "a" },
    { taskKeyPrefix: "a" },
    { tags: ["a"], types: ["a"] },
    { tags: ["a", "b"] },
    { tags: ["a"], recurring: true },
  ];
  const free: TaskFilter[] = [
    {},
    { recurring: true },
    { ids: [id] },
    { taskKey: "a" },
    { tags: ["a"] },
    { tags: ["a"], ids: [id] },
    { taskKey: "a", statuses: ["Failed"] },
  ];
  assertEquals(bounded.map(readsInVain), bounded.map(() => true));
  assertEquals(free.map(readsInVain), free.map(() => false));
});
