// A binary heap of waiting tasks, in the order in which they run. Each task stores its index, so
// that a task in the middle can be removed too.

import { type Due, isBefore } from "./due_order.ts";

/** The fields of a task that a heap uses. */
export interface HeapRow extends Due {
  /** The task's index in the heap; -1 if it is in none. */
  heapIndex: number;
}

/** Waiting tasks that were added in any order. */
export class DueHeap<Row extends HeapRow> {
  readonly #rows: Row[] = [];

  /** The number of tasks. */
  get size(): number {
    return this.#rows.length;
  }

  /** The task that is due first; undefined if the heap is empty. */
  get first(): Row | undefined {
    return this.#rows[0];
  }

  /** Iterates over all tasks, in no particular order. */
  [Symbol.iterator](): Iterator<Row> {
    return this.#rows[Symbol.iterator]();
  }

  /** Adds a task. Its due instant must not change while it is in the heap. */
  add(row: Row): void {
    this.#rows.push(row);
    this.#moveUp(row, this.#rows.length - 1);
  }

  /** Removes a task, which must be in this heap. */
  remove(row: Row): void {
    const index = row.heapIndex;
    const last = this.#rows.pop()!;
    row.heapIndex = -1;
    if (last === row) return;
    this.#moveUp(last, index);
    this.#moveDown(last, last.heapIndex);
  }

  #moveUp(row: Row, start: number): void {
    const rows = this.#rows;
    let index = start;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = rows[parentIndex]!;
      if (!isBefore(row, parent)) break;
      rows[index] = parent;
      parent.heapIndex = index;
      index = parentIndex;
    }
    rows[index] = row;
    row.heapIndex = index;
  }

  #moveDown(row: Row, start: number): void {
    const rows = this.#rows;
    let index = start;
    for (let childIndex = 2 * index + 1; childIndex < rows.length; childIndex = 2 * index + 1) {
      let child = rows[childIndex]!;
      const right = rows[childIndex + 1];
      if (right !== undefined && isBefore(right, child)) {
        child = right;
        childIndex++;
      }
      if (!isBefore(child, row)) break;
      rows[index] = child;
      child.heapIndex = index;
      index = childIndex;
    }
    rows[index] = row;
    row.heapIndex = index;
  }
}
