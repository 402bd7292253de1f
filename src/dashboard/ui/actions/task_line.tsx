// The task that a dialog changes, in one line.

import type { Task } from "../answers.ts";
import { Status } from "../parts/status.tsx";
import { Name } from "../parts/text.tsx";

/** Shows the type, the key or the id, and the status of a task. */
export function TaskLine({ task: { id, type, taskKey, status } }: { readonly task: Task }) {
  return (
    <p class="task-line">
      <strong>
        <Name>{type}</Name>
      </strong>{" "}
      <span class="mono faint">
        <Name>{taskKey ?? id}</Name>
      </span>{" "}
      <Status status={status} />
    </p>
  );
}
