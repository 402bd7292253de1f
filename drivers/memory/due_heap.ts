// A binary heap of waiting tasks: longest due first, then lowest id. Each task stores its
// index, so that a task in the middle can be removed too.

/** The fields that determine the order of tasks. */
interface Due {
  readonly id: string;
  /** The due instant, which is not null while the task waits. */
  readonly dueAt: number | null;
}

/** The fields of a task that a heap uses. */
export interface HeapRow<Row extends HeapRow<Row>> extends Due {
  /** The heap in which the task waits, or null. */
  heap: DueHeap<Row> | null;
  /** The task's index in `heap`. */
  heapIndex: number;
}

/**
 * The waiting tasks of one queue, type and priority: either the tasks that were dispatched to run
 * at once, or all other tasks.
 */
export class DueHeap<Row extends HeapRow<Row>> {
  readonly priority: number;
  readonly isImmediate: boolean;
  readonly #rows: Row[] = [];

  constructor(priority: number, isImmediate: boolean) {
    this.priority = priority;
    this.isImmediate = isImmediate;
  }

  /** The number of waiting tasks. */
  get size(): number {
    return this.#rows.length;
  }

  /** The task that is due first; undefined if none waits. */
  get first(): Row | undefined {
    return this.#rows[0];
  }

  /** Iterates over all tasks, in no particular order. */
  [Symbol.iterator](): Iterator<Row> {
    return this.#rows[Symbol.iterator]();
  }

  /** Adds a task. Its due instant must not change while it is in the heap. */
  add(row: Row): void {
    row.heap = this;
    this.#rows.push(row);
    this.#moveUp(row, this.#rows.length - 1);
  }

  /** Removes a task, which must be in this heap. */
  remove(row: Row): void {
    const index = row.heapIndex;
    const last = this.#rows.pop()!;
    row.heap = null;
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

/** Reports whether `a` runs before `b`, if both have the same priority. */
export function isBefore(a: Due, b: Due): boolean {
  return a.dueAt! < b.dueAt! || (a.dueAt === b.dueAt && a.id < b.id);
}
