// Applies the `whenFull` option of a queue to dispatches while the queue is full in this process.

import { EverTaskError } from "../guards/errors.ts";
import { defaultQueue, type QueueSettings } from "../task/queue_settings.ts";
import type { LocalWorker, Reservation } from "./local_worker.ts";

/** The queue is full in this process, and its `whenFull` is `throw`. Nothing was stored. */
export class QueueFullError extends EverTaskError {
  /** `QueueFullError` */
  override name = "QueueFullError";
  /** The queue that is full. */
  readonly queue: string;

  /** Creates the error for a queue. */
  constructor(queue: string, capacity: number) {
    super(
      `Queue "${queue}" is full: this process holds as many of its tasks as its capacity of ${capacity} ` +
        `allows. Dispatch again later, or choose another whenFull.`,
    );
    this.queue = queue;
  }
}

/** Who dispatches: a handler through its context, or the application through the instance. */
export type Caller = "application" | "handler";

/**
 * Reserves a place for a task that is due now. If the queue is full, its `whenFull` decides. A
 * handler never waits for room, because there may be none until the handler itself ends. Its task
 * is stored without a place.
 *
 * @throws {QueueFullError} If the queue is full and has `whenFull: "throw"`.
 */
export function admit(
  worker: LocalWorker,
  queues: ReadonlyMap<string, QueueSettings>,
  queue: string,
  id: string,
  caller: Caller,
  signal: AbortSignal | undefined,
): Reservation | Promise<Reservation> {
  if (!worker.reservations.isFull(queue)) {
    return worker.reservations.reserve(queue, id);
  }
  const { whenFull, capacity } = queues.get(queue)!;
  switch (whenFull) {
    case "throw":
      throw new QueueFullError(queue, capacity);
    case "fallbackToDefault":
      return admit(worker, queues, defaultQueue, id, caller, signal);
    case "wait":
      if (caller === "handler") return { id, queue, claimFor: null };
      return worker.reservations.waitForRoom(queue, id, signal);
    case "store":
      return { id, queue, claimFor: null };
  }
}
