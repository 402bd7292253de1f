// The waiting tasks of a store, arranged so that a claim reads only the tasks that it takes, by
// queue, type and priority. A claim never reads tasks of other types or tasks that are not yet due.
// Tasks that were dispatched to run at once are kept apart, so that a new immediate task is not
// sifted past all series and delayed tasks.

import { isBefore } from "./due_order.ts";
import type { TaskRow } from "./rows.ts";
import { WaitingTasks } from "./waiting_tasks.ts";

/** All tasks that have a due instant. */
export class DueTasks {
  readonly #queues = new Map<string, Map<string, WaitingTasks<TaskRow>[]>>();

  /** Sets the instant from which a task can be claimed; null if it can no longer be claimed. */
  setDue(row: TaskRow, dueAt: number | null): void {
    if (row.waitsIn !== null) this.#remove(row);
    row.dueAt = dueAt;
    if (dueAt !== null) this.#groupFor(row).add(row);
  }

  /**
   * Removes up to `limit` due tasks and returns them: highest priority first, then longest due,
   * then lowest id.
   */
  take(queue: string, types: readonly string[], limit: number, now: number): TaskRow[] {
    const groups = this.#groupsOf(queue, types);
    const taken: TaskRow[] = [];
    while (taken.length < limit) {
      const next = firstDue(groups, now);
      if (next === undefined) break;
      this.#remove(next);
      taken.push(next);
    }
    return taken;
  }

  /** Returns the earliest due instant in a queue; undefined if no task waits. */
  earliest(queue: string, types: readonly string[]): number | undefined {
    let earliest: number | undefined;
    for (const group of this.#groupsOf(queue, types)) {
      const dueAt = group.first?.dueAt ?? undefined;
      if (dueAt !== undefined && !(earliest! <= dueAt)) earliest = dueAt;
    }
    return earliest;
  }

  /** Yields the waiting tasks of each queue, in no particular order. */
  *byQueue(): Generator<readonly [queue: string, rows: Iterable<TaskRow>]> {
    for (const [queue, types] of this.#queues) {
      for (const groups of types.values()) {
        for (const group of groups) yield [queue, group];
      }
    }
  }

  #groupsOf(queue: string, types: readonly string[]): WaitingTasks<TaskRow>[] {
    const byType = this.#queues.get(queue);
    if (byType === undefined) return [];
    return types.flatMap((type) => byType.get(type) ?? []);
  }

  #groupFor(row: TaskRow): WaitingTasks<TaskRow> {
    let byType = this.#queues.get(row.queue);
    if (byType === undefined) this.#queues.set(row.queue, byType = new Map());
    let groups = byType.get(row.type);
    if (groups === undefined) byType.set(row.type, groups = []);
    const { priority } = row;
    const isImmediate = row.scheduledAt === null && row.series === null;
    let group = groups.find((each) =>
      each.priority === priority && each.isImmediate === isImmediate
    );
    if (group === undefined) groups.push(group = new WaitingTasks<TaskRow>(priority, isImmediate));
    return group;
  }

  /**
   * Removes a task from its group. Deletes a group that is then empty, so that queues, types and
   * priorities that are no longer used take no memory.
   */
  #remove(row: TaskRow): void {
    const group = row.waitsIn!;
    group.remove(row);
    if (group.size > 0) return;
    const byType = this.#queues.get(row.queue)!;
    const others = byType.get(row.type)!.filter((other) => other !== group);
    if (others.length > 0) byType.set(row.type, others);
    else byType.delete(row.type);
    if (byType.size === 0) this.#queues.delete(row.queue);
  }
}

function firstDue(groups: readonly WaitingTasks<TaskRow>[], now: number): TaskRow | undefined {
  let best: TaskRow | undefined;
  for (const group of groups) {
    const row = group.first;
    if (row === undefined || row.dueAt! > now) continue;
    const isBetter = best === undefined || group.priority > best.priority ||
      (group.priority === best.priority && isBefore(row, best));
    if (isBetter) best = row;
  }
  return best;
}
