// Tests what parseRecurrence accepts, normalizes and rejects.

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { toRecurrence } from "../../src/schedule/builder.ts";
import { InvalidScheduleError } from "../../src/schedule/errors.ts";
import { parseRecurrence } from "../../src/schedule/recurrence.ts";

Deno.test("data is normalized: sorted, without duplicates and without defaults", () => {
  assertEquals(
    parseRecurrence({
      kind: "calendar",
      every: 1,
      unit: "weeks",
      times: ["14:00", "09:00:00", "14:00:00"],
      weekdays: ["Sunday", "Monday", "Sunday"],
      start: { mode: "schedule" },
      timeZone: "UTC",
      misfire: "skip",
      maxRuns: undefined,
    }),
    {
      kind: "calendar",
      every: 1,
      unit: "weeks",
      times: ["09:00", "14:00"],
      weekdays: ["Monday", "Sunday"],
    },
  );
  assertEquals(
    parseRecurrence({ kind: "cron", expression: "@daily", dayMatch: "either" }),
    { kind: "cron", expression: "@daily" },
  );
});

Deno.test("everything that is not a default survives JSON", () => {
  const recurrence = {
    kind: "calendar",
    every: 1,
    unit: "months",
    monthWeekday: { nth: "last", weekday: "Friday" },
    months: [3, 6],
    times: ["09:00:30"],
    start: { mode: "runDelayed", delayMs: 5_000 },
    timeZone: "Europe/Rome",
    misfire: { all: 3 },
    runUntil: 1_800_000_000_000,
    maxRuns: 12,
    anchor: 1_700_000_000_123,
  };
  assertEquals<unknown>(parseRecurrence(JSON.parse(JSON.stringify(recurrence))), recurrence);
});

Deno.test("the same schedule has the same JSON text, however it was written", () => {
  const built = toRecurrence((r) =>
    r.runNow().andThen().everyWeek().onDays("Friday", "Monday").atTimes("14:00", "09:00")
      .maxRuns(3).onMisfire({ all: 2 }).inTimeZone("Europe/Rome")
  );
  const written = parseRecurrence({
    timeZone: "Europe/Rome",
    misfire: { all: 2 },
    weekdays: ["Monday", "Friday"],
    times: ["09:00:00", "14:00"],
    start: { mode: "runNow" },
    maxRuns: 3,
    unit: "weeks",
    every: 1,
    kind: "calendar",
  });
  assertEquals(JSON.stringify(written), JSON.stringify(built));
});

const refusals: [data: unknown, message: string][] = [
  [null, "recurrence is null"],
  ["every day", 'recurrence is "every day"'],
  [[], "recurrence is []"],
  [{}, "kind is undefined"],
  [{ kind: "daily" }, 'kind is "daily"'],
  [{ kind: "interval", every: 5 }, "unit is undefined"],
  [{ kind: "interval", every: "5", unit: "minutes" }, 'every is "5"'],
  [{ kind: "interval", every: 5, unit: "days" }, 'unit is "days"'],
  [{ kind: "interval", every: 5, unit: "seconds", second: 3 }, "second is 3"],
  [{ kind: "interval", every: 5, unit: "minutes", minute: 3 }, "minute is 3"],
  [{ kind: "interval", every: 5, unit: "minutes", timezone: "UTC" }, 'timezone is "UTC"'],
  [{ kind: "calendar", every: 1, unit: "days", times: [] }, "times is []"],
  [{ kind: "calendar", every: 1, unit: "days", times: "09:00" }, 'times is "09:00"'],
  [{ kind: "calendar", every: 1, unit: "days", weekdays: ["Monday"] }, 'weekdays is ["Monday"]'],
  [{ kind: "calendar", every: 1, unit: "weeks", monthDays: [1] }, "monthDays is [1]"],
  [
    { kind: "calendar", every: 1, unit: "months", monthDays: [1], workday: "last" },
    'workday is "last"',
  ],
  [{ kind: "calendar", every: 2, unit: "months", months: [1] }, "every is 2"],
  [
    {
      kind: "calendar",
      every: 1,
      unit: "months",
      monthWeekday: { nth: 1, weekday: "Monday", of: 1 },
    },
    "of is 1",
  ],
  [{ kind: "cron", expression: 5 }, "expression is 5"],
  [{ kind: "cron", expression: "@daily", dayMatch: "all" }, 'dayMatch is "all"'],
  [{ kind: "cron", expression: "@daily", start: "runNow" }, 'start is "runNow"'],
  [{ kind: "cron", expression: "@daily", start: { mode: "later" } }, 'mode is "later"'],
  [{ kind: "cron", expression: "@daily", start: { mode: "runAt" } }, "at is undefined"],
  [{ kind: "cron", expression: "@daily", misfire: { all: 1.5 } }, "all is 1.5"],
  [{ kind: "cron", expression: "@daily", maxRuns: -1 }, "maxRuns is -1"],
  [{ kind: "cron", expression: "@daily", runUntil: "2026-01-01" }, 'runUntil is "2026-01-01"'],
  [{ kind: "cron", expression: "@daily", timeZone: 1 }, "timeZone is 1"],
];

for (const [data, message] of refusals) {
  Deno.test(`invalid data is rejected, and the error names the property: ${message}`, () => {
    const error = assertThrows(() => parseRecurrence(data), InvalidScheduleError);
    assertStringIncludes(error.message, message);
  });
}
