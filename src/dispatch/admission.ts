// What becomes of a dispatch whose queue is full in this process: the queue's `whenFull` says.

import { EverTaskError } from "../errors.ts";
import { defaultQueue, type QueueSettings } from "../worker/queue_settings.ts";
import type { Worker } from "../worker/worker.ts";

/** The queue is full in this process, and its `whenFull` is `Throw`. Nothing was stored. */
export class QueueFullError extends EverTaskError {
  /** `QueueFullError` */
  override name = "QueueFullError";
  /** The queue that is full. */
  readonly queue: string;

  /** Writes the message for a queue. */
  constructor(queue: string, capacity: number) {
    super(
      `Queue "${queue}" is full: this process holds as many of its tasks as its capacity of ${capacity} ` +
        `allows. Dispatch again later, or choose another whenFull.`,
    );
    this.queue = queue;
  }
}

/** Where a task goes. */
export interface Place {
  readonly queue: string;
  /** The worker of this process that has kept a place for it; null when it waits in storage. */
  readonly claimFor: string | null;
}

/**
 * Finds a place for a task that is due now.
 *
 * @throws {QueueFullError} If its queue is full and says so.
 */
export function admit(
  worker: Worker,
  queues: ReadonlyMap<string, QueueSettings>,
  queue: string,
  taskId: string,
  signal: AbortSignal | undefined,
): Place | Promise<Place> {
  if (!worker.places.isFull(queue)) {
    return { queue, claimFor: worker.places.reserve(queue, taskId) };
  }
  const { whenFull, capacity } = queues.get(queue)!;
  switch (whenFull) {
    case "Throw":
      throw new QueueFullError(queue, capacity);
    case "FallbackToDefault":
      return admit(worker, queues, defaultQueue, taskId, signal);
    case "Wait":
      return worker.places.waitForRoom(queue, taskId, signal).then((claimFor) => ({
        queue,
        claimFor,
      }));
    case "Store":
      return { queue, claimFor: null };
  }
}
