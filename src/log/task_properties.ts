// The properties that all log lines about an attempt share, by which the lines can be found.

import type { LogProperties } from "./logger.ts";

/** Returns the properties of lines about an attempt, named as in the handler's context. */
export function taskProperties(
  task: {
    readonly id: string;
    readonly type: string;
    readonly attempt: number;
    readonly queue: string;
    readonly taskKey: string | null;
  },
): LogProperties {
  const { id: taskId, type: taskType, attempt, queue, taskKey } = task;
  return { taskId, taskType, attempt, queue, taskKey };
}
