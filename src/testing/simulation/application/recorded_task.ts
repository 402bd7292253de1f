// An application's task whose handler is recorded in the history.

import type { AnyTask, TaskContext } from "../../../task/task.ts";
import { readMember } from "../../../thrown/reading.ts";
import type { HistoryLog } from "../history_log.ts";

/**
 * Records the starts and ends of a task's handler.
 *
 * @param onRunning Called with 1 at the start of the handler, and with -1 at its end.
 */
export function recordedTask(
  task: AnyTask,
  instance: string,
  log: HistoryLog,
  onRunning: (change: 1 | -1) => void,
): AnyTask {
  return {
    ...task,
    async handle(payload: unknown, context: TaskContext): Promise<void> {
      const { attempt, queue, signal } = context;
      const name = log.taskName(context.taskId);
      const run = context.run?.number ?? null;
      const plannedAt = context.run === null ? null : log.sinceStart(context.run.scheduledAt);
      const started = { task: name, attempt, queue, slots: Infinity, run, plannedAt, limit: null };
      log.add(instance, { kind: "started", ...started });
      onRunning(1);
      const end = (kind: "returned" | "threw") => {
        onRunning(-1);
        const aborted = signal.aborted ? String(readMember(signal.reason, "name")) : null;
        log.add(instance, { kind, task: name, attempt, run, aborted });
      };
      try {
        await task.handle(payload as never, context);
      } catch (error) {
        end("threw");
        throw error;
      }
      end("returned");
    },
  };
}
