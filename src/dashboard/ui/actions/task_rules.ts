// Which changes apply to a task. The page uses the server's rules, and the server checks them
// again.

import type { Task } from "../answers.ts";
import {
  type Decide,
  decideCancel,
  decideDelete,
  decideEdit,
  decidePause,
  decideReschedule,
  decideResume,
  decideRetry,
  decideRunNow,
} from "../../../operate/task_decisions.ts";

const anySchedule = {
  schedule: "",
  info: "",
  maxRuns: null,
  runUntil: null,
  anchorAt: 0,
  nextRunAt: 0,
} as const;

const decisions = {
  runNow: decideRunNow,
  retry: decideRetry,
  edit: decideEdit({}),
  pause: decidePause,
  resume: decideResume,
  reschedule: decideReschedule(anySchedule),
  cancel: decideCancel,
  delete: decideDelete,
} satisfies Record<string, Decide>;

/** The row of a task, as the decisions take it. */
type TaskRow = Parameters<Decide>[0];

/** A change of one task. */
export type TaskVerb = keyof typeof decisions;

/** Reports whether a change applies to a task. */
export function applies(verb: TaskVerb, task: Task): boolean {
  return typeof decisions[verb](toRecord(task)) !== "string";
}

/** Returns the row of a task, with the fields on which a decision depends. */
function toRecord({ series, dueAt, ...task }: Task): TaskRow {
  const row = {
    ...task,
    dueAt: epochMs(dueAt),
    series: series && {
      ...series,
      nextRunAt: epochMs(series.nextRunAt),
      paused: series.paused ?? false,
      runUntil: epochMs(series.runUntil),
    },
  };
  return row as unknown as TaskRow;
}

function epochMs(instant: string | null): number | null {
  return instant === null ? null : Date.parse(instant);
}
