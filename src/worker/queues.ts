// Queues as an application sees them.

import { parseQueueName } from "../dispatch/dispatch_options.ts";
import type { QueueStatistics } from "../storage/queries.ts";
import type { Storage } from "../storage/storage.ts";

/** Pauses, resumes and shows queues; `everTask.queues`. */
export class Queues {
  readonly #opened: () => Promise<Storage>;
  readonly #refresh: () => void;

  /**
   * Made by `createEverTask`.
   *
   * @param opened Gives storage once it is open.
   * @param refresh Has the worker of this process look at once.
   */
  constructor(opened: () => Promise<Storage>, refresh: () => void) {
    this.#opened = opened;
    this.#refresh = refresh;
  }

  /**
   * Pauses a queue: no worker of the store starts its tasks any more, until it is resumed; also after a restart. Running tasks go
   * on.
   */
  async pause(queue: string): Promise<void> {
    await (await this.#opened()).setQueuePaused(parseQueueName(queue, "queue"), true);
    this.#refresh();
  }

  /** Resumes a paused queue. */
  async resume(queue: string): Promise<void> {
    await (await this.#opened()).setQueuePaused(parseQueueName(queue, "queue"), false);
    this.#refresh();
  }

  /** How many tasks stand where, per queue. */
  async list(): Promise<readonly QueueStatistics[]> {
    return (await (await this.#opened()).statistics()).queues;
  }
}
