// The order of waiting tasks, against a sorted list.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { WaitingTasks } from "../../../drivers/memory/waiting_tasks.ts";

class Row {
  waitsIn: WaitingTasks<Row> | null = null;
  heapIndex = -1;
  lineIndex = -1;
  readonly id: string;
  readonly dueAt: number;

  constructor(id: string, dueAt: number) {
    this.id = id;
    this.dueAt = dueAt;
  }
}

function sorted(rows: Iterable<Row>): Row[] {
  return [...rows].sort((a, b) => a.dueAt - b.dueAt || (a.id < b.id ? -1 : 1));
}

/** Adds tasks whose due instants ascend, except where a step is negative. */
function added(steps: readonly number[]): { waiting: WaitingTasks<Row>; rows: Row[] } {
  const waiting = new WaitingTasks<Row>(0, true);
  let dueAt = 0;
  const rows = steps.map((step, number) =>
    new Row(String((number * 7) % 1_000).padStart(3, "0"), dueAt += step)
  );
  for (const row of rows) waiting.add(row);
  return { waiting, rows };
}

Deno.test("tasks that were added in any order are taken in the order in which they run", () => {
  const steps = fc.array(fc.integer({ min: -2, max: 5 }), { maxLength: 50 });
  fc.assert(fc.property(steps, (steps) => {
    const { waiting, rows } = added(steps);
    assertEquals(sorted(waiting), sorted(rows));
    for (const [taken, row] of sorted(rows).entries()) {
      assertEquals([waiting.size, waiting.first], [rows.length - taken, row]);
      waiting.remove(row);
      assertEquals(row.waitsIn, null);
    }
    assertEquals([waiting.size, waiting.first], [0, undefined]);
  }));
});

Deno.test("tasks in the middle can be removed and added again", () => {
  const steps = fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 1, maxLength: 30 });
  const picks = fc.array(fc.nat(), { maxLength: 60 });
  fc.assert(fc.property(steps, picks, (steps, picks) => {
    const { waiting, rows } = added(steps);
    const present = new Set(rows);
    for (const pick of picks) {
      const row = rows[pick % rows.length]!;
      if (present.delete(row)) waiting.remove(row);
      else {
        waiting.add(row);
        present.add(row);
      }
      assertEquals([waiting.size, waiting.first], [present.size, sorted(present)[0]]);
    }
    assertEquals(sorted(waiting), sorted(present));
  }));
});

Deno.test("a long line forgets the places of removed tasks, wherever they were", () => {
  for (const keep of [0, 1, 7]) {
    const { waiting, rows } = added(Array.from({ length: 5_000 }, () => 1));
    const kept = rows.filter((_, number) => number % 500 === keep && number > 0);
    for (const row of rows) if (!kept.includes(row)) waiting.remove(row);
    assertEquals([...waiting], kept);
    assertEquals(kept.every(({ lineIndex }) => lineIndex < 1_000), true);
    for (const row of kept) {
      assertEquals(waiting.first, row);
      waiting.remove(row);
    }
    assertEquals(waiting.size, 0);
  }
});
