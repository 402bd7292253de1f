// Checks the result of a claim.

import { assert, assertEquals } from "@std/assert";
import type { ModelTask } from "./model.ts";

/**
 * Checks that a claim returned only candidates, in the right order, and up to the limit. Returns
 * the claimed tasks of the model.
 *
 * @param candidates The tasks that could be claimed.
 * @param limit The requested number of tasks of each queue.
 */
export function assertClaimed(
  tasks: readonly { readonly id: string }[],
  candidates: readonly ModelTask[],
  queues: readonly string[],
  limit: number,
): ModelTask[] {
  const byId = new Map(candidates.map((task) => [task.id, task]));
  const claimed = tasks.map(({ id }) => {
    const task = byId.get(id);
    assert(task !== undefined, `${id} could not be claimed`);
    return task;
  });
  assertEquals(new Set(claimed).size, claimed.length, "nothing is claimed twice");
  for (const queue of queues) {
    const taken = claimed.filter((task) => task.queue === queue);
    const all = candidates.filter((task) => task.queue === queue);
    assertEquals(taken.length, Math.min(limit, all.length), `all that fits comes from ${queue}`);
    const left = all.filter((task) => !taken.includes(task));
    for (let i = 0; i < taken.length; i++) {
      for (const later of [...taken.slice(i + 1), ...left]) {
        assert(!isBefore(later, taken[i]!), `${later.id} comes before ${taken[i]!.id}`);
      }
    }
  }
  return claimed;
}

/** Reports whether one due task must be claimed before another of its queue. */
function isBefore(a: ModelTask, b: ModelTask): boolean {
  return a.queue === b.queue &&
    (a.priority > b.priority || (a.priority === b.priority && a.dueAt! < b.dueAt!));
}
