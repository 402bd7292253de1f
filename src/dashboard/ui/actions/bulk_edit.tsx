// The fields of the dialog that changes many tasks.

import { Field } from "../parts/field.tsx";
import { actionTexts, bulkTexts, texts } from "../texts.ts";
import { InvalidField } from "./change_problem.tsx";
import type { ProblemsOf } from "./edit_task.tsx";
import { toInstant } from "./local_input.ts";

/** Shows inputs for the fields. An empty one leaves the field as it is. */
export function BulkEditFields({ problems }: { readonly problems: ProblemsOf }) {
  return (
    <div class="field-row">
      <Field
        name="queue"
        title={texts.queue}
        hint={bulkTexts.emptyStays}
        problems={problems("queue")}
      >
        {(attributes) => <input {...attributes} maxLength={100} />}
      </Field>
      <Field name="priority" title={texts.priority} problems={problems("priority")}>
        {(attributes) => (
          <input
            {...attributes}
            type="number"
            min={-32_768}
            max={32_767}
            step={1}
          />
        )}
      </Field>
      <Field name="at" title={texts.due} hint={actionTexts.localTime} problems={problems("at")}>
        {(attributes) => <input {...attributes} type="datetime-local" step={1} />}
      </Field>
    </div>
  );
}

/**
 * Returns the edit.
 *
 * @throws {InvalidField} If all inputs are empty.
 */
export function toSharedEdit(values: FormData): Readonly<Record<string, unknown>> {
  const [queue, priority, at] = ["queue", "priority", "at"].map((name) =>
    String(values.get(name) ?? "").trim()
  ) as [string, string, string];
  const edit = {
    ...queue !== "" && { queue },
    ...priority !== "" && { priority: Number(priority) },
    ...at !== "" && { at: toInstant(at) },
  };
  if (Object.keys(edit).length > 0) return edit;
  throw new InvalidField("queue", actionTexts.nothingChanged);
}
