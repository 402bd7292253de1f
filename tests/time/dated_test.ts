import { assertEquals } from "@std/assert";
import { dated } from "../../src/time/dated.ts";

Deno.test("dated() converts a record's instants to dates, also in arrays and nested objects", () => {
  const found = dated({
    items: [{ createdAt: 1, dueAt: null, attempt: 2, series: { runUntil: 3, runCount: 4 } }],
    now: 5,
    next: "text",
  });
  assertEquals(found, {
    items: [{
      createdAt: new Date(1),
      dueAt: null,
      attempt: 2,
      series: { runUntil: new Date(3), runCount: 4 },
    }],
    now: new Date(5),
    next: "text",
  });
});
