// Makes claimed tasks for tests of the worker.

import { bornClaimed } from "../../src/storage/born_claimed.ts";
import type { ClaimedTask } from "../../src/storage/records.ts";
import { newTask } from "./new_task.ts";

const now = Date.UTC(2026, 2, 10, 12);
const id = "01a204c3-9e85-76f3-a637-c068a230efde";

/** Makes a claimed task; by default, at its first attempt. */
export function claimedTask(overrides: Partial<ClaimedTask> = {}): ClaimedTask {
  return { ...bornClaimed(newTask({ id, type: "work", payload: "null" }), now), ...overrides };
}
