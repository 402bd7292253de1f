// Places in the queues of this process that are kept for tasks on their way into storage, so that they can be handed over without
// a claim once they are stored.

import type { Clock } from "../time/clock.ts";
import type { QueueRunner } from "./queue_runner.ts";

/** Keeps places for dispatches. */
export class Places {
  readonly #clock: Clock;
  readonly #runner: (queue: string) => QueueRunner;
  /** The worker for which tasks may be stored as claimed; null while there is none, or it takes none. */
  readonly #workerId: () => string | null;
  readonly #held: Set<string>;

  constructor(parts: {
    readonly clock: Clock;
    readonly runner: (queue: string) => QueueRunner;
    readonly workerId: () => string | null;
    /** The ids of the tasks that this process holds; those on their way to it are among them. */
    readonly held: Set<string>;
  }) {
    this.#clock = parts.clock;
    this.#runner = parts.runner;
    this.#workerId = parts.workerId;
    this.#held = parts.held;
  }

  /** Whether a dispatch to a queue has to wait, or to go elsewhere. */
  isFull(queue: string): boolean {
    return this.#workerId() !== null && this.#runner(queue).isFull;
  }

  /**
   * Keeps a place for a task that is about to be stored.
   *
   * @returns The worker that it is for; null when the task should wait in storage.
   */
  reserve(queue: string, taskId: string): string | null {
    const workerId = this.#workerId();
    if (workerId === null || !this.#runner(queue).reserve(this.#clock.monotonic())) return null;
    this.#held.add(taskId);
    return workerId;
  }

  /**
   * Keeps a place in a full queue as soon as there is one.
   *
   * @returns The worker that it is for; null when the task should wait in storage after all.
   * @throws The signal's reason, when it aborts before.
   */
  async waitForRoom(
    queue: string,
    taskId: string,
    signal: AbortSignal | undefined,
  ): Promise<string | null> {
    const runner = this.#runner(queue);
    await runner.waitForRoom(signal);
    const workerId = this.#workerId();
    if (workerId === null) runner.unreserve();
    else this.#held.add(taskId);
    return workerId;
  }

  /** Gives a place back: the task was not stored, or not for us. */
  unreserve(queue: string, taskId: string): void {
    this.#held.delete(taskId);
    this.#runner(queue).unreserve();
  }

  /** Ends the keeping of a place for a task that has come. */
  taken(queue: string): void {
    this.#runner(queue).unreserve();
  }
}
