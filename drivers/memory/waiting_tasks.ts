// The waiting tasks of one queue, type and priority. A task that runs after all others in the line
// is added to the line, and any other task to the heap.

import { DueHeap, type HeapRow } from "./due_heap.ts";
import { DueLine, type LineRow } from "./due_line.ts";
import { isBefore } from "./due_order.ts";

/** The fields of a task that {@linkcode WaitingTasks} uses. */
export interface WaitingRow<Row extends WaitingRow<Row>> extends HeapRow, LineRow {
  /** The tasks among which the task waits, or null. */
  waitsIn: WaitingTasks<Row> | null;
}

/**
 * The waiting tasks of one queue, type and priority: either the tasks that were dispatched to run
 * at once, or all other tasks.
 */
export class WaitingTasks<Row extends WaitingRow<Row>> {
  readonly priority: number;
  readonly isImmediate: boolean;
  readonly #line = new DueLine<Row>();
  readonly #heap = new DueHeap<Row>();

  constructor(priority: number, isImmediate: boolean) {
    this.priority = priority;
    this.isImmediate = isImmediate;
  }

  /** The number of waiting tasks. */
  get size(): number {
    return this.#line.size + this.#heap.size;
  }

  /** The task that is due first; undefined if none waits. */
  get first(): Row | undefined {
    const { first } = this.#line;
    const other = this.#heap.first;
    if (first === undefined || other === undefined) return first ?? other;
    return isBefore(first, other) ? first : other;
  }

  /** Iterates over all tasks, in no particular order. */
  *[Symbol.iterator](): Generator<Row> {
    yield* this.#line;
    yield* this.#heap;
  }

  /** Adds a task. Its due instant must not change while it waits. */
  add(row: Row): void {
    row.waitsIn = this;
    if (this.#line.accepts(row)) this.#line.add(row);
    else this.#heap.add(row);
  }

  /** Removes a task, which must be one of these. */
  remove(row: Row): void {
    row.waitsIn = null;
    if (row.heapIndex < 0) this.#line.remove(row);
    else this.#heap.remove(row);
  }
}
