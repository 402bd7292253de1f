// The reports of workers: activity by minute, later by hour, and groups of failures.

import { InvalidArgumentError } from "../../../guards/errors.ts";
import {
  activityColumns,
  type ActivityReport,
  type ActivityRequest,
  type FailureReport,
  type FailureSpan,
  type ReportRetention,
  type WorkReport,
} from "../../../storage/work_reports.ts";
import { expectRejection, expectSame } from "../expect.ts";
import { allPages, day, hour, minute, type Scene, topic } from "../scene.ts";

const retention: ReportRetention = { minutesMs: day, hoursMs: 30 * day, failuresMs: 30 * day };

/** Returns the figures of a minute. A figure that is not given is 0. */
function figures(given: Readonly<Record<string, number>>): number[] {
  return activityColumns.map((column) => given[column] ?? 0);
}

function inMinute(
  at: number,
  given: Readonly<Record<string, number>>,
  overrides: Partial<ActivityReport> = {},
): ActivityReport {
  return { at, type: "send-email", queue: "default", figures: figures(given), ...overrides };
}

function report(s: Scene, overrides: Partial<WorkReport>): Promise<void> {
  return s.storage.reportWork({
    source: "worker-a",
    version: null,
    activity: [],
    failures: [],
    retention: null,
    ...overrides,
  });
}

function failure(s: Scene, group: number, overrides: Partial<FailureReport> = {}): FailureReport {
  return {
    group: group.toString(16).padStart(16, "0"),
    type: "send-email",
    summary: "Error: <n>",
    count: 1,
    firstAt: 1000,
    lastAt: 2000,
    taskId: s.id(),
    exception: "Error: 1",
    ...overrides,
  };
}

/** Returns the beginning of the minute that was `agoMs` ago by the storage's clock. */
async function minuteAgo(s: Scene, agoMs: number): Promise<number> {
  const at = await s.now() - agoMs;
  return at - at % minute;
}

/**
 * Reads all activity. Each row has the beginning, the type and the queue, followed by the columns.
 */
async function read(s: Scene, columns: string[], overrides: Partial<ActivityRequest> = {}) {
  const to = 4_000_000_000_000;
  const request = { from: 0, to, stepMs: minute, by: [], ...overrides };
  const points = await s.storage.activity(request);
  return points.map(({ at, type, queue, figures }) => [
    ...[at, type, queue],
    ...columns.map((column) => figures[activityColumns.indexOf(column)]),
  ]);
}

export const workReports = topic("work reports", {
  "a repeated report of a minute replaces the first, and the reports of all workers are added up":
    async (s) => {
      const at = await minuteAgo(s, 5 * minute);
      await report(s, { activity: [inMinute(at, { started: 1, run_ms: 1.5, run_ms_max: 1.5 })] });
      const later = inMinute(at, { started: 3, run_ms: 4.5, run_ms_max: 2.5, run_2: 3 });
      await report(s, { activity: [later] });
      await report(s, { activity: [later] });
      const other = inMinute(at, { started: 10, run_ms: 10, run_ms_max: 1, run_2: 1 });
      await report(s, { source: "worker-b", activity: [other] });
      const columns = ["started", "run_ms", "run_ms_max", "run_2", "wait_11"];
      expectSame(await read(s, columns), [[at, null, null, 13, 14.5, 2.5, 4, 0]], "summed up");
    },

  "activity is divided by type and queue, and summed up in steps": async (s) => {
    const now = await minuteAgo(s, 0);
    const at = now - now % hour - hour;
    const [early, late] = [at, at + 59 * minute];
    await report(s, {
      activity: [
        inMinute(early, { completed: 1 }),
        inMinute(early, { completed: 2 }, { queue: "b\0 " }),
        inMinute(late, { completed: 4 }, { type: "O'Neill" }),
        inMinute(at + hour, { completed: 8 }),
      ],
    });
    const columns = ["completed"];
    expectSame(await read(s, columns, { stepMs: hour }), [
      [at, null, null, 7],
      [at + hour, null, null, 8],
    ], "by hour");
    expectSame(await read(s, columns, { stepMs: hour, to: at + hour, by: ["queue"] }), [
      [at, null, "b\0 ", 2],
      [at, null, "default", 5],
    ], "by queue, up to an instant");
    expectSame(await read(s, columns, { from: late, by: ["type", "queue"] }), [
      [late, "O'Neill", "default", 4],
      [at + hour, "send-email", "default", 8],
    ], "by both, from an instant");
    expectSame(await read(s, columns, { from: late + 1, to: at + hour }), [], "of no minute");
  },

  "minutes are merged into hours, later reports are added to the hours, and old hours are deleted":
    async (s) => {
      const now = await s.now();
      const at = now - now % hour - 3 * hour;
      const figures = { lost: 1, wait_ms_max: 5 };
      const activity = [inMinute(at, figures), inMinute(at + minute, { lost: 2, wait_ms_max: 3 })];
      await report(s, { activity, retention });
      const columns = ["lost", "wait_ms_max"];
      expectSame((await read(s, columns)).length, 2, "minutes at first");
      const short = { ...retention, minutesMs: hour };
      await report(s, { activity: [inMinute(now - now % minute, figures)], retention: short });
      expectSame((await read(s, columns))[0], [at, null, null, 3, 5], "an hour");
      const late = inMinute(at + 2 * minute, { lost: 4, wait_ms_max: 9 });
      await report(s, { source: "worker-b", activity: [late], retention: short });
      expectSame((await read(s, columns))[0], [at, null, null, 7, 9], "with what came later");
      expectSame((await read(s, columns)).length, 2, "the present minute stays");
      await report(s, { retention: { ...short, hoursMs: 2 * hour } });
      expectSame((await read(s, columns)).length, 1, "the old hour is deleted");
    },

  "failures are counted by group, with the latest as example": async (s) => {
    const first = failure(s, 1, { type: "O'Neill\0", summary: "a\0<n>", exception: "a\0b 😀" });
    await report(s, { failures: [first, failure(s, 2)] });
    const latest = { ...first, count: 3, firstAt: 500, lastAt: 9000, taskId: s.id() };
    await report(s, { source: "worker-b", failures: [{ ...latest, exception: "again" }] });
    const { items, next } = await s.storage.failureGroups();
    const { group: id, ...rest } = latest;
    const whole = { ...rest, count: 4, exception: "again" };
    const unversioned = { firstVersion: null, lastVersion: null };
    expectSame(items[0], { id, ...whole, ...unversioned, counts: [] }, "the one that failed last");
    expectSame([items.length, items[1]?.count, next], [2, 1, null], "and the other");
  },

  "groups are read in pages, latest failure first": async (s) => {
    const failures = [3, 1, 2, 5, 4].map((n) => failure(s, n, { lastAt: n < 4 ? 5000 : 1000 * n }));
    await report(s, { failures });
    const { items, pages } = await allPages((page) => s.storage.failureGroups(page), 2);
    const ids = items.map(({ id }) => Number(`0x${id}`));
    expectSame([ids, pages], [[5, 3, 2, 1, 4], 3], "by the last failure, then by id");
    await expectRejection(s.storage.failureGroups({ after: "x" }), InvalidArgumentError, "x");
  },

  "failures are counted by hour, and summed up in the steps of a span": async (s) => {
    const at = day * 20_000;
    const reports = [[1, at + 1, 2], [2, at, 16], [1, at + hour - 1, 1], [1, at + 5 * hour, 4]];
    for (const [group, lastAt, count] of [...reports, [1, at + day, 8]] as const) {
      await report(s, { failures: [failure(s, group!, { lastAt: lastAt!, count: count! })] });
    }
    const counts = async (from: number, to: number, stepMs: number) => {
      const { items } = await s.storage.failureGroups({ limit: 2 }, { from, to, stepMs });
      return items.map(({ counts }) => counts.map(({ startAt, count }) => [startAt - at, count]));
    };
    expectSame(
      await counts(at, at + 2 * day, hour),
      [[[0, 3], [5 * hour, 4], [day, 8]], [[0, 16]]],
      "by hour, the group that failed last first",
    );
    expectSame(await counts(at, at + 2 * day, day), [[[0, 7], [day, 8]], [[0, 16]]], "by day");
    expectSame(await counts(at + 0.5, at + day, hour), [[[5 * hour, 4]], []], "of a span");
    expectSame(await counts(at, at + 5 * hour, 6 * hour), [[[0, 3]], [[0, 16]]], "up to its end");
    const after = (await s.storage.failureGroups({ limit: 1 })).next!;
    const { items: [last] } = await s.storage.failureGroups({ after }, {
      ...{ from: at, to: at + hour, stepMs: hour },
    });
    expectSame(last!.counts, [{ startAt: at, count: 16 }], "of a later page");
  },

  "a group keeps the versions of its first and its last failure": async (s) => {
    const versions = async () => {
      const { items: [group] } = await s.storage.failureGroups();
      return [group!.firstVersion, group!.lastVersion];
    };
    const failed = (version: string | null, firstAt: number, lastAt: number) =>
      report(s, { version, failures: [failure(s, 1, { firstAt, lastAt })] });
    const odd = `${"é\0".repeat(49)}' `;
    await failed(odd, 5000, 6000);
    expectSame(await versions(), [odd, odd], "of the first report");
    await failed("2.4.1", 6500, 8000);
    expectSame(await versions(), [odd, "2.4.1"], "of a later one");
    await failed("2.4.0", 4000, 7000);
    expectSame(await versions(), ["2.4.0", "2.4.1"], "of a report that arrives late");
    await failed(null, 9000, 9000);
    expectSame(await versions(), ["2.4.0", null], "of a worker without a version");
  },

  "groups without a recent failure and old counts are deleted": async (s) => {
    const now = await s.now();
    const span = { from: 0, to: now + hour, stepMs: hour };
    const old = { firstAt: now - 40 * day, lastAt: now - 31 * day };
    await report(s, { failures: [failure(s, 1, old), failure(s, 2, old)] });
    const seen = async () =>
      (await s.storage.failureGroups({}, span)).items.map(({ lastAt, counts }) => [
        lastAt,
        counts.length,
      ]);
    expectSame(await seen(), [[old.lastAt, 1], [old.lastAt, 1]], "kept without retention");
    await report(s, { failures: [failure(s, 2, { lastAt: now })], retention });
    expectSame(await seen(), [[now, 1]], "the recent one stays, with its recent hour");
    await report(s, { failures: [failure(s, 1, { lastAt: now })] });
    expectSame(await seen(), [[now, 1], [now, 1]], "a group that comes again has no old count");
  },

  "workers that report at the same time are all counted": async (s) => {
    const at = await minuteAgo(s, 0);
    const sources = Array.from({ length: 8 }, (_, n) => `worker-${n}`);
    await Promise.all(sources.map((source, n) => {
      const failures = [1 + n % 2, 2 - n % 2].map((group) => failure(s, group, { lastAt: at }));
      return report(s, { source, activity: [inMinute(at, { started: 1 })], failures, retention });
    }));
    expectSame((await read(s, ["started"]))[0]?.[3], 8, "each has its minute");
    const span = { from: at - hour, to: at + hour, stepMs: hour };
    const { items } = await s.storage.failureGroups({}, span);
    const counts = items.map(({ count, counts: [step] }) => [count, step?.count]);
    expectSame(counts, [[8, 8], [8, 8]], "and its failures");
  },

  "an invalid request for activity is rejected": async (s) => {
    const valid: ActivityRequest = { from: 0, to: 1, stepMs: minute, by: [] };
    const wrong = [{ from: NaN }, { to: "now" }, { stepMs: 1 }, { by: ["a"] }, { by: "type" }];
    for (const each of [...wrong, { by: ["type", "type"] }, { misspelt: 1 }]) {
      const request = { ...valid, ...each } as ActivityRequest;
      await expectRejection(
        s.storage.activity(request),
        InvalidArgumentError,
        JSON.stringify(each),
      );
    }
  },

  "an invalid span of failures is rejected": async (s) => {
    const valid = { from: 0, to: hour, stepMs: hour };
    const wrong = [{ from: "now" }, { to: NaN }, { stepMs: 0 }, { stepMs: minute }, {
      misspelt: 1,
    }];
    for (const each of wrong) {
      const span = { ...valid, ...each } as FailureSpan;
      const reading = s.storage.failureGroups({}, span);
      await expectRejection(reading, InvalidArgumentError, JSON.stringify(each));
    }
  },
});
