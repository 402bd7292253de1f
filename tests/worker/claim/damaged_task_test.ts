// Tests which claimed rows are valid, with a table.

import { assertEquals, assertStringIncludes } from "@std/assert";
import type { ClaimedTask, SeriesRecord } from "../../../src/storage/records.ts";
import { earliestInstant, latestInstant } from "../../../src/time/instant.ts";
import { damageOf } from "../../../src/worker/claim/damaged_task.ts";
import { claimedTask } from "../../support/claimed_task.ts";

const series: SeriesRecord = {
  schedule: "{}",
  info: "every hour",
  anchorAt: 0,
  maxRuns: null,
  runUntil: null,
  nextRunAt: null,
  runCount: 0,
};
const lastCount = 2 ** 31 - 1;

const damaged: [what: string, task: Partial<ClaimedTask>][] = [
  ...["createdAt", "dueAt", "rateSlotAt"].flatMap((name): [string, Partial<ClaimedTask>][] =>
    [NaN, earliestInstant - 1, latestInstant + 1].map((value) => [name, { [name]: value }])
  ),
  ...["attempt", "leaseToken", "lostCount"].flatMap((name): [string, Partial<ClaimedTask>][] =>
    [NaN, 0.5, lastCount, -lastCount].map((value) => [name, { [name]: value }])
  ),
  ...["anchorAt", "runUntil", "nextRunAt"].map((name): [string, Partial<ClaimedTask>] => [
    `series.${name}`,
    { series: { ...series, [name]: latestInstant + 1 } },
  ]),
  ...["runCount", "maxRuns"].map((name): [string, Partial<ClaimedTask>] => [
    `series.${name}`,
    { series: { ...series, [name]: 0.5 } },
  ]),
  ["schedule", { series: { ...series, unreadable: "It is not JSON." } }],
];
for (const [name, task] of damaged) {
  Deno.test(`a row with an invalid ${name} is damaged: ${JSON.stringify(task)}`, () => {
    assertStringIncludes(damageOf(claimedTask(task))!, name);
  });
}

Deno.test("a row with instants and counters at their limits is valid", () => {
  const whole: Partial<ClaimedTask>[] = [
    {},
    { createdAt: earliestInstant, dueAt: latestInstant, rateSlotAt: earliestInstant },
    { attempt: lastCount - 1, leaseToken: 1 - lastCount, lostCount: 0 },
    { series },
    { series: { ...series, nextRunAt: latestInstant, runCount: lastCount, maxRuns: lastCount } },
  ];
  for (const task of whole) assertEquals(damageOf(claimedTask(task)), null);
});
