// The waiting tasks of a store, arranged so that a claim reads only the tasks that it takes: two
// heaps for each queue, type and priority. A claim never reads tasks of other types or tasks that
// are not yet due. Tasks that were dispatched to run at once have their own heap, so that a new
// immediate task is not sifted past all series and delayed tasks.

import { DueHeap, isBefore } from "./due_heap.ts";
import type { TaskRow } from "./rows.ts";

/** All tasks that have a due instant. */
export class DueTasks {
  readonly #queues = new Map<string, Map<string, DueHeap<TaskRow>[]>>();

  /** Sets the instant from which a task can be claimed; null if it can no longer be claimed. */
  setDue(row: TaskRow, dueAt: number | null): void {
    if (row.heap !== null) this.#remove(row);
    row.dueAt = dueAt;
    if (dueAt !== null) this.#heapFor(row).add(row);
  }

  /**
   * Removes up to `limit` due tasks from their heaps and returns them: highest priority first, then
   * longest due, then lowest id.
   */
  take(queue: string, types: readonly string[], limit: number, now: number): TaskRow[] {
    const heaps = this.#heapsOf(queue, types);
    const taken: TaskRow[] = [];
    while (taken.length < limit) {
      const next = firstDue(heaps, now);
      if (next === undefined) break;
      this.#remove(next);
      taken.push(next);
    }
    return taken;
  }

  /** Returns the earliest due instant in a queue; undefined if no task waits. */
  earliest(queue: string, types: readonly string[]): number | undefined {
    let earliest: number | undefined;
    for (const heap of this.#heapsOf(queue, types)) {
      const dueAt = heap.first?.dueAt ?? undefined;
      if (dueAt !== undefined && !(earliest! <= dueAt)) earliest = dueAt;
    }
    return earliest;
  }

  /** Yields the waiting tasks of each queue, in no particular order. */
  *byQueue(): Generator<readonly [queue: string, rows: Iterable<TaskRow>]> {
    for (const [queue, types] of this.#queues) {
      for (const heaps of types.values()) {
        for (const heap of heaps) yield [queue, heap];
      }
    }
  }

  #heapsOf(queue: string, types: readonly string[]): DueHeap<TaskRow>[] {
    const byType = this.#queues.get(queue);
    if (byType === undefined) return [];
    return types.flatMap((type) => byType.get(type) ?? []);
  }

  #heapFor(row: TaskRow): DueHeap<TaskRow> {
    let byType = this.#queues.get(row.queue);
    if (byType === undefined) this.#queues.set(row.queue, byType = new Map());
    let heaps = byType.get(row.type);
    if (heaps === undefined) byType.set(row.type, heaps = []);
    const { priority } = row;
    const isImmediate = row.scheduledAt === null && row.series === null;
    let heap = heaps.find((each) => each.priority === priority && each.isImmediate === isImmediate);
    if (heap === undefined) heaps.push(heap = new DueHeap<TaskRow>(priority, isImmediate));
    return heap;
  }

  /**
   * Removes a task from its heap. Deletes the heap if it is then empty, so that queues, types and
   * priorities that are no longer used take no memory.
   */
  #remove(row: TaskRow): void {
    const heap = row.heap!;
    heap.remove(row);
    if (heap.size > 0) return;
    const byType = this.#queues.get(row.queue)!;
    const others = byType.get(row.type)!.filter((other) => other !== heap);
    if (others.length > 0) byType.set(row.type, others);
    else byType.delete(row.type);
    if (byType.size === 0) this.#queues.delete(row.queue);
  }
}

function firstDue(heaps: readonly DueHeap<TaskRow>[], now: number): TaskRow | undefined {
  let best: TaskRow | undefined;
  for (const heap of heaps) {
    const row = heap.first;
    if (row === undefined || row.dueAt! > now) continue;
    const isBetter = best === undefined || heap.priority > best.priority ||
      (heap.priority === best.priority && isBefore(row, best));
    if (isBetter) best = row;
  }
  return best;
}
