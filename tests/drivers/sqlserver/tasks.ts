// Tasks for the tests that talk to a server.

import type { NewTask } from "../../../src/storage/requests.ts";

let lastNumber = 0;

/** A task that is due at once; a series whose first run is due at once. */
export function newTask(
  { recurring = false, ...overrides }: Partial<NewTask> & { readonly recurring?: boolean } = {},
): NewTask {
  const number = (++lastNumber).toString(16).padStart(12, "0");
  return {
    id: `01900000-0000-7000-8000-${number}`,
    type: "send-email",
    handler: "Send an e-mail",
    request: "{}",
    status: recurring ? "WaitingQueue" : "Queued",
    due: { inMs: 0 },
    auditLevel: "Full",
    queue: "default",
    priority: 0,
    taskKey: null,
    traceContext: null,
    retryPolicy: null,
    series: recurring
      ? {
        schedule: "{}",
        info: "always",
        anchorAt: 0,
        maxRuns: null,
        runUntil: null,
        nextRunAt: Date.UTC(2026, 0, 1),
      }
      : null,
    claimFor: null,
    ...overrides,
  };
}
