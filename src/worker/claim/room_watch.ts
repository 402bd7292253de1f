// Tells when dispatches wait for room in a queue whose tasks do not end: they may wait for each
// other, which nobody would notice.

import type { Logger } from "../../log/logger.ts";
import type { Clock } from "../../time/clock.ts";
import type { QueueRunner } from "./queue_runner.ts";

/** For how long no task may end while dispatches wait, in milliseconds. */
const patienceMs = 30_000;

/** Watches the queues for which dispatches wait. */
export class RoomWatch {
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** The queues that are watched, each with what ends its timer. */
  readonly #watched = new Map<QueueRunner, () => void>();
  /** The queues of which it has told. */
  readonly #told = new Set<QueueRunner>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** A dispatch waits for room in a queue. */
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
          "has ended. If its handlers dispatch to it, let them do so by context.dispatch, which " +
          "does not wait.",
        { queue: runner.settings.name, seconds: patienceMs / 1_000 },
      );
    };
    this.#watched.set(runner, this.#clock.setTimer(look, patienceMs));
  }

  /** Watches no longer. */
  stop(): void {
    for (const disarm of this.#watched.values()) disarm();
    this.#watched.clear();
  }
}
