// An engine over a fresh in-memory store, for tests of how its parts work together.

import { createEverTask, type EverTask, type EverTaskOptions, type TaskEvent } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";

/** An engine, and its log. */
export interface TestEngine extends AsyncDisposable {
  readonly everTask: EverTask;
  /** Warnings and errors of the engine's own logger. */
  readonly complaints: readonly string[];
  /**
   * Resolves to the first matching event, including earlier ones; rejects if none comes in time.
   */
  event(matches: (event: TaskEvent) => boolean): Promise<TaskEvent>;
  /** Resolves when the task has ended: completed, failed or cancelled. */
  ended(taskId: string): Promise<TaskEvent>;
}

/** The time limit for an event; enough for a busy machine. */
const patienceMs = 60_000;

const endings = ["completed", "failed", "cancelled"];

/** Makes and starts an engine; `await using` stops it. */
export async function startEngine(
  options: Omit<EverTaskOptions, "storage"> & Partial<Pick<EverTaskOptions, "storage">>,
): Promise<TestEngine> {
  const complaints: string[] = [];
  const note = (message: string, properties = {}) => {
    complaints.push(
      `${message} ${
        JSON.stringify(properties, (_, value) => value instanceof Error ? String(value) : value)
      }`,
    );
  };
  const quiet = () => {};
  const logger = { trace: quiet, debug: quiet, info: quiet, warn: note, error: note };
  const everTask = createEverTask({ storage: memoryStorage(), logger, ...options });
  const seen: TaskEvent[] = [];
  const waiting = new Set<() => void>();
  everTask.events.subscribe((event) => {
    seen.push(event);
    for (const check of waiting) check();
  });
  await everTask.start();
  const event = (matches: (event: TaskEvent) => boolean) =>
    new Promise<TaskEvent>((resolve, reject) => {
      const check = () => {
        const found = seen.find(matches);
        if (found === undefined) return;
        end();
        resolve(found);
      };
      const timer = setTimeout(() => {
        end();
        const kinds = seen.map(({ kind }) => kind).join(", ");
        reject(new Error(`The event has not come within ${patienceMs} ms. There were: ${kinds}`));
      }, patienceMs);
      const end = () => {
        waiting.delete(check);
        clearTimeout(timer);
      };
      waiting.add(check);
      check();
    });
  return {
    everTask,
    complaints,
    event,
    ended: (taskId) => event((e) => e.taskId === taskId && endings.includes(e.kind)),
    [Symbol.asyncDispose]: () => everTask.stop(),
  };
}
