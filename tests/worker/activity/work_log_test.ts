// Tests the counts of starts, ends and failures that a worker reports. They stay correct when a
// report fails.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { activityColumns, bucketOf } from "../../../src/storage/work_reports.ts";
import { WorkLog } from "../../../src/worker/activity/work_log.ts";

const task = { id: "id", type: "mail", queue: "default", dueAt: 60_000 };

function figure(figures: readonly number[], column: string): number {
  return figures[activityColumns.indexOf(column)]!;
}

Deno.test("starts and ends are counted by minute, with their durations", () => {
  const log = new WorkLog();
  log.started(task, 60_010);
  log.ended(task, "Completed", 60_020, 4.5);
  log.ended(task, "Pending", 119_999, 3);
  log.ended(task, "ServiceStopped", 119_999, 3);
  log.ended({ type: "mail", queue: "other" }, "Cancelled", 120_000, null);
  const taken = log.take()!;
  assertEquals(taken.activity.map(({ at, queue }) => [at, queue]), [
    [60_000, "default"],
    [120_000, "other"],
  ]);
  const [first, second] = taken.activity.map(({ figures }) => figures);
  const columns = ["started", "completed", "retried", "run_ms", "run_ms_max", "run_1", "run_2"];
  assertEquals(columns.map((column) => figure(first!, column)), [1, 1, 1, 7.5, 4.5, 1, 1]);
  assertEquals(["wait_ms", "wait_2"].map((column) => figure(first!, column)), [10, 1]);
  assertEquals(["cancelled", "run_ms"].map((column) => figure(second!, column)), [1, 0]);
});

Deno.test("a minute that has changed since its report is reported again as a whole", () => {
  const log = new WorkLog();
  log.started(task, 60_000);
  assertEquals(log.take()?.activity.length, 1);
  assertEquals(log.take(), null);
  log.started(task, 60_001);
  assertEquals(log.take()?.activity.map(({ figures }) => figure(figures, "started")), [2]);
});

Deno.test("a failed report is repeated with the next one", () => {
  const log = new WorkLog();
  log.started(task, 60_000);
  log.failed(task, "Error: 1", 60_000);
  const taken = log.take()!;
  log.started(task, 60_001);
  log.failed({ ...task, id: "later" }, "Error: 2", 60_001);
  taken.giveBack();
  log.started(task, 120_000);
  const { activity, failures } = log.take()!;
  assertEquals(activity.map(({ at, figures }) => [at, figure(figures, "started")]), [
    [60_000, 2],
    [120_000, 1],
  ]);
  assertEquals(
    failures.map(({ count, firstAt, lastAt, taskId }) => [count, firstAt, lastAt, taskId]),
    [[2, 60_000, 60_001, "later"]],
  );
  assertEquals(log.take(), null);
});

Deno.test("each event is counted once in any order of instants, and no report has a minute twice", () => {
  const minutes = fc.integer({ min: 0, max: 40 });
  const event = fc.record({ at: minutes, reports: fc.boolean(), fails: fc.boolean() });
  fc.assert(fc.property(fc.array(event, { maxLength: 200 }), (events) => {
    const log = new WorkLog();
    const stored = new Map<number, number>(); // a report replaces minutes, as it does in a store
    const report = (fails: boolean) => {
      const taken = log.take();
      if (taken === null) return;
      assertEquals(new Set(taken.activity.map(({ at }) => at)).size, taken.activity.length);
      if (fails) return taken.giveBack();
      for (const { at, figures } of taken.activity) stored.set(at, figure(figures, "started"));
    };
    for (const { at, reports, fails } of events) {
      log.started(task, at * 60_000 + 1);
      if (reports) report(fails);
    }
    report(false);
    assertEquals([...stored.values()].reduce((sum, count) => sum + count, 0), events.length);
  }));
});

Deno.test("an event is counted in its minute if that is one of the last 15, and else in the first of these", () => {
  const log = new WorkLog();
  for (let minute = 0; minute < 20; minute++) log.started(task, minute * 60_000);
  log.take();
  for (const minute of [3, 4, 5, 7]) log.ended(task, "Completed", minute * 60_000, 1);
  log.started(task, 200 * 60_000); // the clock is ahead for a moment
  log.started(task, 20 * 60_000);
  assertEquals(
    log.take()!.activity.map(({ at, figures }) => [
      at / 60_000,
      figure(figures, "started"),
      figure(figures, "completed"),
    ]),
    [[5, 1, 3], [7, 1, 1], [200, 1, 0], [20, 1, 0]],
  );
});

Deno.test("the first and the last failure of a group are told by their instants", () => {
  const log = new WorkLog();
  for (const at of [5, 2, 9]) log.failed(task, "Error: 1", at);
  const taken = log.take()!;
  for (const at of [7, 3]) log.failed(task, "Error: 1", at);
  taken.giveBack();
  const [group] = log.take()!.failures;
  assertEquals([group!.firstAt, group!.lastAt, group!.count], [2, 9, 5]);
});

Deno.test("10,000 minutes wait for a report at most, and dropped ones are reported with their next event", () => {
  const log = new WorkLog();
  for (let n = 0; n < 10_001; n++) log.started({ ...task, type: `type ${n}` }, 60_000);
  log.take()!.giveBack();
  assertEquals(log.take()?.activity.length, 10_000);
  log.started({ ...task, type: "type 0" }, 60_001);
  const [first] = log.take()?.activity ?? [];
  assertEquals([first?.type, figure(first!.figures, "started")], ["type 0", 2]);
});

Deno.test("a report has 100 groups of failures at most", () => {
  const log = new WorkLog();
  for (let n = 0; n < 300; n++) log.failed({ ...task, type: `type ${n}` }, "Error", 0);
  assertEquals(log.take()?.failures.length, 100);
});

Deno.test("each bucket holds durations up to four times those of the bucket before it", () => {
  const durations = [0, 1, 1.01, 4, 4.01, 16, 1000, 1024, 1025, 4 ** 10, 4 ** 10 + 1, 1e12];
  assertEquals(durations.map(bucketOf), [0, 0, 1, 1, 2, 2, 5, 5, 6, 10, 11, 11]);
});
