// Computes figures from the list of workers.

import type { Dated } from "../time/dated.ts";
import type { WorkerStatus } from "../storage/worker_status.ts";

/** Figures of the registered workers. */
export interface WorkerFigures {
  /** The number of live workers. */
  readonly alive: number;
  /**
   * The age of the oldest heartbeat, in milliseconds; null if no worker is registered. The age
   * keeps growing after the last worker is lost, because no worker is left to remove the lost
   * worker.
   */
  readonly oldestHeartbeatMs: number | null;
}

/**
 * Computes the figures.
 *
 * @param workers All registered workers, including lost ones.
 */
export function workerFigures(workers: readonly Dated<WorkerStatus>[]): WorkerFigures {
  const ages = workers.map(({ heartbeatAgeMs }) => Math.max(0, heartbeatAgeMs));
  return {
    alive: workers.filter(({ alive }) => alive).length,
    oldestHeartbeatMs: ages.length === 0 ? null : ages.reduce((a, b) => Math.max(a, b)),
  };
}
