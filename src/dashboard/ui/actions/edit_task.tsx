// The changes of a task's fields: payload, queue, priority and due instant.

import type { Task } from "../answers.ts";
import { Field } from "../parts/field.tsx";
import { mayEditPayloads } from "../rights.ts";
import { actionTexts, texts } from "../texts.ts";
import { localInput, toInstant } from "./local_input.ts";
import { indented, parsePayload } from "./payload_text.ts";
import { openTaskDialog } from "./task_dialog.tsx";
import { InvalidField } from "./change_problem.tsx";

/** Reports the problems of a field. */
export type ProblemsOf = (name: string) => readonly string[];

/** Opens the dialog that changes the fields of a waiting task. */
export function openEdit(task: Task): void {
  const hasPayload = mayEditPayloads() && task.payload !== null;
  openTaskDialog(task, {
    title: actionTexts.edit.title,
    label: actionTexts.edit.label,
    done: actionTexts.edit.done,
    reason: "optional",
    isWide: hasPayload,
    fieldNames: ["payload", "queue", "priority", "at"],
    fields: (problems) => (
      <>
        {hasPayload && <PayloadField text={task.payload!.text} problems={problems("payload")} />}
        <PlaceFields task={task} problems={problems} />
      </>
    ),
    request: (values) => ({
      method: "PATCH",
      route: `tasks/${task.id}`,
      body: changedFields(values, task),
    }),
  });
}

/** Opens the dialog that edits the payload of an ended task, and retries it. */
export function openEditAndRetry(task: Task): void {
  openTaskDialog(task, {
    ...actionTexts.editAndRetry,
    reason: "optional",
    isWide: true,
    fieldNames: ["payload"],
    fields: (problems) => <PayloadField text={task.payload!.text} problems={problems("payload")} />,
    request: (values) => ({
      method: "POST",
      route: `tasks/${task.id}/retry`,
      body: { payload: parsePayload(String(values.get("payload"))) },
    }),
  });
}

/** Shows an input for a payload as JSON. */
export function PayloadField(
  { text, problems }: { readonly text: string; readonly problems: readonly string[] },
) {
  const json = indented(text);
  const lines = json.split("\n").length;
  return (
    <Field name="payload" title={texts.payload} problems={problems}>
      {(attributes) => (
        <textarea
          {...attributes}
          class="mono"
          rows={Math.min(Math.max(lines + 1, 4), 16)}
          spellcheck={false}
          defaultValue={json}
          required
        />
      )}
    </Field>
  );
}

/** Shows inputs for the queue, the priority and, except for series, the due instant. */
export function PlaceFields(
  { task, problems }: { readonly task: Task; readonly problems: ProblemsOf },
) {
  return (
    <div class="field-row">
      <Field name="queue" title={texts.queue} problems={problems("queue")}>
        {(attributes) => (
          <input {...attributes} defaultValue={task.queue} maxLength={100} required />
        )}
      </Field>
      <Field name="priority" title={texts.priority} problems={problems("priority")}>
        {(attributes) => (
          <input
            {...attributes}
            type="number"
            min={-32_768}
            max={32_767}
            step={1}
            defaultValue={String(task.priority)}
            required
          />
        )}
      </Field>
      {task.series === null && (
        <Field name="at" title={texts.due} hint={actionTexts.localTime} problems={problems("at")}>
          {(attributes) => (
            <input
              {...attributes}
              type="datetime-local"
              step={1}
              defaultValue={localInput(task.dueAt)}
            />
          )}
        </Field>
      )}
    </div>
  );
}

/** Returns the fields that the user has changed. */
function changedFields(values: FormData, task: Task): Record<string, unknown> {
  const queue = String(values.get("queue")).trim();
  const priority = Number(values.get("priority"));
  const payload = values.get("payload");
  const at = values.get("at");
  const changes = {
    ...queue !== task.queue && { queue },
    ...priority !== task.priority && { priority },
    ...at !== null && at !== "" && at !== localInput(task.dueAt) && { at: toInstant(String(at)) },
    ...payload !== null && payload !== indented(task.payload!.text) && {
      payload: parsePayload(String(payload)),
    },
  };
  if (Object.keys(changes).length === 0) {
    throw new InvalidField("queue", actionTexts.nothingChanged);
  }
  return changes;
}
