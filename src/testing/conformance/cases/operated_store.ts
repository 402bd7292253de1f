// Changes by operators that concern no single task: they stop workers, release rate limits and
// purge history.

import type { OperatedPurge } from "../../../storage/retention.ts";
import { expectSame, expectThat, expectValue } from "../expect.ts";
import { day, hour, leaseMs, type Scene, slotRequest, topic } from "../scene.ts";
import { actionOn } from "./operations.ts";

const emissionIntervalMs = hour;
const limited = slotRequest({ emissionIntervalMs, horizonMs: 1000 * hour });

function draining(workerId: string) {
  return actionOn("", { verb: "drainWorker", target: { kind: "worker", id: workerId } });
}

const releasing = actionOn("", { verb: "releaseLimit", target: { kind: "limit", id: "mail" } });

function purging(continues: string | null): OperatedPurge {
  const target = { kind: "history", id: null } as const;
  return { action: actionOn("", { verb: "purge", target }), continues };
}

/** Takes slots in one call, and returns their distances from now, in intervals. */
async function slots(s: Scene, wishes: readonly (typeof limited)[]): Promise<number[]> {
  const { now, slots } = await s.storage.takeRateSlots(wishes);
  return slots.map(({ slotAt }) => Math.round((slotAt - now) / emissionIntervalMs));
}

async function recorded(s: Scene) {
  const { items } = await s.storage.operatorActions();
  return items.map(({ verb, target, changed, next }) => ({ verb, target, changed, next }));
}

/** Stores completed tasks whose status changes are old. */
async function oldChanges(s: Scene, count: number): Promise<void> {
  for (const id of await s.addMany(count)) await s.change(id, [["Completed", null, 50 * day]]);
}

export const operatedStore = topic("operated store", {
  "a worker that must stop learns it from each heartbeat, and no other worker does": async (s) => {
    await s.worker("worker-a");
    await s.worker("worker-b");
    const told = async (id: string) => (await s.storage.heartbeat(id, leaseMs)).draining;
    expectSame(await told("worker-a"), false, "before");
    expectSame(await s.storage.drainWorker("worker-a", draining("worker-a")), true, "asked");
    expectSame([await told("worker-a"), await told("worker-b")], [true, false], "one of two");
    expectSame(await told("worker-a"), true, "also with the next heartbeat");
    await s.worker("worker-a");
    expectSame(await told("worker-a"), true, "also if it registers again");
    const workers = await s.storage.workers();
    expectSame(
      workers.map((worker) => [worker.id, worker.draining]).toSorted(),
      [["worker-a", true], ["worker-b", false]],
      "the list of workers",
    );
    const { verb, target } = draining("worker-a");
    const expected = { verb, target, changed: 1, next: null };
    expectSame(await recorded(s), [expected], "the record");
  },

  "an unknown worker cannot be asked to stop": async (s) => {
    await s.worker("worker-a");
    await s.storage.unregisterWorker("worker-a");
    for (const id of ["worker-a", "nobody", "\u0000'"]) {
      expectSame(await s.storage.drainWorker(id, draining(id)), false, id);
      expectSame((await s.storage.heartbeat(id, leaseMs)).draining, false, "its heartbeat");
    }
    expectSame(await recorded(s), [], "nothing is recorded");
  },

  "after the release of a rate limit, the next tasks run at once": async (s) => {
    const key = "mail\u001ftenant ' \u0000 ";
    const one = { ...limited, key, burst: 2 };
    const other = { ...limited, key: "other" };
    expectSame(await slots(s, [one, one, one, one]), [0, 0, 1, 2], "the budget is used");
    expectSame(await slots(s, [other, other]), [0, 1], "and another one");
    expectSame(await s.storage.releaseRateLimit(key, releasing), true, "released");
    expectSame(await slots(s, [one, one, one]), [0, 0, 1], "as if it were new");
    expectSame(await slots(s, [other]), [2], "the other is unchanged");
    const { verb, target } = releasing;
    expectSame(await recorded(s), [{ verb, target, changed: 1, next: null }], "the record");
  },

  "slots that were reserved before a release are void": async (s) => {
    const { slots: [, second, third] } = await s.storage.takeRateSlots([limited, limited, limited]);
    await s.storage.returnRateSlots([{ key: limited.key, slotAt: second!.slotAt }]);
    await s.storage.releaseRateLimit(limited.key, releasing);
    const waits = { ...limited, reservedAt: third!.slotAt };
    expectSame(await slots(s, [waits, limited]), [0, 1], "its task runs at once");
    const [limit] = (await s.storage.rateLimits()).items;
    expectSame(limit?.returnedSlots, 0, "returned slots are gone");
  },

  "a slot that was reserved after a release is kept": async (s) => {
    await s.storage.takeRateSlots([limited, limited, limited]);
    await s.storage.releaseRateLimit(limited.key, releasing);
    const { slots: [, second] } = await s.storage.takeRateSlots([limited, limited]);
    const waits = { ...limited, reservedAt: second!.slotAt };
    expectSame(await slots(s, [waits, limited, waits]), [1, 2, 1], "it gets its slot again");
  },

  "a rate limit without a budget cannot be released": async (s) => {
    expectSame(await s.storage.releaseRateLimit("unknown", releasing), false, "refused");
    expectSame(await recorded(s), [], "nothing is recorded");
    expectSame((await s.storage.rateLimits()).items, [], "and no budget is made");
  },

  "an operator's purge is recorded as one action, whatever number of calls it takes": async (s) => {
    await oldChanges(s, 5);
    const policy = { statusAuditDays: 30 };
    let continues: string | null = null;
    let deleted = 0;
    for (let calls = 1; deleted < 5 || continues === null; calls++) {
      expectThat(calls <= 10, "it ends");
      const by = purging(continues);
      const { statusAudit, done, actionId } = await s.storage.purge(policy, { budget: 2, by });
      expectThat(statusAudit <= 2, "a call stays within its budget");
      deleted += statusAudit;
      expectSame(continues ?? actionId, actionId, "the same action");
      continues = expectValue(actionId, "an action");
      const [action] = (await s.storage.operatorActions()).items;
      expectSame([action?.changed, action?.next === null], [deleted, done], "its progress");
      if (done) break;
    }
    while ((await recorded(s))[0]!.next !== null) {
      await s.storage.purge(policy, { budget: 2, by: purging(continues) });
    }
    const { verb, target } = purging(null).action;
    const expected = { verb, target, changed: 5, next: null };
    expectSame(await recorded(s), [expected], "one record");
  },

  "a purge that is complete or unknown is not continued": async (s) => {
    await oldChanges(s, 1);
    const policy = { statusAuditDays: 30 };
    const { actionId } = await s.storage.purge({ statusAuditDays: 90 }, {
      budget: 100,
      by: purging(null),
    });
    for (const continues of [expectValue(actionId, "an action"), "999999"]) {
      const by = purging(continues);
      const refused = await s.storage.purge(policy, { budget: 100, by });
      expectSame(
        [refused.statusAudit, refused.done, refused.busy, refused.actionId],
        [0, false, false, undefined],
        "nothing is done",
      );
    }
    const { statusAudit, actionId: none } = await s.storage.purge(policy, { budget: 100 });
    expectSame([statusAudit, none], [1, undefined], "the row was left, and goes without a record");
    expectSame((await recorded(s)).map(({ changed }) => changed), [0], "one record");
  },

  "the operator actions that a purge deletes are counted": async (s) => {
    await s.worker("worker-a");
    for (let n = 0; n < 3; n++) await s.storage.drainWorker("worker-a", draining("worker-a"));
    await s.unit.passTime(40 * day);
    const policy = { operatorActionDays: 30 };
    const counted = async (dryRun: boolean) =>
      (await s.storage.purge(policy, { budget: 100, dryRun })).operatorActions;
    expectSame([await counted(true), await counted(true)], [3, 3], "a dry run");
    expectSame([await counted(false), await counted(false)], [3, 0], "a purge");
  },
});
