// The changes of a task's fields: payload, queue, priority and due instant.

import type { Task } from "../answers.ts";
import { Field } from "../parts/field.tsx";
import { mayEditPayloads } from "../rights.ts";
import { actionTexts, texts } from "../texts.ts";
import { localInput, toInstant } from "./local_input.ts";
import { indented, parsePayload } from "./payload_text.ts";
import { type Place, PlaceFields } from "./place_fields.tsx";
import { openTaskDialog } from "./task_dialog.tsx";
import { InvalidField } from "./change_problem.tsx";

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
        <PlaceFields first={placeOf(task)} hasDue={task.series === null} problems={problems} />
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

/** Returns the place of a task in line. */
export function placeOf({ queue, priority, dueAt }: Task): Place {
  return { queue, priority: String(priority), at: localInput(dueAt) };
}

/**
 * Returns the queue that the user has entered. An unchanged field is the task's queue, even if the
 * field cannot show it: a line of input has no line breaks.
 */
export function queueOf(values: FormData, task: Task): string {
  const entered = String(values.get("queue"));
  return entered === task.queue.replaceAll(/[\r\n]/g, "") ? task.queue : entered.trim();
}

/** Returns the fields that the user has changed. */
function changedFields(values: FormData, task: Task): Record<string, unknown> {
  const queue = queueOf(values, task);
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
