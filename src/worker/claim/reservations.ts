// Reserves places in this process's queues for tasks that are being stored. Once a task is stored,
// it can be handed over without a claim.

import type { LocalPlaces, Reservation } from "../../dispatch/local_worker.ts";
import type { Logger } from "../../log/logger.ts";
import type { Clock } from "../../time/clock.ts";
import type { HeldTasks } from "../held_tasks.ts";
import type { QueueRunner } from "./queue_runner.ts";
import { RoomWatch } from "./room_watch.ts";

/** Reserves places for dispatches; see {@linkcode LocalPlaces}. */
export class Reservations implements LocalPlaces {
  readonly #clock: Clock;
  readonly #runner: (queue: string) => QueueRunner;
  /**
   * Returns the id of the worker for which tasks may be stored as claimed, or null while there is
   * no worker, or while the worker accepts no tasks.
   */
  readonly #workerId: () => string | null;
  readonly #held: HeldTasks;
  readonly #roomWatch: RoomWatch;
  /** The number of reserved places. */
  #kept = 0;
  #idleWaiters: (() => void)[] = [];

  constructor(parts: {
    readonly clock: Clock;
    readonly logger: Logger;
    readonly runner: (queue: string) => QueueRunner;
    readonly workerId: () => string | null;
    /**
     * The tasks that this process holds, and the reservations of tasks that are being stored for
     * it.
     */
    readonly held: HeldTasks;
  }) {
    this.#clock = parts.clock;
    this.#runner = parts.runner;
    this.#workerId = parts.workerId;
    this.#held = parts.held;
    this.#roomWatch = new RoomWatch(parts.clock, parts.logger);
  }

  isFull(queue: string): boolean {
    return this.#workerId() !== null && this.#runner(queue).isFull;
  }

  reserve(queue: string, id: string): Reservation {
    const workerId = this.#workerId();
    const isKept = workerId !== null && this.#runner(queue).reserve(this.#clock.monotonic());
    return this.#reservation(queue, id, isKept ? workerId : null);
  }

  async waitForRoom(
    queue: string,
    id: string,
    signal: AbortSignal | undefined,
  ): Promise<Reservation> {
    const runner = this.#runner(queue);
    this.#roomWatch.waits(runner);
    await runner.waitForRoom(signal);
    const workerId = this.#workerId();
    if (workerId === null) runner.unreserve();
    return this.#reservation(queue, id, workerId);
  }

  unreserve(reservation: Reservation): void {
    if (reservation.claimFor === null) return;
    this.#held.delete(reservation);
    this.#runner(reservation.queue).unreserve();
    if (--this.#kept === 0) { for (const resolve of this.#idleWaiters.splice(0)) resolve(); }
  }

  /** Resolves when no place is reserved, and therefore no task can be handed over. */
  idle(): Promise<void> {
    if (this.#kept === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Stops measuring how long dispatches wait. */
  stop(): void {
    this.#roomWatch.stop();
  }

  #reservation(queue: string, id: string, claimFor: string | null): Reservation {
    const reservation = { id, queue, claimFor };
    if (claimFor === null) return reservation;
    this.#held.add(reservation);
    this.#kept++;
    return reservation;
  }
}
