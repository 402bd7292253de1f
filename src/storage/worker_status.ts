// Determines which registered workers are alive. The storage cannot determine this, because it does
// not know the lease duration.

import type { WorkerRecord } from "./records.ts";

/** A registered worker process, and whether it is alive. */
export interface WorkerStatus extends WorkerRecord {
  /**
   * Whether the last heartbeat is at most `leaseDuration` old. A lost worker keeps its tasks until
   * another worker takes them over.
   */
  readonly alive: boolean;
}

/** The options of a list of workers. */
export interface WorkersOptions {
  /**
   * Includes lost workers, whose heartbeat is older than the lease, until another worker removes
   * them.
   * @default false
   */
  readonly includeLost?: boolean;
}

/**
 * Sets `alive` of each worker by its heartbeat. A heartbeat that is more than a lease in the future
 * does not count. Such heartbeats remain after a clock was set back.
 */
export function workerStatuses(workers: readonly WorkerRecord[], leaseMs: number): WorkerStatus[] {
  return workers.map((worker) => ({
    ...worker,
    alive: Math.abs(worker.heartbeatAgeMs) <= leaseMs,
  }));
}
