// The task that a dialog changes, in one line.

import type { Task } from "../answers.ts";
import { Status } from "../parts/status.tsx";

/** Shows the type, the key or the id, and the status of a task. */
export function TaskLine({ task: { id, type, taskKey, status } }: { readonly task: Task }) {
  return (
    <p class="task-line">
      <strong>{type}</strong> <span class="mono faint">{taskKey ?? id}</span>{" "}
      <Status status={status} />
    </p>
  );
}
