// Tests the sizes and the growth of tables.

import { assertEquals } from "@std/assert";
import { createEverTask, defineTask } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { tableGrowth } from "../../src/operate/table_growth.ts";

const day = 86_400_000;

Deno.test("growth is the average since the oldest row, or unknown", () => {
  const size = { table: "QueuedTasks", isEstimate: false, bytes: 1 } as const;
  const cases: [rows: number | null, oldestAt: number | null, rowsPerDay: number | null][] = [
    [30, 0, 3],
    [30, 9.5 * day, null],
    [30, null, null],
    [null, 0, null],
    [0, null, null],
  ];
  for (const [rows, oldestAt, rowsPerDay] of cases) {
    const growth = tableGrowth({ ...size, rows, oldestAt }, 10 * day);
    assertEquals(growth.rowsPerDay, rowsPerDay, `${rows} rows since ${oldestAt}`);
    assertEquals(growth.oldestAt, oldestAt === null ? null : new Date(oldestAt));
  }
});

Deno.test("an operator sees the rows of each table", async () => {
  const task = defineTask<null>({ type: "report", handle() {} });
  await using everTask = createEverTask({ storage: memoryStorage(), tasks: [task] });
  await everTask.dispatch(task, null, { delay: { hours: 1 }, tags: ["a", "b"] });
  const sizes = await everTask.operate.sizes();
  assertEquals(sizes.slice(0, 2).map(({ table, rows }) => [table, rows]), [
    ["QueuedTasks", 1],
    ["TaskTags", 2],
  ]);
});
