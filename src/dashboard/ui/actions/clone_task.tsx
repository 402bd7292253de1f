// The dispatch of a new task with the type and the payload of an existing task.

import type { Task } from "../answers.ts";
import { send } from "../client.ts";
import { Field } from "../parts/field.tsx";
import { go, pageUrl } from "../router.ts";
import { actionTexts, texts } from "../texts.ts";
import { ChangeDialog } from "./change_dialog.tsx";
import { openDialog } from "./dialogs.tsx";
import { PayloadField, placeOf, queueOf } from "./edit_task.tsx";
import { toInstant } from "./local_input.ts";
import { parsePayload } from "./payload_text.ts";
import { PlaceFields } from "./place_fields.tsx";
import { TaskLine } from "./task_line.tsx";

/** Opens the dialog. */
export function openClone(task: Task): void {
  // Identifies the dispatch, so that a repeated request stores no second task.
  const idempotencyKey = crypto.getRandomValues(new Uint32Array(4)).join("-");
  const { title, help, label } = actionTexts.clone;
  openDialog(
    <ChangeDialog
      title={title}
      help={
        <>
          <TaskLine task={task} />
          <p class="faint">{help}</p>
        </>
      }
      label={label}
      isWide
      reason="none"
      fieldNames={["payload", "queue", "priority", "at", "key"]}
      fields={(problems) => (
        <>
          <PayloadField text={task.payload!.text} problems={problems("payload")} />
          <PlaceFields first={placeOf({ ...task, dueAt: null })} hasDue problems={problems} />
          <Field
            name="key"
            title={texts.key}
            hint={actionTexts.keyHelp}
            problems={problems("key")}
          >
            {(attributes) => <input {...attributes} maxLength={200} />}
          </Field>
        </>
      )}
      run={async (values) => {
        const at = String(values.get("at"));
        const key = String(values.get("key")).trim();
        const { id } = await send<{ readonly id: string }>("POST", "tasks", {
          type: task.type,
          payload: parsePayload(String(values.get("payload"))),
          queue: queueOf(values, task),
          priority: Number(values.get("priority")),
          tags: task.tags,
          ...at !== "" && { at: toInstant(at) },
          ...key !== "" && { key },
        }, key === "" ? { "idempotency-key": idempotencyKey } : {});
        go(pageUrl(`tasks/${id}`));
      }}
    />,
  );
}
