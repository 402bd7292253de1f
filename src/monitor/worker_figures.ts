// What the list of workers says in figures.

import type { Dated } from "../time/dated.ts";
import type { WorkerStatus } from "../storage/worker_status.ts";

/** Figures of the registered workers. */
export interface WorkerFigures {
  /** How many are alive. */
  readonly alive: number;
  /**
   * How long ago the one that has been silent for longest was heard of, in milliseconds; null when
   * none is registered. Grows without end when the last worker is lost: nobody is there to remove
   * it.
   */
  readonly oldestHeartbeatMs: number | null;
}

/** @param workers All that are registered, lost ones included. */
export function workerFigures(workers: readonly Dated<WorkerStatus>[]): WorkerFigures {
  const ages = workers.map(({ heartbeatAgeMs }) => Math.max(0, heartbeatAgeMs));
  return {
    alive: workers.filter(({ alive }) => alive).length,
    oldestHeartbeatMs: ages.length === 0 ? null : ages.reduce((a, b) => Math.max(a, b)),
  };
}
