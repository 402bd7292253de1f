// A claimed task for tests of the worker.

import type { ClaimedTask } from "../../src/storage/records.ts";

const now = Date.UTC(2026, 2, 10, 12);

/** Makes a claimed task; by default, at its first attempt. */
export function claimedTask(overrides: Partial<ClaimedTask> = {}): ClaimedTask {
  return {
    id: "01a204c3-9e85-76f3-a637-c068a230efde",
    type: "work",
    payload: "null",
    status: "Queued",
    auditLevel: "Full",
    queue: "default",
    priority: 0,
    taskKey: null,
    createdAt: now,
    dueAt: now,
    attempt: 1,
    lostCount: 0,
    leaseToken: 1,
    cancelRequested: false,
    rateSlotAt: null,
    traceContext: null,
    retryPolicy: null,
    series: null,
    ...overrides,
  };
}
