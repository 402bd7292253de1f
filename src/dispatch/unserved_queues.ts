// Warns about queues that no live worker serves, once for each queue, because tasks would wait
// there. Used by processes that only dispatch.

import { similarName } from "../guards/similar_name.ts";
import type { Logger } from "../log/logger.ts";
import type { WorkerRecord } from "../storage/records.ts";
import { workerStatuses } from "../storage/worker_status.ts";
import type { Clock } from "../time/clock.ts";

/**
 * The time from the first dispatch to a queue until its check, in milliseconds. A worker may be
 * starting at the same time.
 */
const lookAfterMs = 1000;

/** The dependencies of the warnings. */
export interface UnservedQueuesParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly leaseMs: number;
  /** The registered workers of all processes. */
  readonly workers: () => Promise<readonly WorkerRecord[]>;
  /**
   * Reports whether a worker of this instance runs. Such a worker serves every queue to which the
   * instance dispatches.
   */
  readonly isServing: () => boolean;
}

/** Checks the queues to which a process without a worker dispatches. */
export class UnservedQueues {
  readonly #parts: UnservedQueuesParts;
  readonly #seen = new Set<string>();
  readonly #toLookAt = new Set<string>();
  #looking: Promise<void> = Promise.resolve();
  #cancelTimer: (() => void) | null = null;
  #stopped = false;

  constructor(parts: UnservedQueuesParts) {
    this.#parts = parts;
  }

  /** Called when a task was stored for workers of other processes. */
  stored(queue: string): void {
    if (this.#seen.has(queue) || this.#stopped) return;
    this.#seen.add(queue);
    this.#toLookAt.add(queue);
    this.#cancelTimer ??= this.#parts.clock.setTimer(
      () => {
        this.#cancelTimer = null;
        this.#looking = this.#look();
      },
      lookAfterMs,
      { unref: true },
    );
  }

  /** Stops checking. Resolves when no check is in progress. */
  stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { isServing, leaseMs, logger, workers } = this.#parts;
    const queues = [...this.#toLookAt];
    this.#toLookAt.clear();
    if (isServing()) return;
    try {
      const alive = workerStatuses(await workers(), leaseMs).filter((worker) => worker.alive);
      // Workers of version 0.1 do not report their queues and types.
      if (alive.some(({ serves }) => serves === null)) return;
      const served = new Set(alive.flatMap(({ serves }) => serves!.queues.map(({ name }) => name)));
      for (const queue of queues) if (!served.has(queue)) this.#warn(queue, served);
    } catch (error) {
      // The next dispatch triggers another check.
      for (const queue of queues) this.#seen.delete(queue);
      logger.debug("The check whether workers serve the queues failed: {error}", { error });
    }
  }

  #warn(queue: string, served: ReadonlySet<string>): void {
    const similar = similarName(queue, served);
    this.#parts.logger.warn(
      'No live worker serves queue "{queue}": its tasks wait until one does. ' +
        (served.size === 0 ? "No worker is running. " : "") +
        (similar === null ? "" : 'The most similar one that is served is "{similar}". ') +
        "Start a worker that has the queue, or correct the name.",
      { queue, ...similar === null ? {} : { similar } },
    );
  }
}
