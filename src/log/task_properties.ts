// What the lines about an attempt have in common, so that they can be found by it.

import type { LogProperties } from "./logger.ts";

/** The properties of lines about an attempt, named as in the context of its handler. */
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
