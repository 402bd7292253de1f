// Adopted series of EverTask for .NET (upstream) on a real server run by their stored schedules.

import { assert, assertEquals } from "@std/assert";
import { defineTask } from "../../../mod.ts";
import { startEngine } from "../../support/engine.ts";
import { needsTarget } from "../../support/tsql_server/target.ts";
import { id, withAdopted } from "./adopted.ts";

const day = 86_400_000;

/** Returns the first instant after `after` at one of the UTC `times`, on a day that `matches`. */
function nextAt(
  after: number,
  times: readonly string[],
  matches: (date: Date) => boolean = () => true,
): number {
  for (let midnight = after - after % day;; midnight += day) {
    if (!matches(new Date(midnight))) continue;
    const instants = times.map((time) => Date.parse(`1970-01-01T${time}Z`) + midnight);
    const next = instants.find((instant) => instant > after);
    if (next !== undefined) return next;
  }
}

const whole =
  '{"RunNow":false,"InitialDelay":null,"SpecificRunTime":null,"CronInterval":null,"SecondInterval":null';

Deno.test({
  ...needsTarget("adopted series run when upstream had planned, and continue by their schedules"),
  async fn() {
    const planned = new Date(Date.now() - 2000).toISOString();
    const plannedMs = Date.parse(planned);
    const series: [schedule: string, next: (after: number) => number | null, runCount?: number][] =
      [
        [
          `${whole},"MinuteInterval":{"Interval":5,"OnSecond":0},"MaxRuns":null,"RunUntil":null}`,
          () => plannedMs - plannedMs % 1000 + 300_000,
        ],
        [
          `${whole},"DayInterval":{"Interval":1,"OnTimes":["14:30:00"],"OnDays":[]}}`,
          (after) => nextAt(after, ["14:30"]),
        ],
        [
          '{"DayInterval":{"Interval":1,"OnTimes":["06:00:00","12:00:00","18:00:00"]}}',
          (after) => nextAt(after, ["06:00", "12:00", "18:00"]),
        ],
        [
          '{"CronInterval":{"CronExpression":"0 3 * * 1"}}',
          (after) => nextAt(after, ["03:00"], (date) => date.getUTCDay() === 1),
        ],
        [
          '{"MonthInterval":{"Interval":1,"OnDays":[1,11,21],"OnTimes":["00:00:00"]}}',
          (after) => nextAt(after, ["00:00"], (date) => [1, 11, 21].includes(date.getUTCDate())),
        ],
        [
          '{"MonthInterval":{"Interval":1}}', // created on the 31st
          (after) =>
            nextAt(after, ["00:00"], (date) => new Date(date.getTime() + day).getUTCDate() === 1),
        ],
        ['{"HourInterval":{"Interval":1},"MaxRuns":3}', () => null, 2],
      ];
    const rows = series.map(([schedule, _next, runCount = 0], index) => ({
      ...{ id: id(index), status: "Completed", queue: "recurring", key: `key ${index}` },
      ...{ nextRun: planned, runCount, schedule },
    }));
    await withAdopted(rows, async (storage) => {
      const task = defineTask<unknown>({ type: "send-email", handle() {} });
      await using engine = await startEngine({ storage, tasks: [task] });
      for (const [index, [schedule, next, runCount = 0]] of series.entries()) {
        assertEquals((await engine.ended(id(index))).kind, "completed", schedule);
        const record = (await engine.everTask.get(id(index)))!;
        assertEquals(record.series!.runCount, runCount + 1, schedule);
        assertEquals(record.series!.nextRunAt?.getTime() ?? null, next(plannedMs), schedule);
        assertEquals(record.dueAt?.getTime() ?? null, next(plannedMs), schedule);
      }
      assertEquals(engine.complaints, []);
    });
  },
});

Deno.test({
  ...needsTarget(
    "an adopted series without an equivalent schedule is set aside with the reason, and can be dispatched again",
  ),
  async fn() {
    const unsayable: [schedule: string | null, reason: string][] = [
      [
        `${whole},"MinuteInterval":{"Interval":5},"HourInterval":{"Interval":1}}`,
        "exactly one kind",
      ],
      ['{"CronInterval":{"CronExpression":"not a cron"}}', "cron expression"],
      ['{"RunNow":false,"Cron', "JSON"],
      [null, "JSON"],
    ];
    const nextRun = "2026-02-01T00:00:00Z";
    const rows = unsayable.map(([schedule], index) => ({
      ...{ id: id(index), status: "Failed", queue: "recurring", key: `key ${index}` },
      ...{ nextRun, runCount: 5, schedule },
    }));
    await withAdopted(rows, async (storage) => {
      const task = defineTask<unknown>({ type: "send-email", handle() {} });
      await using engine = await startEngine({ storage, tasks: [task] });
      const { everTask, complaints } = engine;
      for (const [index, [schedule, reason]] of unsayable.entries()) {
        assertEquals((await engine.ended(id(index))).kind, "failed", String(schedule));
        const record = (await everTask.get(id(index)))!;
        const { status, dueAt, workerId, exception } = record;
        assertEquals([status, dueAt, workerId], ["Failed", null, null], String(schedule));
        assertEquals([record.series!.nextRunAt, record.series!.runCount], [null, 5]);
        assert(exception!.includes(reason), exception!);
        assert(exception!.includes("dispatch the series again"), exception!);
        assert(complaints.some((text) => text.includes(id(index)) && text.includes("set aside")));
      }
      const again = await everTask.dispatch(task, {}, { recurring: "0 0 1 1 *", taskKey: "key 0" });
      assertEquals([again.id, again.outcome], [id(0), "updated"]);
      assert((await everTask.get(id(0)))!.dueAt!.getTime() > Date.now());
    });
  },
});
