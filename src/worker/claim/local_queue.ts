// The claimed tasks of one queue that wait for a free slot in this process: highest priority first,
// then in order of arrival.

import type { Job } from "../job.ts";

/** A first-in, first-out queue whose front is removed in O(1), without moving the other items. */
class Fifo {
  #items: (Job | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(job: Job): void {
    this.#items.push(job);
  }

  shift(): Job {
    const job = this.#items[this.#head]!;
    this.#items[this.#head++] = undefined;
    if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return job;
  }

  get first(): Job {
    return this.#items[this.#head]!;
  }

  removeWhere(matches: (job: Job) => boolean): Job[] {
    const removed: Job[] = [];
    const kept: Job[] = [];
    for (const job of this.#items.slice(this.#head) as Job[]) {
      (matches(job) ? removed : kept).push(job);
    }
    this.#items = kept;
    this.#head = 0;
    return removed;
  }
}

/** Jobs by priority. */
export class LocalQueue {
  readonly #byPriority = new Map<number, Fifo>();
  /** The priorities in use, largest first. */
  #priorities: number[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(job: Job): void {
    const priority = job.task.priority;
    let fifo = this.#byPriority.get(priority);
    if (fifo === undefined) {
      fifo = new Fifo();
      this.#byPriority.set(priority, fifo);
      this.#priorities = [...this.#byPriority.keys()].sort((a, b) => b - a);
    }
    fifo.push(job);
    this.#length++;
  }

  /** Removes and returns the next job; undefined if there is none. */
  shift(): Job | undefined {
    return this.shiftIf(() => true);
  }

  /** Removes and returns the next job if `wanted` returns true for it. */
  shiftIf(wanted: (job: Job) => boolean): Job | undefined {
    for (const priority of this.#priorities) {
      const fifo = this.#byPriority.get(priority)!;
      if (fifo.length === 0) continue;
      if (!wanted(fifo.first)) return undefined;
      this.#length--;
      return fifo.shift();
    }
    return undefined;
  }

  /** Removes and returns the matching jobs. */
  removeWhere(matches: (job: Job) => boolean): Job[] {
    const removed = [...this.#byPriority.values()].flatMap((fifo) => fifo.removeWhere(matches));
    this.#length -= removed.length;
    return removed;
  }
}
