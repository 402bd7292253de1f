// The records of operators' actions: a change has one record, even if it is made in several
// batches. Records are read in pages.

import type { ActionBatch, TasksEdit } from "../../../storage/requests.ts";
import { expectNear, expectSame } from "../expect.ts";
import { day, hour, type Scene, topic } from "../scene.ts";
import { actionOn, editOf } from "./operations.ts";

const later = { status: "WaitingQueue", due: { inMs: hour } } as const;

/** Text that a user could write. */
const hostile = 'Robert\'); DROP TABLE queued_tasks;-- \u0000 \u001a {"a":[1]} \\ 🙂';

/** Records an action of Ada on a queue. */
async function pause(s: Scene, queue: string, by = "ada"): Promise<void> {
  const target = { kind: "queue", id: queue } as const;
  await s.storage.setQueuePaused(queue, true, actionOn("", { verb: "pauseQueue", by, target }));
}

async function batchOf(
  s: Scene,
  ids: readonly string[],
  batch: ActionBatch,
): Promise<TasksEdit> {
  const edits = await Promise.all(ids.map((id) => editOf(s, id, { priority: 9 })));
  return { edits, action: actionOn("", { target: { kind: "tasks", id: null } }), batch };
}

export const operatorActions = topic("operator actions", {
  "a change of a task is recorded": async (s) => {
    const id = await s.add(later);
    const action = actionOn(id);
    const edits = [await editOf(s, id, { priority: 3 })];
    const { actionId } = await s.storage.editTasks({ edits, action });
    const { items: [noted], next } = await s.storage.operatorActions();
    const { doneAt, ...fields } = noted!;
    expectNear(doneAt, await s.now(), "by the store's clock");
    const progress = { changed: 1, skipped: 0, next: null };
    expectSame(fields, { ...action, id: actionId!, ...progress }, "the note");
    expectSame(next, null, "there is no other");
  },

  "the pause of a queue is recorded if the call passes an action": async (s) => {
    await s.storage.setQueuePaused("plain", true);
    expectSame((await s.storage.operatorActions()).items, [], "nothing is recorded without");
    await pause(s, "email");
    const { items: [noted] } = await s.storage.operatorActions();
    expectSame(
      [noted?.verb, noted?.target, noted?.changed],
      ["pauseQueue", { kind: "queue", id: "email" }, 1],
      "the note",
    );
    const { pausedQueues } = await s.storage.heartbeat(await s.worker(), hour);
    expectSame(pausedQueues.toSorted(), ["email", "plain"], "both are paused");
  },

  "texts of users are returned unchanged": async (s) => {
    const id = await s.add({ ...later, queue: "default" });
    const text = hostile;
    const action = actionOn(id, {
      by: text.slice(0, 40),
      reason: text,
      before: JSON.stringify({ text }),
      after: null,
    });
    const payload = JSON.stringify(text);
    const edits = [await editOf(s, id, { payload, queue: hostile })];
    await s.storage.editTasks({ edits, action });
    const row = await s.row(id);
    expectSame([row.payload, row.queue], [payload, hostile], "the row");
    await pause(s, hostile);
    const { items } = await s.storage.operatorActions({ queue: hostile });
    expectSame(items.map(({ target }) => target.id), [hostile], "the queue's");
    const [noted] = (await s.storage.operatorActions({ by: action.by })).items;
    expectSame(
      [noted?.by, noted?.reason, noted?.before, noted?.after],
      [action.by, action.reason, action.before, null],
      "the task's",
    );
  },

  "actions are listed newest first, in pages, by operator, verb and target": async (s) => {
    const id = await s.add(later);
    for (let n = 0; n < 5; n++) await pause(s, `queue-${n}`, n % 2 === 0 ? "ada" : "bob");
    const edits = [await editOf(s, id, { priority: 3 })];
    await s.storage.editTasks({ edits, action: actionOn(id) });
    const all = (await s.storage.operatorActions()).items;
    const targets = all.map(({ target }) => target.id);
    expectSame(targets, [id, "queue-4", "queue-3", "queue-2", "queue-1", "queue-0"], "the order");
    const first = await s.storage.operatorActions({}, { limit: 4 });
    const rest = await s.storage.operatorActions({}, { limit: 4, after: first.next! });
    expectSame([...first.items, ...rest.items], all, "two pages");
    expectSame(rest.next, null, "and no third");
    const found = async (filter: Parameters<typeof s.storage.operatorActions>[0]) =>
      (await s.storage.operatorActions(filter)).items.map(({ target }) => target.id);
    expectSame(await found({ by: "bob" }), ["queue-3", "queue-1"], "by who");
    expectSame(await found({ verbs: ["edit", "delete"] }), [id], "by what");
    expectSame(await found({ verbs: [] }), [], "an empty list matches nothing");
    expectSame(await found({ taskId: id }), [id], "by task");
    expectSame(await found({ queue: "queue-2", by: "ada" }), ["queue-2"], "by queue");
    expectSame(await found({ queue: id }), [], "a task is not a queue");
  },

  "the batches of a change share one record": async (s) => {
    const ids = await s.addMany(5, later);
    const gone = await editOf(s, ids[2]!, { priority: 9 });
    const first = await batchOf(s, ids.slice(0, 2), { continues: null, skipped: 3, next: "a" });
    const { actionId } = await s.storage.editTasks(first);
    const continues = { actionId: actionId!, next: "a" };
    await s.storage.requestCancel([ids[2]!]);
    const second = await batchOf(s, ids.slice(3), { continues, skipped: 1, next: null });
    const edits = [gone, ...second.edits];
    const edited = await s.storage.editTasks({ ...second, edits });
    expectSame(edited, { actionId, applied: [false, true, true] }, "it goes on");
    const { items } = await s.storage.operatorActions();
    const figures = items.map(({ id, changed, skipped, next }) => ({ id, changed, skipped, next }));
    const expected = { id: actionId!, changed: 4, skipped: 5, next: null };
    expectSame(figures, [expected], "one note, with the sums");
  },

  "a batch that is repeated is applied once": async (s) => {
    const ids = await s.addMany(3, later);
    const begun = await s.storage.editTasks(
      await batchOf(s, [ids[0]!], { continues: null, skipped: 0, next: "a" }),
    );
    const continues = { actionId: begun.actionId!, next: "a" };
    await s.storage.editTasks(await batchOf(s, [ids[1]!], { continues, skipped: 0, next: "b" }));
    const before = await s.row(ids[2]!);
    const again = await batchOf(s, [ids[2]!], { continues, skipped: 0, next: "b" });
    expectSame(await s.storage.editTasks(again), { actionId: null, applied: [false] }, "refused");
    expectSame(await s.row(ids[2]!), before, "the task");
    const [noted] = (await s.storage.operatorActions()).items;
    expectSame([noted?.changed, noted?.next], [2, "b"], "the note");
  },

  "a batch without a task is recorded, too": async (s) => {
    const empty = await batchOf(s, [], { continues: null, skipped: 2, next: null });
    const { actionId, applied } = await s.storage.editTasks(empty);
    expectSame(applied, [], "nothing is changed");
    const [noted] = (await s.storage.operatorActions()).items;
    expectSame([noted?.id, noted?.changed, noted?.skipped], [actionId, 0, 2], "the note");
  },

  "actions are deleted at the age that the policy sets, and kept if it sets none": async (s) => {
    await pause(s, "old");
    await s.unit.passTime(40 * day);
    await pause(s, "young");
    const left = async (operatorActionDays: number | null, dryRun = false) => {
      await s.storage.purge({ operatorActionDays }, { budget: 100, dryRun });
      return (await s.storage.operatorActions()).items.map(({ target }) => target.id);
    };
    expectSame(await left(null), ["young", "old"], "without a limit");
    expectSame(await left(50), ["young", "old"], "a longer one");
    expectSame(await left(30, true), ["young", "old"], "a dry run");
    expectSame(await left(30), ["young"], "a shorter one");
    await s.unit.passTime(40 * day);
    expectSame(await left(30), [], "all of them");
    await pause(s, "next");
    expectSame(await left(30), ["next"], "a new one stays");
  },

  "a large batch is changed in one call": async (s) => {
    const ids = await s.addMany(200, later);
    const { applied } = await s.storage.editTasks(
      await batchOf(s, ids, { continues: null, skipped: 0, next: null }),
    );
    expectSame(applied.filter((isApplied) => isApplied).length, 200, "all of them");
    expectSame((await s.row(ids[150]!)).priority, 9, "the row");
  },
});
