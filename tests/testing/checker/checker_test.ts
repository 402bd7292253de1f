// Tests that each rule of the checker rejects a history that violates it.

import { assert, assertEquals } from "@std/assert";
import * as call from "../../../src/testing/checker/call_rules.ts";
import { checkHistory, rules } from "../../../src/testing/checker/check_history.ts";
import * as end from "../../../src/testing/checker/end_rules.ts";
import { replay } from "../../../src/testing/checker/replay.ts";
import * as ending from "../../../src/testing/checker/ending_rules.ts";
import * as limit from "../../../src/testing/checker/limit_rules.ts";
import * as store from "../../../src/testing/checker/store_rules.ts";
import type { HistoryEntry } from "../../../src/testing/checker/history.ts";
import { brokenOperations } from "./broken_operations.ts";
import { type Broken, brokenSeries } from "./broken_series.ts";
import {
  answered,
  asked,
  cancelled,
  changed,
  claimed,
  completed,
  lost,
  processDid,
  ran,
  run,
  slotTaken,
  started,
  stored,
  storedSeries,
  wellKept,
} from "./histories.ts";

const paused: HistoryEntry = { at: 0, instance: "p1", kind: "paused", queue: "default" };
const failed = ["InProgress", "Failed!"];
const failedTask = completed({ status: "Failed", trail: ["Queued", ...failed] });

/** The retention of a store that deletes everything from before an instant. */
const purgedBefore = (before: number): HistoryEntry => ({
  at: before,
  instance: "p1",
  kind: "purged",
  statusBefore: before,
  errorsBefore: before,
  runsBefore: before,
  tasksBefore: before,
});

const broken: readonly Broken[] = [
  [store.oneLease, "a second claim", [stored(), claimed(), claimed({ token: 2, worker: "w2" })]],
  [store.oneLease, "a claim of a task that was stored as claimed", [
    stored({ claimedBy: "w1" }),
    claimed(),
  ]],
  [store.dueFirst, "a claim before the delay has passed", [
    stored({ dueAt: 5 }),
    claimed({ at: 4 }),
  ]],
  [store.dueFirst, "a claim of an ended task", [stored(), cancelled(), claimed()]],
  [store.bestFirst, "a claim while a task of higher priority is due", [
    processDid("starts", { knows: ["plain"] }),
    stored(),
    stored({ task: "t2", priority: 1 }),
    claimed(),
  ]],
  [store.bestFirst, "a claim while a task of the same priority has been due for longer", [
    processDid("starts", { knows: ["plain"] }),
    stored({ dueAt: 2 }),
    stored({ task: "t2", dueAt: 1 }),
    claimed({ at: 2 }),
  ]],
  [store.knownTypes, "a claim of a type that the worker does not have", [
    processDid("starts", { knows: ["timed"] }),
    stored(),
    claimed(),
  ]],
  [store.fenced, "a write of a former holder", [
    stored(),
    claimed(),
    lost(),
    claimed({ worker: "w2", token: 2 }),
    changed(),
  ]],
  [store.fenced, "a write with an older token", [stored(), claimed(), changed({ token: 0 })]],
  [store.fenced, "a refused write of the holder", [
    stored(),
    claimed(),
    changed({ applied: false }),
  ]],
  [store.tokensRise, "a token that is used twice", [
    stored(),
    claimed(),
    changed({ dueAt: 0 }),
    claimed({ attempt: 2 }),
  ]],
  [store.attemptsCounted, "an attempt that counts twice", [stored(), claimed({ attempt: 2 })]],
  [store.attemptsCounted, "a returned attempt that counts", [
    stored(),
    claimed(),
    changed({ transitions: ["ServiceStopped!"], dueAt: 0, returnsAttempt: true }),
    claimed({ token: 2, attempt: 2 }),
  ]],
  [store.lossesCounted, "a loss that counts twice", [stored(), claimed(), lost({ lostCount: 2 })]],
  [store.lossesCounted, "a loss of a task that another worker holds", [
    stored(),
    claimed(),
    lost({ worker: "w2" }),
  ]],
  [store.lossesCounted, "a failure after a loss within the limit", [
    stored(),
    claimed(),
    changed({ transitions: ["InProgress"] }),
    lost({ poisoned: true }),
  ]],
  [store.leasesHold, "a loss before the lease has ended", [
    stored(),
    claimed(),
    lost({ silentMs: 5_000 }),
  ]],
  [store.endsOnce, "a second end", [stored(), claimed(), changed(), changed()]],
  [store.endsOnce, "a cancellation of an ended task", [
    stored(),
    claimed(),
    changed(),
    cancelled(),
  ]],
  [store.oneTaskAKey, "a second task with a key", [
    stored({ key: "a" }),
    stored({ key: "a", task: "t2", dispatch: 2 }),
  ]],
  [store.pausesHold, "a claim from a paused queue", [stored(), paused, claimed()]],
  [store.pausesHold, "a task that is stored as claimed in a paused queue", [
    paused,
    stored({ claimedBy: "w1" }),
  ]],

  [call.nothingLost, "a dispatch without a row", [asked(), stored(), answered()]],
  [call.storedOnce, "two tasks of one dispatch", [stored(), stored({ task: "t2" })]],
  [call.storedOnce, "a task of a refused dispatch", [
    asked(),
    answered({ task: null, answer: "StoppedError" }),
    stored(),
  ]],
  [call.callsAnswered, "a call without an answer", [processDid("starts"), asked()]],
  [call.stopsEnd, "a process that does not end after its stop", [
    processDid("starts"),
    processDid("stops"),
  ]],
  [call.startsClaimed, "a start without a claim", [stored(), started()]],
  [call.startsClaimed, "a second start", [stored(), claimed(), started(), started()]],
  [call.startsClaimed, "a start in another process", [
    stored(),
    claimed(),
    started({ instance: "p2" }),
  ]],
  [call.slotsHold, "a second handler in one slot", [
    started(),
    started({ task: "t2" }),
    ran("returned"),
    ran("returned", { task: "t2" }),
  ]],
  [call.cancelsHold, "a start after a cancel", [
    stored(),
    claimed(),
    answered({ what: "cancel t1", answer: "cancelled" }),
    started(),
  ]],
  [call.stopsHold, "a start after the stop", [
    stored(),
    claimed(),
    processDid("stops"),
    started(),
  ]],
  [ending.endingsHaveReasons, "a completion without a return", [
    stored(),
    claimed(),
    started(),
    ran("threw"),
    changed(),
  ]],
  [ending.endingsHaveReasons, "a completion by the return of an earlier attempt", [
    stored(),
    claimed(),
    started(),
    ran("returned"),
    lost(),
    claimed({ token: 2, attempt: 2 }),
    changed({ token: 2 }),
  ]],
  [ending.endingsHaveReasons, "a failure without a start", [
    stored(),
    claimed(),
    changed({ transitions: failed }),
  ]],
  [ending.endingsHaveReasons, "a cancelled task without a cancellation", [
    stored(),
    claimed(),
    changed({ transitions: ["Cancelled"] }),
  ]],

  [ending.statusesInOrder, "an attempt that was never queued", [
    stored(),
    claimed(),
    changed({ transitions: ["InProgress", "Pending!"], dueAt: 0 }),
    claimed({ token: 2, attempt: 2 }),
    changed({ token: 2 }),
  ]],
  [ending.statusesInOrder, "an outcome of a task that was never in progress", [
    stored(),
    claimed(),
    changed({ transitions: ["Completed"] }),
  ]],
  [ending.completionsCommit, "a commit of a rejected completion", [
    stored(),
    claimed(),
    started(),
    { at: 0, instance: "p1", kind: "completes", task: "t1", attempt: 1 },
    changed({ token: 0, applied: false }),
    { at: 0, instance: "p1", kind: "committed", task: "t1", attempt: 1 },
  ]],
  ...brokenSeries,
  ...brokenOperations,

  [limit.ratesHold, "a third start in a period", [0, 500, 999].map((at) => slotTaken({ at }))],
  [limit.startsPermitted, "a second start with one permit", [
    slotTaken(),
    started({ limit: "limited" }),
    started({ task: "t2", limit: "limited" }),
  ]],
  [limit.startsPermitted, "a start that the limit has postponed", [
    slotTaken({ goes: false }),
    started({ limit: "limited" }),
  ]],

  [end.purgesInTime, "a task that is deleted too early", [stored(), claimed(), changed()]],
  [end.purgesInTime, "a task that is not deleted", [
    stored({ level: "None" }),
    claimed(),
    changed(),
    purgedBefore(1),
  ], [completed({ trail: [], trailAt: [] })]],
  [end.auditAsLevelled, "a row that is deleted too early", [
    stored(),
    claimed(),
    changed(),
    purgedBefore(0),
  ], [completed({ trail: [] })]],
  [end.auditAsLevelled, "a missing row of a run", [
    storedSeries(),
    ...run(1, { at: 1_000, plannedAt: 1_000, nextRunAt: null }),
  ], [
    completed({
      attempt: 0,
      trail: ["WaitingQueue", "Completed"],
      trailAt: [0, 1_000],
      series: { runCount: 1, nextRunAt: null },
    }),
  ]],

  [end.allEnd, "a task that is still waiting", [], [completed({ status: "Queued", dueAt: 3 })]],
  [end.allEnd, "a task that is still held", [], [completed({ worker: "w1" })]],
  [end.allEnd, "a task that is neither due nor has ended", [], [completed({ status: "Pending" })]],
  [end.rowsAgree, "a task that was never stored", [], [completed()]],
  [end.rowsAgree, "a loss count without a loss", [stored(), claimed(), changed()], [
    completed({ lostCount: 1 }),
  ]],
  [end.rowsAgree, "a cancel mark without a request", [stored(), claimed(), changed()], [
    completed({ cancelRequested: true }),
  ]],
  [end.rowsAgree, "a queue that no operator has changed", [stored(), claimed(), changed()], [
    completed({ queue: "narrow" }),
  ]],
  [end.rowsAgree, "a status that differs from the history", [stored(), claimed(), changed()], [
    completed({ status: "Failed" }),
  ]],
  [end.auditAsLevelled, "a missing row", [stored(), claimed(), changed()], [
    completed({ trail: ["Queued", "Completed"] }),
  ]],
  [end.auditAsLevelled, "a row that the audit level excludes", [
    stored({ level: "ErrorsOnly" }),
    claimed(),
    changed(),
  ], [completed({ level: "ErrorsOnly", trail: ["Completed"] })]],
  [end.auditInTime, "a row that is older than the previous one", [
    stored(),
    claimed(),
    changed({ at: 500 }),
  ], [
    completed({ trailAt: [0, 450, 400] }),
  ]],
  [end.auditInTime, "a row whose instant is after its write", [stored(), claimed(), changed()], [
    completed({ trailAt: [0, 0, 1] }),
  ]],
  [ending.retriesAsAllowed, "a retry too many", [
    stored({ retries: 0 }),
    claimed(),
    changed({ transitions: ["InProgress", "Pending!"], dueAt: 0 }),
  ], [completed()]],
  [ending.retriesAsAllowed, "a failure before the last attempt", [
    stored(),
    claimed(),
    started(),
    ran("threw"),
    changed({ transitions: failed }),
  ], [failedTask]],
  [ending.retriesAsAllowed, "a loss that counts as a failure", [
    stored(),
    claimed(),
    started(),
    lost(),
    claimed({ token: 2, attempt: 2 }),
    started({ attempt: 2 }),
    ran("threw", { attempt: 2 }),
    changed({ token: 2, transitions: failed }),
  ], [failedTask]],
];

Deno.test("a history that follows every rule passes", () => {
  assertEquals(checkHistory(wellKept), []);
});

for (const [rule, what, entries, tasks = [], actions = []] of broken) {
  Deno.test(`the rule "${rule.name}" is violated by ${what}`, () => {
    const history = { startsAt: 0, entries, tasks, actions };
    assert(rule.check(replay(history)).length > 0);
    assert(checkHistory(history).some((line) => line.includes(rule.name)));
  });
}

Deno.test("each rule has a history that violates it", () => {
  const tested = new Set(broken.map(([rule]) => rule));
  assertEquals(rules.filter((rule) => !tested.has(rule)).map(({ name }) => name), []);
});

Deno.test("a stopping process may start a handler whose attempt is stored as in progress", () => {
  const entries = [
    stored(),
    claimed(),
    changed({ transitions: ["Queued", "InProgress"] }),
    processDid("stops"),
    started(),
  ];
  assertEquals(call.stopsHold.check(replay({ startsAt: 0, entries, tasks: [] })), []);
});

Deno.test("a task may fail before its last attempt because of a timeout or too many losses", () => {
  const begun = [stored(), claimed(), started()];
  const ends: HistoryEntry[][] = [
    [ran("threw", { aborted: "TimeoutError" }), changed({ transitions: failed })],
    [changed({ transitions: failed })], // given up while its handler is still running
    [lost({ poisoned: true })],
    [ // given up as above, and the handler of an earlier, lost attempt ends later
      lost(),
      claimed({ token: 2, attempt: 2, instance: "p2" }),
      started({ attempt: 2, instance: "p2" }),
      changed({ token: 2, transitions: failed, instance: "p2" }),
      ran("returned", { aborted: "LeaseLostError" }),
    ],
    [ // the same in one process, after a timeout
      lost(),
      claimed({ token: 2, attempt: 2 }),
      started({ attempt: 2 }),
      ran("threw", { attempt: 2, aborted: "TimeoutError" }),
      ran("returned", { aborted: "LeaseLostError" }),
      changed({ token: 2, transitions: failed }),
    ],
  ];
  for (const entries of ends) {
    const history = { startsAt: 0, entries: [...begun, ...entries], tasks: [failedTask] };
    assertEquals(ending.retriesAsAllowed.check(replay(history)), []);
  }
});
