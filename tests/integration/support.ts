// Helpers of the whole-system tests.

import type { EverTask } from "../../mod.ts";
import { StorageUnavailableError } from "../../src/storage/errors.ts";

/** A folder that is removed at the end of its scope. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "evertask-integration-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/**
 * Waits until a condition is true, by polling, where no event reports it. The time limit ends a
 * test that hangs, and leaves time to a loaded machine.
 *
 * @param what Describes the condition in the error; a function also describes what is there instead.
 */
export async function eventually(
  what: string | (() => string),
  isTrue: () => boolean | Promise<boolean>,
  timeoutMs = 180_000,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!await isTrue()) {
    if (performance.now() > end) {
      const condition = typeof what === "string" ? what : what();
      throw new Error(`not within ${timeoutMs} ms: ${condition}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * Waits until `count` tasks are completed. A read that fails because the storage cannot be reached
 * is repeated, as after a restart of a server on a busy machine.
 */
export async function untilCompleted(everTask: EverTask, count: number): Promise<void> {
  let completed = 0;
  await eventually(() => `${count} tasks are completed (${completed} are)`, async () => {
    try {
      completed = (await everTask.statistics()).tasksByStatus.Completed;
    } catch (error) {
      if (!(error instanceof StorageUnavailableError)) throw error;
    }
    return completed === count;
  });
}
