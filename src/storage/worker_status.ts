// Which of the registered workers are alive: storage lists them, and knows no lease.

import type { WorkerRecord } from "./records.ts";

/** A registered worker process, and whether it is alive. */
export interface WorkerStatus extends WorkerRecord {
  /**
   * Whether its heartbeat is not older than the lease, `leaseDuration`. A lost worker keeps its
   * tasks until another worker takes them over.
   */
  readonly alive: boolean;
}

/** Which workers to list. */
export interface WorkersOptions {
  /**
   * Also those whose heartbeat is older than the lease: they are lost, and no other worker has
   * found that out yet.
   * @default false
   */
  readonly includeLost?: boolean;
}

/**
 * Judges workers by their heartbeats. One in the future, as after a clock was set back, is no sign
 * of life.
 */
export function workerStatuses(workers: readonly WorkerRecord[], leaseMs: number): WorkerStatus[] {
  return workers.map((worker) => ({
    ...worker,
    alive: Math.abs(worker.heartbeatAgeMs) <= leaseMs,
  }));
}
