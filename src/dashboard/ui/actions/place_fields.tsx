// The fields for the place of tasks in line: queue, priority and due instant.

import { Field } from "../parts/field.tsx";
import { actionTexts, bulkTexts, texts } from "../texts.ts";

/** Reports the problems of a field. */
export type ProblemsOf = (name: string) => readonly string[];

/** The values that the fields begin with. */
export interface Place {
  readonly queue: string;
  readonly priority: string;
  /** The due instant as the value of an input; see local_input.ts. */
  readonly at: string;
}

/** Shows the fields. They contain the place of one task, or are empty for many tasks. */
export function PlaceFields(
  { first, hasDue, problems }: {
    /** The place of the task; null for many tasks. A field that stays empty changes nothing. */
    readonly first: Place | null;
    readonly hasDue: boolean;
    readonly problems: ProblemsOf;
  },
) {
  const isOne = first !== null;
  return (
    <div class="field-row">
      <Field
        name="queue"
        title={texts.queue}
        hint={isOne ? "" : bulkTexts.emptyStays}
        problems={problems("queue")}
      >
        {(attributes) => (
          <input {...attributes} defaultValue={first?.queue} maxLength={200} required={isOne} />
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
            defaultValue={first?.priority}
            required={isOne}
          />
        )}
      </Field>
      {hasDue && (
        <Field name="at" title={texts.due} hint={actionTexts.localTime} problems={problems("at")}>
          {(attributes) => (
            <input {...attributes} type="datetime-local" step={1} defaultValue={first?.at} />
          )}
        </Field>
      )}
    </div>
  );
}
