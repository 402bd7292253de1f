// Tasks as a dispatcher would hand them to a storage, for tests that work on a storage itself.

import { systemRandom, uuidV7Generator } from "../../src/ids/uuid_v7.ts";
import type { NewTask } from "../../src/storage/requests.ts";

/** Makes the next task id. */
export const newId = uuidV7Generator(() => Date.now(), systemRandom);

/** A task that is due at once, unless told otherwise. */
export function newTask(overrides: Partial<NewTask> = {}): NewTask {
  return {
    id: newId(),
    type: "send-email",
    handler: "SendEmail",
    request: '{"to":"ada@example.org"}',
    status: "Queued",
    due: { inMs: 0 },
    auditLevel: "Full",
    queue: "default",
    priority: 0,
    taskKey: null,
    traceContext: null,
    retryPolicy: null,
    series: null,
    claimFor: null,
    ...overrides,
  };
}
