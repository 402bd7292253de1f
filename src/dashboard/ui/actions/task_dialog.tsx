// The dialog of a change of one task. The change applies only to the version that the user has
// seen.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Task } from "../answers.ts";
import { read, send } from "../client.ts";
import { ChangeDialog, type ChangeDialogProps, reasonOf } from "./change_dialog.tsx";
import { openDialog, showOutcome } from "./dialogs.tsx";
import { TaskLine } from "./task_line.tsx";

/** A request of the API. */
export interface ChangeRequest {
  readonly method: "POST" | "PATCH" | "DELETE";
  readonly route: string;
  /** The body, without the reason. */
  readonly body?: Readonly<Record<string, unknown>>;
}

/** A change of one task. */
export interface TaskChange extends
  Pick<
    ChangeDialogProps,
    "title" | "label" | "isDanger" | "isWide" | "reason" | "fieldNames" | "fields"
  > {
  /** What the change does. */
  readonly help?: ComponentChildren;
  /** The message after the change. */
  readonly done: string;
  /**
   * Returns the request.
   *
   * @throws {InvalidField} If the user's input is invalid.
   */
  readonly request: (values: FormData, task: Task) => ChangeRequest;
  /** Called after the change. */
  readonly onDone?: () => void;
}

/** Opens the dialog of a change. */
export function openTaskDialog(task: Task, change: TaskChange): void {
  openDialog(<TaskDialog key={`${task.id} ${change.title}`} first={task} change={change} />);
}

function TaskDialog({ first, change }: { readonly first: Task; readonly change: TaskChange }) {
  const task = useSignal(first);
  const { help, done, request, onDone, ...texts } = change;
  return (
    <ChangeDialog
      {...texts}
      help={
        <>
          <TaskLine task={task.value} />
          {help}
        </>
      }
      run={async (values) => {
        const { method, route, body } = request(values, task.value);
        const headers = { "if-match": `"${task.value.version}"` };
        await send(method, route, { ...body, ...reasonOf(values) }, headers);
        showOutcome(done, { taskId: first.id });
        onDone?.();
      }}
      onReload={async () => {
        task.value = await read<Task>(`tasks/${first.id}`);
      }}
    />
  );
}
