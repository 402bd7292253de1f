// Finds the remaining work in a storage, so that a test can wait for the end of this work.

import type { TaskRecord } from "../../storage/records.ts";
import type { Storage } from "../../storage/storage.ts";
import { readTasks } from "./read_tasks.ts";

/** The work of an instance's queues and types of tasks. */
export class DueWork {
  readonly #storage: Storage;
  readonly #queues: readonly string[];
  readonly #types: readonly string[];

  constructor(storage: Storage, queues: readonly string[], types: readonly string[]) {
    this.#storage = storage;
    this.#queues = queues;
    this.#types = types;
  }

  /** Returns the earliest due instant; null if there is none. */
  nextDueAt(): Promise<number | null> {
    return this.#storage.nextDueAt(this.#queues, this.#types);
  }

  /** Reports whether no task is running, and none that could run is due. */
  async isQuiet(): Promise<boolean> {
    const { now, queues } = await this.#storage.statistics();
    if (queues.some(({ claimed }) => claimed > 0)) return false;
    const nextAt = await this.nextDueAt();
    return nextAt === null || nextAt > now;
  }

  /**
   * Like {@linkcode DueWork.isQuiet}, after making retries of failed attempts due, so that a test
   * need not wait for their delays.
   */
  async isDone(): Promise<boolean> {
    await this.hurryRetries();
    return await this.isQuiet();
  }

  /** Reports whether a task neither runs nor is due. */
  async isAtRest(taskId: string): Promise<boolean> {
    const task = await this.#storage.get(taskId);
    if (task === null) return true; // in a transaction that is not committed yet
    if (task.workerId !== null) return false;
    const { now, queues } = await this.#storage.statistics();
    const isPaused = queues.some(({ queue, paused }) => paused && queue === task.queue);
    return isPaused || task.dueAt === null || task.dueAt > now;
  }

  /** Makes the retries of failed attempts due now. */
  async hurryRetries(): Promise<void> {
    const { now } = await this.#storage.statistics();
    const pending = await readTasks(this.#storage, { statuses: ["Pending"], types: this.#types });
    const retries = pending.filter(({ exception, rateSlotAt, dueAt }) => {
      // A task that threw `RetryLater` or waits for its rate limit is not a retry.
      const isRetry = exception !== null && rateSlotAt === null;
      return isRetry && dueAt !== null && dueAt > now;
    });
    if (retries.length > 0) await this.#storage.makeDue(retries.map(({ id }) => id));
  }

  /** Lists the tasks that are running or due, for a message. */
  async unfinished(): Promise<readonly TaskRecord[]> {
    const { now } = await this.#storage.statistics();
    const tasks = await readTasks(this.#storage, { types: this.#types });
    const isDue = ({ dueAt }: TaskRecord) => dueAt !== null && dueAt <= now;
    return tasks.filter((task) => task.workerId !== null || isDue(task));
  }
}
