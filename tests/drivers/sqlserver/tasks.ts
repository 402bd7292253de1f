// Tasks for the tests that talk to a server.

import type { NewTask } from "../../../src/storage/requests.ts";
import { newTask as newOneShot } from "../../support/new_task.ts";

const series = {
  schedule: "{}",
  info: "always",
  anchorAt: 0,
  maxRuns: null,
  runUntil: null,
  nextRunAt: Date.UTC(2026, 0, 1),
};

/** Creates a task that is due at once, or a series whose first run is due at once. */
export function newTask(
  { recurring = false, ...overrides }: Partial<NewTask> & { readonly recurring?: boolean } = {},
): NewTask {
  return newOneShot(recurring ? { status: "WaitingQueue", series, ...overrides } : overrides);
}
