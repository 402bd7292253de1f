// What the list of workers says in figures.

import type { Dated } from "../time/dated.ts";
import type { WorkerStatus } from "../storage/worker_status.ts";

/** Figures of the registered workers. */
export interface WorkerFigures {
  /** How many are alive. */
  readonly alive: number;
  /**
   * The age of the oldest heartbeat, in milliseconds; null without a registered worker. It grows
   * without end after the last worker is lost: no other worker removes it.
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
