// The buttons that change a series.

import type { Task } from "../answers.ts";
import { may } from "../rights.ts";
import { actionTexts } from "../texts.ts";
import { openReschedule } from "./reschedule.tsx";
import { openCancel, openRunNow } from "./task_actions.tsx";
import { openTaskDialog } from "./task_dialog.tsx";
import { applies } from "./task_rules.ts";

/** Shows a button for each change that applies to a series and that the user may make. */
export function SeriesActions({ task }: { readonly task: Task }) {
  if (!may("operate")) return null;
  return (
    <div class="buttons start">
      {applies("runNow", task) && (
        <button
          type="button"
          class="primary"
          onClick={() => openRunNow(task)}
        >
          {actionTexts.runNow.button}
        </button>
      )}
      {applies("pause", task) && (
        <button type="button" onClick={() => openPause(task)}>{actionTexts.pause.button}</button>
      )}
      {applies("resume", task) && (
        <button type="button" onClick={() => openResume(task)}>{actionTexts.resume.button}</button>
      )}
      {applies("reschedule", task) && (
        <button type="button" onClick={() => openReschedule(task)}>
          {actionTexts.reschedule.button}
        </button>
      )}
      {applies("cancel", task) && (
        <button
          type="button"
          class="danger"
          onClick={() => openCancel(task)}
        >
          {actionTexts.end.button}
        </button>
      )}
    </div>
  );
}

function openPause(task: Task): void {
  openTaskDialog(task, {
    ...actionTexts.pause,
    reason: "required",
    request: () => ({ method: "POST", route: `series/${task.id}/pause` }),
  });
}

function openResume(task: Task): void {
  openTaskDialog(task, {
    ...actionTexts.resume,
    reason: "optional",
    request: () => ({ method: "POST", route: `series/${task.id}/resume` }),
  });
}
