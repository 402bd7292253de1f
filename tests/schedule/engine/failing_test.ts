// Tests series whose runs fail, and schedules that a worker cannot read.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type AuditLevel, linearRetry } from "../../../mod.ts";
import { recorder, scenario } from "./world.ts";

scenario(
  "a run that fails after its last attempt is Failed, and the series continues",
  async (world) => {
    const { task, runs } = recorder(world, ({ run }) => {
      if (run!.number !== 2) throw new Error(`run ${run!.number} broke`);
    });
    const everTask = await world.start({ tasks: [task], retry: linearRetry(2, 1_000) });
    const { id } = await everTask.dispatch(task, undefined, { recurring: (r) => r.everyHour() });
    await world.until("01:30");
    const failed = (await everTask.get(id))!;
    assertEquals([failed.status, failed.series!.nextRunAt, failed.dueAt, failed.attempt], [
      "Failed",
      new Date("2026-03-10T02:00Z"),
      new Date("2026-03-10T02:00Z"),
      0,
    ]);
    assertStringIncludes(failed.exception!, "run 1 broke");
    await world.until("02:30");
    const completed = (await everTask.get(id))!;
    assertEquals([completed.status, completed.exception], ["Completed", null]);
    await world.until("03:30");
    assertEquals(
      runs.map(({ number, scheduledAt, at, attempt }) => [number, scheduledAt, at, attempt]),
      [
        [1, "2026-03-10 01:00", "2026-03-10 01:00", 1],
        [1, "2026-03-10 01:00", "2026-03-10 01:00:01", 2],
        [1, "2026-03-10 01:00", "2026-03-10 01:00:02", 3],
        [2, "2026-03-10 02:00", "2026-03-10 02:00", 1],
        [3, "2026-03-10 03:00", "2026-03-10 03:00", 1],
        [3, "2026-03-10 03:00", "2026-03-10 03:00:01", 2],
        [3, "2026-03-10 03:00", "2026-03-10 03:00:02", 3],
      ],
    );
    const audit = (await everTask.runsAudit(id)).items;
    assertEquals(audit.map(({ status }) => status), ["Failed", "Completed", "Failed"]);
    assertStringIncludes(audit[2]!.exception!, "run 3 broke");
    assertEquals(
      world.events.filter(({ kind }) => kind === "failed" || kind === "retrying").map((e) =>
        e.kind
      ),
      ["retrying", "retrying", "failed", "retrying", "retrying", "failed"],
    );
  },
);

scenario(
  "retries that last beyond the next occurrence still belong to the occurrence that failed",
  async (world) => {
    const { task, runs } = recorder(world, ({ run, attempt }) => {
      if (run!.number === 1 && attempt < 3) throw new Error("not yet");
    });
    const everTask = await world.start({ tasks: [task], retry: linearRetry(5, { minutes: 70 }) });
    await everTask.dispatch(task, undefined, { recurring: (r) => r.everyHour() });
    await world.until("05:00");
    assertEquals(runs.map(({ number, scheduledAt, at }) => [number, scheduledAt, at]), [
      [1, "2026-03-10 01:00", "2026-03-10 01:00"],
      [1, "2026-03-10 01:00", "2026-03-10 02:10"],
      [1, "2026-03-10 01:00", "2026-03-10 03:20"],
      [2, "2026-03-10 04:00", "2026-03-10 04:00"],
      [3, "2026-03-10 05:00", "2026-03-10 05:00"],
    ]);
  },
);

const completedRun = ["Queued", "InProgress", "Completed"];
const failedRun = ["Queued", "InProgress", "Failed"];
const levels: [AuditLevel, statusAudit: string[], runsAudit: string[]][] = [
  ["Full", ["WaitingQueue", ...completedRun, ...failedRun, ...completedRun], [
    "Completed",
    "Failed",
    "Completed",
  ]],
  ["Minimal", ["Failed"], ["Completed", "Failed", "Completed"]],
  ["ErrorsOnly", ["Failed"], ["Failed"]],
  ["None", [], []],
];
for (const [auditLevel, statusAudit, runsAudit] of levels) {
  scenario(
    `a completed, a failed and a completed run write the rows of the level ${auditLevel}`,
    async (world) => {
      const { task } = recorder(world, ({ run }) => {
        if (run!.number === 2) throw new Error("no luck");
      });
      const everTask = await world.start({ tasks: [task], retry: linearRetry(0, 0) });
      const { id } = await everTask.dispatch(task, undefined, {
        recurring: (r) => r.everyHour(),
        auditLevel,
      });
      await world.until("03:30");
      const statuses = (await everTask.statusAudit(id)).items.map(({ newStatus }) => newStatus);
      assertEquals(statuses, statusAudit);
      const runs = (await everTask.runsAudit(id)).items;
      assertEquals(runs.map(({ status }) => status), runsAudit);
      for (const { executedAt } of runs) assertEquals(executedAt.getTime() % 3_600_000, 0);
      assertEquals((await everTask.get(id))!.series!.runCount, 3);
    },
  );
}

scenario(
  "a schedule that this runtime cannot read is postponed, with a reason, and not lost",
  async (world) => {
    const { task, runs } = recorder(world);
    const before = world.engine({ tasks: [task] });
    const { id } = await before.dispatch(task, undefined, {
      recurring: (r) => r.everyHour(),
      taskKey: "zone",
    });
    await world.stop(before);
    // Store the series as a newer runtime could: in a time zone that this runtime does not know.
    const storage = world.connect();
    await storage.open();
    const { series, ...record } = (await storage.get(id))!;
    const schedule = JSON.stringify({ ...JSON.parse(series!.schedule), timeZone: "Mars/Olympus" });
    await storage.persist([{
      ...record,
      id: "019cd3d6-9f6f-7000-8000-000000000001",
      status: "WaitingQueue",
      due: { at: series!.nextRunAt! },
      series: { ...series!, schedule, nextRunAt: series!.nextRunAt! },
      claimFor: null,
    }]);
    await storage.close();

    const everTask = await world.start({ tasks: [task] });
    const other = await everTask.dispatch(task, undefined, { recurring: (r) => r.everyHour() });
    await world.until("06:30");
    const { status, exception, series: kept, dueAt, attempt } = (await everTask.get(id))!;
    assertEquals([status, kept!.nextRunAt!.getTime(), kept!.runCount, attempt], [
      "Failed",
      Date.UTC(2026, 2, 10, 1),
      0,
      0,
    ]);
    assertStringIncludes(exception!, "Mars/Olympus");
    const dueInMs = dueAt!.getTime() - world.clock.now();
    assert(dueInMs > 0 && dueInMs <= 3_600_000);
    // The attempts to read it are one minute to one hour apart, and do not delay the other series.
    const failures = (await everTask.statusAudit(id)).items.filter((row) =>
      row.newStatus === "Failed"
    );
    assertEquals(
      failures.map(({ updatedAt }) => (updatedAt.getTime() - series!.nextRunAt!) / 60_000),
      [0, 1, 2, 4, 8, 16, 32, 64, 124, 184, 244, 304],
    );
    assertEquals((await everTask.get(other.id))!.series!.runCount, 6);
    assertEquals(runs.length, 6);
    assertEquals(world.events.filter(({ kind }) => kind === "failed").length, failures.length);

    // The series continues after a program registers it with a schedule that can be read.
    await everTask.dispatch(task, undefined, { recurring: (r) => r.everyHour(), taskKey: "zone" });
    await world.until("07:30");
    assertEquals((await everTask.get(id))!.series!.runCount, 1);
  },
);
