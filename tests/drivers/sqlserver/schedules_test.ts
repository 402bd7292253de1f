// The column RecurringTask: a schedule of this library, a schedule of EverTask for .NET (upstream),
// or an unreadable text.

import { assert, assertEquals } from "@std/assert";
import { readSchedule } from "../../../drivers/sqlserver/schedules.ts";

const createdAt = Date.parse("2025-01-31T10:20:30.500Z");

Deno.test("a schedule of this library stays unchanged, from any version", () => {
  for (
    const schedule of [
      '{"kind":"interval","every":5,"unit":"minutes"}',
      '{"every":5}',
      "{}",
      '{ "kind": "later" }',
    ]
  ) assertEquals(readSchedule(schedule, createdAt), { schedule });
});

Deno.test("upstream's schedule is converted, with separate limits", () => {
  const stored = JSON.stringify({ RunNow: false, HourInterval: { Interval: 1 }, MaxRuns: 7 });
  assertEquals(readSchedule(stored, createdAt), {
    schedule: '{"kind":"interval","every":1,"unit":"hours"}',
    maxRuns: 7,
  });
});

Deno.test("a text that is not a schedule is unreadable, with the reason", () => {
  for (const stored of [null, "", "null", "[]", "5", '{"RunNow":false,"Cron', "every hour"]) {
    const { schedule, unreadable } = readSchedule(stored, createdAt);
    assertEquals(schedule, stored ?? "");
    assert(unreadable !== undefined, String(stored));
  }
});

Deno.test("upstream's schedule without an equivalent is unreadable, with the reason and the remedy", () => {
  const stored = JSON.stringify({ HourInterval: { Interval: 0 }, RunUntil: null });
  const { schedule, unreadable } = readSchedule(stored, createdAt);
  assertEquals(schedule, stored);
  assert(unreadable!.includes("Interval is 0"));
  assert(unreadable!.includes("dispatch the series again"));
});
