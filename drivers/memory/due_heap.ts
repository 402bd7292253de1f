// A binary heap of waiting tasks: longest due first, then lowest id. A task knows its place, so
// that one in the middle can be taken out as well.

/** What the order of tasks depends on. */
interface Due {
  readonly id: string;
  /** Not null while the task waits. */
  readonly dueAt: number | null;
}

/** A task as a heap knows it. */
export interface HeapRow<Row extends HeapRow<Row>> extends Due {
  /** The heap in which it waits, and where in it. */
  heap: DueHeap<Row> | null;
  heapIndex: number;
}

/**
 * The waiting tasks of one queue, type and priority that were dispatched to run at once, or the
 * others.
 */
export class DueHeap<Row extends HeapRow<Row>> {
  readonly priority: number;
  readonly isImmediate: boolean;
  readonly #rows: Row[] = [];

  constructor(priority: number, isImmediate: boolean) {
    this.priority = priority;
    this.isImmediate = isImmediate;
  }

  /** How many tasks wait. */
  get size(): number {
    return this.#rows.length;
  }

  /** The task that is due first, or undefined when none waits. */
  get first(): Row | undefined {
    return this.#rows[0];
  }

  /** All of them, in no order. */
  [Symbol.iterator](): Iterator<Row> {
    return this.#rows[Symbol.iterator]();
  }

  /** Adds a task, whose due instant must not change while it is in here. */
  add(row: Row): void {
    row.heap = this;
    this.#rows.push(row);
    this.#moveUp(row, this.#rows.length - 1);
  }

  /** Takes a task out that is in here. */
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

/** The order of tasks of the same priority. */
export function isBefore(a: Due, b: Due): boolean {
  return a.dueAt! < b.dueAt! || (a.dueAt === b.dueAt && a.id < b.id);
}
