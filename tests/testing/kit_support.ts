// Helpers for the tests of the test kit.

import { type AnyTask, defineTask } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { createTestEverTask, FakeClock } from "../../src/testing/mod.ts";

/** Creates an instance with the memory store, and the clock that both use. */
export function onFakeTime(tasks: readonly AnyTask[]) {
  const clock = new FakeClock("2026-03-01T10:00:00Z");
  const storage = memoryStorage({ clock });
  return { clock, everTask: createTestEverTask({ storage, clock, tasks }) };
}

/** The result of a drain that has run nothing. */
export const nothing = {
  attempts: 0,
  completed: 0,
  failed: 0,
  retried: 0,
  later: 0,
  cancelled: 0,
};

/** Creates a task that records its runs. */
export function noting(type: string, notes: string[]) {
  return defineTask<string>({ type, handle: (text) => void notes.push(text) });
}
