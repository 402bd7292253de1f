// Facts for tests of explain: a waiting task, and a worker that would run it.

import type { ExplainFacts } from "../../src/operate/explain.ts";
import type { SeriesRecord, TaskRecord } from "../../src/storage/records.ts";
import type { WorkerStatus } from "../../src/storage/worker_status.ts";
import { claimedTask } from "../support/claimed_task.ts";

/** The storage's clock in these tests. */
export const now = Date.UTC(2026, 0, 1, 12);

const taskId = "01900000-0000-7000-8000-000000000001";

/** Makes a task; by default, one that is due now. */
export function task(overrides: Partial<TaskRecord> = {}): TaskRecord {
  return {
    ...claimedTask({ id: taskId, type: "send-email", payload: "{}", queue: "mails" }),
    handlerName: "send-email",
    tags: [],
    exception: null,
    createdAt: now - 1000,
    scheduledAt: null,
    dueAt: now,
    lastExecutionAt: null,
    executionTimeMs: null,
    workerId: null,
    attempt: 0,
    leaseToken: 0,
    version: "1",
    ...overrides,
  };
}

/** Makes a series; by default, an hourly one. */
export function series(overrides: Partial<SeriesRecord> = {}): SeriesRecord {
  return {
    schedule: "{}",
    info: "every hour",
    anchorAt: now,
    maxRuns: null,
    runUntil: null,
    nextRunAt: now + 3_600_000,
    runCount: 2,
    ...overrides,
  };
}

/** Makes a worker; by default, a live one that runs the task's type, with a parallelism of four. */
export function worker(overrides: Partial<WorkerStatus> = {}): WorkerStatus {
  return {
    id: "worker-1",
    host: "app.example",
    serves: { queues: [{ name: "mails", parallelism: 4 }], types: ["send-email"] },
    process: null,
    draining: false,
    startedAt: now - 60_000,
    heartbeatAt: now - 1000,
    heartbeatAgeMs: 1000,
    alive: true,
    ...overrides,
  };
}

/** Makes the facts; by default, nothing prevents the task from running. */
export function facts(overrides: Partial<ExplainFacts> = {}): ExplainFacts {
  return {
    taskId,
    now,
    task: task(),
    workers: [worker()],
    leaseMs: 30_000,
    pausedQueues: [],
    queuePausedBy: { by: null, since: null, why: null },
    seriesPausedBy: { by: null, since: null, why: null },
    dueInQueue: { count: 1, exact: true },
    heldInQueue: 0,
    runningSince: null,
    retries: null,
    ...overrides,
  };
}
