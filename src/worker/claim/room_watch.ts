// Warns when dispatches wait for room in a queue whose tasks do not end, because this may be a
// deadlock.

import type { Logger } from "../../log/logger.ts";
import type { Clock } from "../../time/clock.ts";
import type { QueueRunner } from "./queue_runner.ts";

/** The time without an ended task after which the warning is logged, in milliseconds. */
const patienceMs = 30_000;

/** Watches the queues for which dispatches wait. */
export class RoomWatch {
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** The watched queues, each with the function that clears its timer. */
  readonly #watched = new Map<QueueRunner, () => void>();
  /** The queues for which the warning was logged. */
  readonly #told = new Set<QueueRunner>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Starts to watch a queue in which a dispatch waits for room. */
  waits(runner: QueueRunner): void {
    if (this.#watched.has(runner) || this.#told.has(runner)) return;
    const { ended } = runner;
    const look = () => {
      this.#watched.delete(runner);
      if (!runner.isAwaited) return;
      if (runner.ended !== ended) return this.waits(runner);
      this.#told.add(runner);
      this.#logger.warn(
        'Dispatches have waited for room in queue "{queue}" for {seconds} s, and none of its tasks ' +
          "has ended. If its handlers dispatch to it, use context.dispatch in them, which " +
          "does not wait.",
        { queue: runner.settings.name, seconds: patienceMs / 1_000 },
      );
    };
    this.#watched.set(runner, this.#clock.setTimer(look, patienceMs));
  }

  /** Stops watching. */
  stop(): void {
    for (const disarm of this.#watched.values()) disarm();
    this.#watched.clear();
  }
}
