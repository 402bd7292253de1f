// A storage that only returns a test's figures, or throws the test's error.

import type { FigureOrigin } from "../../../src/monitor/mod.ts";
import type { QueueStatistics } from "../../../src/storage/queries.ts";
import { type WorkersOptions, workerStatuses } from "../../../src/storage/worker_status.ts";
import { dated } from "../../../src/time/dated.ts";
import { taskStatuses } from "../../../src/storage/task_status.ts";

/** Figures that a test sets. */
export class StorageFigures implements FigureOrigin {
  now = Date.UTC(2026, 0, 2, 3, 4, 5);
  waiting: QueueStatistics[] = [];
  workerHeartbeats: Record<string, number> = {};
  leaseMs = 15_000;
  auditRows = 0;
  /** The error of every query, while it is set. */
  error: Error | null = null;
  /** The number of queries for the backlog. */
  questions = 0;

  readonly queues = {
    backlog: async ({ cap = Infinity }: { readonly cap?: number } = {}) => {
      this.questions++;
      await this.#answer();
      const queues = this.waiting.map((figures) => ({
        ...figures,
        due: Math.min(figures.due, cap),
        scheduled: Math.min(figures.scheduled, cap),
      }));
      return dated({ now: this.now, queues });
    },
  };

  async statistics() {
    await this.#answer();
    const counts = taskStatuses.map((status) => [status, status === "Queued" ? 3 : 0] as const);
    return dated({
      now: this.now,
      tasksByStatus: Object.fromEntries(counts) as Record<(typeof taskStatuses)[number], number>,
      estimated: [],
      queues: this.waiting,
    });
  }

  async workers({ includeLost = false }: WorkersOptions = {}) {
    await this.#answer();
    const records = Object.entries(this.workerHeartbeats).map(([id, heartbeatAt]) => ({
      id,
      host: "host",
      serves: null,
      process: null,
      draining: false,
      startedAt: this.now,
      heartbeatAt,
      heartbeatAgeMs: this.now - heartbeatAt,
    }));
    return dated(
      workerStatuses(records, this.leaseMs).filter(({ alive }) => alive || includeLost),
    );
  }

  readonly audit = {
    growth: async () => {
      await this.#answer();
      const table = "StatusAudit" as const;
      const rows = this.auditRows;
      return [{
        table,
        rows,
        isEstimate: false,
        firstAt: null,
        lastAt: null,
        averageRowsPerDay: null,
      }];
    },
  };

  async #answer(): Promise<void> {
    await Promise.resolve();
    if (this.error) throw this.error;
  }
}

/** The figures of one queue. */
export function queueFigures(queue: string, fields: Partial<QueueStatistics>): QueueStatistics {
  return { queue, paused: false, due: 0, scheduled: 0, claimed: 0, oldestDueAt: null, ...fields };
}
