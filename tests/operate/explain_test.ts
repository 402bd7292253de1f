// Tests that explain finds each reason why a task is not running, and describes it in a sentence.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { explain, type ExplainFacts } from "../../src/operate/explain.ts";
import type { Reason } from "../../src/operate/reason.ts";
import { taskStatuses } from "../../src/storage/task_status.ts";
import { facts, now, series, task, worker } from "./facts.ts";

const nobody = { workers: [] };
const later = now + 40_000;
const gone = "worker-0";
const lost = worker({ alive: false, heartbeatAt: now - 42_000, heartbeatAgeMs: 42_000 });
const serving = (queue: string, type: string) =>
  worker({ serves: { queues: [{ name: queue, parallelism: 1 }], types: [type] } });
const old = worker({ serves: null });

const cases: [what: string, facts: Partial<ExplainFacts>, kinds: Reason["kind"][], ...RegExp[]][] =
  [
    ["no such task", { task: null }, ["notStored"], /transaction is not committed/],
    [
      "a task that is due",
      { dueInQueue: { count: 7, exact: true } },
      ["inLine"],
      /: 7 tasks of queue "mails" are due/,
    ],
    [
      "a due task of a queue whose tasks were not all counted",
      { dueInQueue: { count: 5_000, exact: false } },
      ["inLine"],
      /at least 5000 tasks of queue "mails" are due/,
    ],
    [
      "a task that was delayed",
      { task: task({ dueAt: later }) },
      ["delayed"],
      /due in 40 s, at 2026/,
    ],
    [
      "a task that waits for a retry with a known policy",
      {
        task: task({ status: "Pending", dueAt: later, attempt: 5, lostCount: 2 }),
        retries: 5,
      },
      ["retry"],
      /Retry 3 of 5 is due in 40 s/,
    ],
    [
      "a task that waits for a retry with an unknown policy",
      { task: task({ status: "Pending", dueAt: later, attempt: 1 }) },
      ["retry"],
      /Retry 1 is due/,
    ],
    [
      "a task that waits for its rate slot",
      { task: task({ status: "Pending", dueAt: later, attempt: 1, rateSlotAt: later }) },
      ["rateLimited"],
      /start in 40 s/,
    ],
    [
      "a retry that had a rate slot before",
      { task: task({ status: "Pending", dueAt: later, attempt: 1, rateSlotAt: now - 1 }) },
      ["retry"],
    ],
    [
      "a series between its runs",
      { task: task({ status: "Completed", dueAt: later, series: series() }) },
      ["nextRun"],
      /every hour/,
    ],
    [
      "a queue paused by a known operator",
      {
        pausedQueues: ["mails"],
        queuePausedBy: { by: "ada", since: new Date(now), why: "the server is down" },
      },
      ["queuePaused"],
      /paused since 2026-01-01T12:00:00.000Z by ada \(the server is down\)\. Resume/,
    ],
    [
      "a paused series",
      {
        task: task({ status: "Completed", dueAt: null, series: series({ paused: true }) }),
        seriesPausedBy: { by: "ada", since: new Date(now), why: null },
      },
      ["seriesPaused"],
      /The series is paused since 2026-01-01T12:00:00.000Z by ada; its run of .*Resume the series/,
    ],
    [
      "a paused series with an extra run",
      { task: task({ status: "Completed", series: series({ paused: true }) }) },
      ["inLine"],
    ],
    ["a paused queue", { pausedQueues: ["a", "mails"] }, ["queuePaused"], /Resume the queue/],
    ["no worker at all", nobody, ["queueUnserved"], /no worker is running/],
    ["only a lost worker", { workers: [lost] }, ["queueUnserved"], /no worker is running/],
    [
      "workers of other queues",
      { workers: [serving("mail", "send-email"), serving("default", "send-email")] },
      ["queueUnserved"],
      /No live worker serves queue "mails"\. The most similar name is "mail"/,
    ],
    [
      "workers of the queue without the type",
      { workers: [serving("mails", "send-mail"), serving("default", "send-email")] },
      ["typeUnknown"],
      /knows the type "send-email"\. The most similar name is "send-mail"/,
    ],
    ["a worker with unknown queues and types", { workers: [old] }, ["inLine"]],
    [
      "workers whose places are all busy",
      { heldInQueue: 5, workers: [worker(), serving("mails", "send-email")] },
      ["placesBusy"],
      /All 5 places of queue "mails" are busy: workers hold 5 tasks/,
    ],
    [
      "busy workers and a lost worker",
      { heldInQueue: 4, workers: [worker(), { ...lost, id: "worker-2" }] },
      ["placesBusy"],
    ],
    ["a worker with one free place", { heldInQueue: 3 }, ["inLine"]],
    ["busy workers whose places are unknown", { heldInQueue: 9, workers: [old] }, ["inLine"]],
    ["an unknown number of held tasks", { heldInQueue: null }, ["inLine"]],
    [
      "several reasons at once",
      { task: task({ dueAt: later }), pausedQueues: ["mails"], workers: [] },
      ["delayed", "queuePaused", "queueUnserved"],
    ],
    [
      "a task whose worker was lost",
      { task: task({ status: "ServiceStopped", attempt: 2, lostCount: 2 }) },
      ["inLine", "givenBack"],
      /was lost while it held the task \(2 so far\)/,
    ],
    [
      "a task whose worker stopped",
      { task: task({ status: "ServiceStopped" }) },
      ["inLine", "givenBack"],
      /stopped before the task had ended/,
    ],
    [
      "a running task",
      { task: task({ workerId: "worker-1", dueAt: null, status: "InProgress" }) },
      ["held"],
      /It is running: worker worker-1 on app\.example/,
    ],
    [
      "a running task whose start is known",
      {
        task: task({ workerId: "worker-1", dueAt: null, status: "InProgress" }),
        runningSince: now - 1000,
      },
      ["held"],
      /running since 2026-01-01T11:59:59\.000Z/,
    ],
    [
      "a claimed task that has not started",
      { task: task({ workerId: "worker-1", dueAt: null }), runningSince: now - 1000 },
      ["held"],
      /starts it once one of its places is free/,
    ],
    [
      "a task whose worker's heartbeat is late",
      { task: task({ workerId: "worker-1", dueAt: null }), workers: [lost] },
      ["workerLate"],
      /lease ended 12 s ago/,
    ],
    [
      "a task whose worker has a heartbeat in the future",
      {
        task: task({ workerId: "worker-1", dueAt: null }),
        workers: [{ ...lost, heartbeatAgeMs: -42_000 }],
      },
      ["workerLate"],
      /lease ended 12 s ago/,
    ],
    [
      "a task whose worker is not registered",
      { task: task({ workerId: gone, dueAt: null }) },
      ["workerGone"],
      /give.* the task back/,
    ],
    [
      "a running task that is being cancelled",
      { task: task({ workerId: "worker-1", dueAt: null, cancelRequested: true }) },
      ["cancelling", "held"],
      /cancellation was requested/,
    ],
    [
      "a waiting task that is being cancelled",
      { task: task({ cancelRequested: true }), workers: [] },
      ["cancelling", "queueUnserved"],
    ],
    [
      "a completed task",
      { task: task({ status: "Completed", dueAt: null, attempt: 1, lastExecutionAt: now }) },
      ["ended"],
      /ended as Completed at 2026-01-01T12:00:00\.000Z after 1 attempt\. Retry it/,
    ],
    [
      "a failed task",
      {
        task: task({
          status: "Failed",
          dueAt: null,
          attempt: 4,
          lostCount: 1,
          exception: "Error: no\n  at x",
        }),
      },
      ["ended"],
      /ended as Failed after 3 attempts \(Error: no\)\. Retry it/,
    ],
    ["a cancelled task", { task: task({ status: "Cancelled", dueAt: null }) }, ["ended"]],
    [
      "a cancelled series",
      { task: task({ status: "Cancelled", dueAt: null, series: series({ nextRunAt: null }) }) },
      ["seriesEnded"],
      /The series was cancelled, after 2 runs/,
    ],
    [
      "a series that has reached maxRuns",
      { task: task({ status: "Failed", dueAt: null, series: series({ maxRuns: 2 }) }) },
      ["seriesEnded"],
      /reached its maximum of runs/,
    ],
    [
      "an ended series",
      { task: task({ status: "Completed", dueAt: null, series: series({ runUntil: later }) }) },
      ["seriesEnded"],
      /no run left before its end/,
    ],
    [
      "a series that was set aside",
      {
        task: task({
          status: "Failed",
          dueAt: null,
          exception: "The task did not run: no.",
          series: series({ runUntil: later }),
        }),
      },
      ["seriesEnded"],
      /The series has ended as Failed, after 2 runs \(The task did not run: no\.\)/,
    ],
    [
      "a task whose row was changed by hand",
      { task: task({ dueAt: null }) },
      ["outOfLine"],
      /has no due time/,
    ],
  ];

for (const [what, given, kinds, ...sentences] of cases) {
  Deno.test(`explain gives ${kinds.join(" and ")} for ${what}`, () => {
    const { taskId, at, status, reasons } = explain(facts(given));
    assertEquals(reasons.map(({ kind }) => kind), kinds);
    assertEquals([taskId, at.getTime()], [facts().taskId, now]);
    assertEquals(status, given.task === undefined ? "Queued" : given.task?.status ?? null);
    const told = reasons.map(({ sentence }) => sentence).join(" ");
    for (const sentence of sentences) assert(sentence.test(told), told);
  });
}

Deno.test("the table has a case for every kind of reason", () => {
  const kinds: Record<Reason["kind"], true> = {
    notStored: true,
    held: true,
    workerLate: true,
    workerGone: true,
    cancelling: true,
    givenBack: true,
    delayed: true,
    nextRun: true,
    retry: true,
    rateLimited: true,
    queuePaused: true,
    seriesPaused: true,
    queueUnserved: true,
    typeUnknown: true,
    placesBusy: true,
    inLine: true,
    ended: true,
    seriesEnded: true,
    outOfLine: true,
  };
  const covered = new Set(cases.flatMap(([, , kinds]) => kinds));
  assertEquals([...covered].sort(), Object.keys(kinds).sort());
});

const name = fc.constantFrom("mails", "default", "send-email", "\ud83d\ude00", "");
const instant = fc.oneof(
  fc.constantFrom(now - 1, now, now + 1, NaN, Infinity, -8.64e15, 8.64e15, 2 ** 62),
  fc.integer(),
);
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const count = fc.constantFrom(-1, 0, 1, 4, 2 ** 31 - 1, NaN);

const anySeries = fc.record({
  maxRuns: orNull(count),
  runUntil: orNull(instant),
  nextRunAt: orNull(instant),
  runCount: count,
}).map(series);
const anyTask = fc.record({
  type: name,
  status: fc.constantFrom(...taskStatuses),
  queue: name,
  attempt: count,
  lostCount: count,
  cancelRequested: fc.boolean(),
  rateSlotAt: orNull(instant),
  series: orNull(anySeries),
  exception: orNull(fc.string({ unit: "binary" })),
  dueAt: orNull(instant),
  lastExecutionAt: orNull(instant),
  workerId: orNull(fc.constantFrom("worker-1", gone)),
}).map(task);
const anyWorker = fc.record({
  serves: orNull(fc.record({
    queues: fc.array(fc.record({ name, parallelism: count })),
    types: fc.array(name),
  })),
  heartbeatAt: instant,
  heartbeatAgeMs: instant,
  alive: fc.boolean(),
}).map(worker);
const anyFacts = fc.record({
  now: instant,
  task: orNull(anyTask),
  workers: fc.array(anyWorker, { maxLength: 3 }),
  pausedQueues: fc.array(name),
  dueInQueue: fc.record({ count, exact: fc.boolean() }),
  heldInQueue: orNull(count),
  runningSince: orNull(instant),
  retries: orNull(count),
}).map(facts);

Deno.test("for any facts, explain gives distinct reasons, each with a sentence", () => {
  fc.assert(
    fc.property(anyFacts, (given) => {
      const { reasons } = explain(given);
      const kinds = reasons.map(({ kind }) => kind);
      assert(reasons.length > 0);
      assertEquals(kinds, [...new Set(kinds)]);
      for (const { sentence } of reasons) {
        assert(/^[A-Z].*\.$/s.test(sentence), sentence);
        assert(
          !/undefined|\[object|Invalid/.test(sentence.replace(given.task?.exception ?? "", "")),
        );
      }
    }),
    { numRuns: 2000 },
  );
});
