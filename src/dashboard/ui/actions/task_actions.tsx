// The buttons of a task's page.

import type { Task } from "../answers.ts";
import { go, pageUrl } from "../router.ts";
import { may, mayEditPayloads } from "../rights.ts";
import { actionTexts } from "../texts.ts";
import { openClone } from "./clone_task.tsx";
import { openEdit, openEditAndRetry } from "./edit_task.tsx";
import { openTaskDialog } from "./task_dialog.tsx";
import { applies } from "./task_rules.ts";

/** A button, and whether it is shown. */
interface Button {
  readonly label: string;
  readonly isShown: boolean;
  readonly look?: "primary" | "danger";
  readonly onClick: () => void;
}

/** Shows a button for each change that applies to a task and that the user may make. */
export function TaskActions({ task }: { readonly task: Task }) {
  if (!may("operate")) return null;
  const isPayloadShown = mayEditPayloads() && task.payload !== null;
  const isSeries = task.series !== null;
  const buttons: readonly Button[] = [
    {
      label: actionTexts.retry.button,
      isShown: applies("retry", task),
      look: "primary",
      onClick: () => openRetry(task),
    },
    {
      label: actionTexts.editAndRetry.button,
      isShown: applies("retry", task) && isPayloadShown,
      onClick: () => openEditAndRetry(task),
    },
    {
      label: actionTexts.runNow.button,
      isShown: applies("runNow", task) && !applies("retry", task),
      look: "primary",
      onClick: () => openRunNow(task),
    },
    {
      label: actionTexts.edit.button,
      isShown: applies("edit", task),
      onClick: () => openEdit(task),
    },
    {
      label: actionTexts.clone.button,
      isShown: isPayloadShown && !isSeries,
      onClick: () => openClone(task),
    },
    {
      label: isSeries ? actionTexts.end.button : actionTexts.cancel.button,
      isShown: applies("cancel", task),
      look: "danger",
      onClick: () => openCancel(task),
    },
    {
      label: actionTexts.delete.button,
      isShown: applies("delete", task),
      look: "danger",
      onClick: () => openDelete(task),
    },
  ];
  const shown = buttons.filter(({ isShown }) => isShown);
  return (
    <div class="buttons start">
      {shown.map(({ label, look, onClick }) => (
        <button type="button" key={label} class={look} onClick={onClick}>{label}</button>
      ))}
    </div>
  );
}

/** Asks whether to run an ended task again. */
function openRetry(task: Task): void {
  openTaskDialog(task, {
    ...actionTexts.retry,
    reason: "optional",
    request: () => ({ method: "POST", route: `tasks/${task.id}/retry` }),
  });
}

/** Asks whether to run a task now. */
export function openRunNow(task: Task): void {
  openTaskDialog(task, {
    ...task.series === null ? actionTexts.runNow : actionTexts.runSeriesNow,
    reason: "optional",
    request: () => ({ method: "POST", route: `tasks/${task.id}/run` }),
  });
}

/** Asks whether to cancel a task, or to end a series. */
export function openCancel(task: Task): void {
  openTaskDialog(task, {
    ...task.series === null ? actionTexts.cancel : actionTexts.end,
    reason: "required",
    isDanger: true,
    request: () => ({ method: "POST", route: `tasks/${task.id}/cancel` }),
  });
}

function openDelete(task: Task): void {
  openTaskDialog(task, {
    ...actionTexts.delete,
    reason: "required",
    isDanger: true,
    request: () => ({ method: "DELETE", route: `tasks/${task.id}` }),
    onDone: () => go(pageUrl("tasks")),
  });
}
