// Changes by operators: they apply to the version that the operator has seen, and are recorded.

import type {
  NewOperatorAction,
  RowEdit,
  TaskEdit,
  TasksEdited,
} from "../../../storage/requests.ts";
import { expectNear, expectSame, expectThat } from "../expect.ts";
import { day, hour, leaseMs, logLine, minute, type Scene, series, topic } from "../scene.ts";

/** The record of an action of the operator Ada on a task. */
export function actionOn(
  taskId: string,
  overrides: Partial<NewOperatorAction> = {},
): NewOperatorAction {
  return {
    verb: "edit",
    by: "ada@example.org",
    reason: "as the customer asked",
    target: { kind: "task", id: taskId },
    before: '{"queue":"default"}',
    after: '{"queue":"urgent"}',
    ...overrides,
  };
}

/** A change of a task in its present version. */
export async function editOf(
  s: Scene,
  taskId: string,
  change: TaskEdit["change"],
): Promise<TaskEdit> {
  return { taskId, version: (await s.row(taskId)).version, change };
}

/** Changes one task in its present version. Fails if the change is not applied. */
async function edit(s: Scene, taskId: string, change: TaskEdit["change"]): Promise<TasksEdited> {
  const edits = [await editOf(s, taskId, change)];
  const edited = await s.storage.editTasks({ edits, action: actionOn(taskId) });
  expectSame(edited.applied, [true], "it is changed");
  return edited;
}

/** Returns a row without its version, which every edit changes. */
function unchanged<T extends { readonly version: string }>({ version: _, ...rest }: T) {
  return rest;
}

/** A task that is not due during the case. */
const later = { status: "WaitingQueue", due: { inMs: hour } } as const;

export const operations = topic("changes by operators", {
  "a task gets another payload, queue and priority, and nothing else changes": async (s) => {
    const id = await s.add(later);
    const before = await s.row(id);
    const change = { payload: '{"to":"bob"}', queue: "urgent", priority: 7 };
    await edit(s, id, change);
    const after = await s.row(id);
    expectSame(unchanged(after), unchanged({ ...before, ...change }), "the row");
    expectThat(after.version !== before.version, "the version is another one");
    expectSame(await s.statuses(id), ["WaitingQueue"], "no status change is audited");
  },

  "a due task is claimed with its edited fields": async (s) => {
    const ids = await s.addMany(2);
    await edit(s, ids[1]!, { priority: 5, payload: "[1]" });
    const moved = await s.add();
    await edit(s, moved, { queue: "elsewhere" });
    const tasks = await s.claim(await s.worker());
    expectSame(
      tasks.map(({ id, priority }) => [id, priority]),
      [[ids[1], 5], [ids[0], 0]],
      "by the new priority, and not from the old queue",
    );
    expectSame(tasks[0]?.payload, "[1]", "with the new payload");
    const [other] = await s.claim("worker-a", { queues: ["elsewhere"] });
    expectSame(other?.id, moved, "from the new queue");
  },

  "an edit sets the due instant of a task": async (s) => {
    const now = await s.now();
    const dueAfter = async (due: NonNullable<RowEdit["due"]> | null) => {
      const id = await s.add(later);
      await edit(s, id, { due });
      return (await s.row(id)).dueAt;
    };
    expectSame(await dueAfter({ at: now + day }), now + day, "at an instant");
    expectNear(await dueAfter({ inMs: 2 * hour }), now + 2 * hour, "after a time");
    expectNear(await dueAfter("soonest"), now, "at once");
    expectSame(await dueAfter(null), null, "never");
    const due = await s.add({ due: { at: now - day } });
    await edit(s, due, { due: "soonest" });
    expectSame((await s.row(due)).dueAt, now - day, "a due task keeps its place");
  },

  "an ended task begins a new cycle, and keeps its history": async (s) => {
    const { id, lease } = await s.claimed();
    await s.change(id, ["InProgress"], { lease });
    await s.storage.unregisterWorker("worker-a");
    await s.releaseLost();
    await s.change(id, [["Failed", "it broke"]], { executionTimeMs: 12 });
    const before = await s.row(id);
    await edit(s, id, { status: "Queued", startsAnew: true, due: "soonest" });
    const { dueAt, ...after } = await s.row(id);
    expectNear(dueAt, await s.now(), "it is due");
    const { dueAt: _, ...fields } = before;
    const anew = {
      status: "Queued" as const,
      exception: null,
      attempt: 0,
      lostCount: 0,
      rateSlotAt: null,
    };
    expectSame(unchanged(after), unchanged({ ...fields, ...anew }), "the row");
    expectSame(
      await s.statuses(id),
      [
        ...["Queued", "InProgress", "ServiceStopped: The worker was lost."],
        ...["Failed: it broke", "Queued"],
      ],
      "the audit goes on",
    );
    expectSame(
      (await s.claim(await s.worker()))[0]?.attempt,
      1,
      "it is claimed for its first attempt",
    );
  },

  "an edit is audited at the task's own level": async (s) => {
    for (const auditLevel of ["Full", "Minimal", "ErrorsOnly", "None"] as const) {
      const { id, lease } = await s.claimed({ auditLevel });
      await s.change(id, ["Completed"], { lease, auditLevel: "None" });
      const before = await s.statuses(id);
      await edit(s, id, { status: "Queued", startsAnew: true, due: { inMs: day } });
      const added = (await s.statuses(id)).slice(before.length);
      expectSame(added, auditLevel === "Full" ? ["Queued"] : [], auditLevel);
    }
  },

  "a deleted task leaves nothing behind, and its key is free": async (s) => {
    const tags = ["tenant:42"];
    const id = await s.addSeries({ taskKey: "report", tags });
    await s.storage.updateCurrentRun(id, 1, await s.now() + hour, "Full");
    await s.storage.saveExecutionLogs([logLine(id, "a line")]);
    await edit(s, id, "delete");
    expectSame(await s.storage.get(id), null, "the row");
    expectSame(await s.statuses(id), [], "the status audit");
    expectSame(await s.runs(id), [], "the runs audit");
    expectSame((await s.storage.executionLogs(id)).items, [], "the log");
    expectSame((await s.storage.list({ tags })).items, [], "the tags");
    expectSame(await s.historyRows(), [0, 0, 0], "nothing is left in any table");
    const again = await s.persist(s.task({ taskKey: "report" }));
    expectSame(again.outcome, "created", "another task may have the key");
    const waiting = await s.add({ taskKey: "second" });
    await edit(s, waiting, "delete");
    await s.unit.passTime(2 * hour);
    const claimed = await s.claim(await s.worker());
    expectSame(claimed.map((task) => task.id), [again.id], "it is never claimed");
  },

  "a worker is asked to cancel the task that it holds": async (s) => {
    const { id } = await s.claimed();
    await edit(s, id, { cancelRequested: true });
    const row = await s.row(id);
    expectSame([row.cancelRequested, row.workerId], [true, "worker-a"], "the row");
    const { cancelRequests } = await s.storage.heartbeat("worker-a", leaseMs);
    expectSame(cancelRequests, [id], "the owner is told");
    await edit(s, id, { cancelRequested: false });
    expectSame((await s.row(id)).cancelRequested, false, "and no longer");
  },

  "a series gets another schedule and keeps its run count": async (s) => {
    const id = await s.addSeries();
    const now = await s.now();
    await s.storage.updateCurrentRun(id, 1, now + day, "Full");
    const before = await s.row(id);
    const nextRunAt = now + hour;
    const plan = series({ schedule: '{"every":1,"unit":"hours"}', info: "hourly", nextRunAt });
    await edit(s, id, { series: plan, due: { at: nextRunAt } });
    const after = await s.row(id);
    const expected = { ...before, dueAt: nextRunAt, series: { ...plan, runCount: 1 } };
    expectSame(unchanged(after), unchanged(expected), "the row");
    await edit(s, id, { status: "Cancelled", endsSeries: true, due: null });
    expectSame((await s.row(id)).series?.nextRunAt, null, "and it can be ended");
    expectSame(await s.storage.makeDue([id]), [false], "for good");
  },

  "a paused series does not run, except for an extra run, until it is resumed": async (s) => {
    const id = await s.addSeries();
    const nextRunAt = await s.now() + hour;
    await s.storage.updateCurrentRun(id, 1, nextRunAt, "Full");
    await edit(s, id, { paused: true, due: null });
    const row = await s.row(id);
    expectSame([row.dueAt, row.series?.nextRunAt], [null, nextRunAt], "the run stays planned");
    expectSame(row.series?.paused, true, "the row tells");
    await s.unit.passTime(2 * hour);
    expectSame(await s.claim(await s.worker()), [], "nothing runs");
    expectSame(await s.storage.makeDue([id]), [true], "an extra run is possible");
    const [task] = await s.claim("worker-a");
    expectSame(task?.id, id, "it runs");
    const lease = { workerId: "worker-a", token: task!.leaseToken };
    await s.storage.updateCurrentRun(id, 1, await s.now() - minute, "Full", { lease });
    expectSame((await s.row(id)).dueAt, null, "and is paused as before");
    await edit(s, id, { paused: false, due: { at: await s.now() - minute } });
    expectSame((await s.row(id)).series?.paused, undefined, "it is resumed");
    expectSame((await s.claim("worker-a")).map((claimed) => claimed.id), [id], "it runs");
  },

  "a series that is paused while it runs ends the run and begins no other": async (s) => {
    const id = await s.addSeries();
    const [task] = await s.claim(await s.worker());
    await edit(s, id, { paused: true });
    const lease = { workerId: "worker-a", token: task!.leaseToken };
    const transitions = [{ status: "Completed", exception: null, agoMs: 0 }] as const;
    const end = { auditLevel: "Full", executionTimeMs: 1, transitions } as const;
    const nextRunAt = await s.now() - minute;
    const [{ applied } = { applied: false }] = await s.storage.updateCurrentRunMany([
      { ...end, taskId: id, lease, nextRunAt },
    ]);
    expectThat(applied, "the run ends");
    expectSame(await s.claim("worker-a"), [], "and no other begins");
    expectSame(await s.storage.requestCancel([id]), ["cancelled"], "it can be cancelled");
  },

  "a cancel request for a paused series makes it due at the end of its run, to be cancelled":
    async (s) => {
      const id = await s.addSeries();
      const [task] = await s.claim(await s.worker());
      await edit(s, id, { paused: true });
      await s.storage.requestCancel([id]);
      const lease = { workerId: "worker-a", token: task!.leaseToken };
      await s.storage.updateCurrentRun(id, 1, await s.now() + hour, "Full", { lease });
      const [again] = await s.claim("worker-a");
      expectSame([again?.id, again?.cancelRequested], [id, true], "who claims it sees the request");
    },

  "a dispatch leaves a paused series paused, and restarts an ended series": async (s) => {
    const dispatch = (schedule: string) =>
      s.persist(s.recurring({ taskKey: "report" }, { schedule }));
    const { id } = await dispatch("a");
    await edit(s, id, { paused: true, due: null });
    for (const schedule of ["a", "b"]) {
      const { outcome } = await dispatch(schedule);
      const row = await s.row(id);
      expectSame([outcome, row.dueAt, row.series?.paused], ["updated", null, true], schedule);
    }
    await s.storage.requestCancel([id]);
    await dispatch("b");
    const row = await s.row(id);
    expectSame([row.dueAt === null, row.series?.paused], [false, undefined], "it is alive again");
  },

  "every change of a task gives it another version": async (s) => {
    const id = await s.add({ taskKey: "order-7" });
    const versions = new Set<string>();
    const look = async () => {
      const { version } = await s.row(id);
      expectSame((await s.row(id)).version, version, "reading changes nothing");
      expectThat(version.length <= 150, "it is short");
      versions.add(version);
    };
    const steps: (() => Promise<unknown>)[] = [
      () => edit(s, id, { priority: 1 }),
      () => edit(s, id, { priority: 1 }),
      () => s.persist(s.task({ taskKey: "order-7", ...later })),
      () => s.persist(s.task({ taskKey: "order-7", ...later, due: { inMs: day } })),
      () => s.storage.makeDue([id]),
      () => s.worker().then(() => s.claim("worker-a")),
      () => s.storage.requestCancel([id]),
      () => s.change(id, ["InProgress"]),
      () => s.change(id, [["Failed", "it broke"]]),
      () => s.storage.makeDue([id]),
      () => s.storage.requestCancel([id]),
    ];
    await look();
    for (const step of steps) {
      await step();
      await look();
    }
    expectSame(versions.size, steps.length + 1, "another version after each step");
  },

  "a series that is taken from its worker by hand has another version": async (s) => {
    const id = await s.addSeries();
    await s.storage.updateCurrentRun(id, 1, await s.now() - minute, "Full");
    await s.claim(await s.worker());
    const before = await s.row(id);
    await s.change(id, ["Completed"]);
    const after = await s.row(id);
    expectSame([before.workerId, after.workerId], ["worker-a", null], "it is held no longer");
    expectThat(after.version !== before.version, "the version");
  },

  "an edit of an older version changes nothing and is not recorded": async (s) => {
    const id = await s.add(later);
    const seen = await editOf(s, id, { priority: 3 });
    await edit(s, id, { priority: 1 });
    const before = await s.row(id);
    for (const change of [seen.change, "delete"] as const) {
      const edits = [{ ...seen, change }];
      const edited = await s.storage.editTasks({ edits, action: actionOn(id) });
      expectSame(edited, { actionId: null, applied: [false] }, "it is refused");
    }
    expectSame(await s.row(id), before, "the row");
    const missing = s.id();
    const edited = await s.storage.editTasks({
      edits: [{ ...seen, taskId: missing }],
      action: actionOn(missing),
    });
    expectSame(edited.applied, [false], "an unknown task is rejected, too");
    expectSame((await s.storage.operatorActions()).items.length, 1, "only the first is noted");
  },

  "of two operators who have seen the same version, one changes the task": async (s) => {
    const id = await s.add(later);
    const seen = await editOf(s, id, { priority: 3 });
    const other = await s.unit.another();
    const answers = await Promise.all(
      [s.storage, other].map((storage) =>
        storage.editTasks({ edits: [seen], action: actionOn(id) })
      ),
    );
    const applied = answers.flatMap((answer) => answer.applied);
    expectSame(applied.toSorted(), [false, true], "one of them");
    expectSame((await s.storage.operatorActions()).items.length, 1, "one note");
  },
});
