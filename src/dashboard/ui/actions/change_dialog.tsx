// The dialog of a change: what it does, why it is made, and why it was refused.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { reload } from "../live.ts";
import { actionTexts } from "../texts.ts";
import { ChangeProblem, problemsOf } from "./change_problem.tsx";
import { closeDialog } from "./dialogs.tsx";

/** The properties of {@linkcode ChangeDialog}. */
export interface ChangeDialogProps {
  /** What is changed, such as `Cancel order-1`. */
  readonly title: string;
  /** What the change does. */
  readonly help?: ComponentChildren;
  /** The label of the button. */
  readonly label: string;
  readonly isDanger?: boolean;
  readonly isWide?: boolean;
  /** Whether the server requires a reason. */
  readonly reason: "required" | "optional" | "none";
  /** The names of the other fields. */
  readonly fieldNames?: readonly string[];
  /** Shows the other fields, with their problems. */
  readonly fields?: (problems: (name: string) => readonly string[]) => ComponentChildren;
  /** Makes the change. Rejects with the problem. */
  readonly run: (values: FormData) => Promise<void>;
  /** Loads the newest version after a conflict. */
  readonly onReload?: () => Promise<void>;
}

/** Asks for a change, makes it, and closes. */
export function ChangeDialog(props: ChangeDialogProps) {
  const { title, help, label, isDanger = false, isWide = false, fieldNames = [] } = props;
  const error = useSignal<unknown>(null);
  const isBusy = useSignal(false);
  const attempt = async (action: () => Promise<void>) => {
    isBusy.value = true;
    error.value = null;
    try {
      await action();
      return true;
    } catch (thrown) {
      error.value = thrown;
      return false;
    } finally {
      isBusy.value = false;
    }
  };
  const onSubmit = async (event: SubmitEvent) => {
    event.preventDefault();
    const values = new FormData(event.currentTarget as HTMLFormElement);
    if (isBusy.value || !await attempt(() => props.run(values))) return;
    closeDialog();
    reload();
  };
  const { onReload } = props;
  return (
    <Dialog title={title} isBusy={isBusy.value} isWide={isWide} onClose={closeDialog}>
      <form onSubmit={onSubmit} aria-busy={isBusy.value}>
        {help !== undefined && <div class="dialog-help">{help}</div>}
        {props.fields?.((name) => problemsOf(error.value, name))}
        {props.reason !== "none" && (
          <ReasonField
            isRequired={props.reason === "required"}
            problems={problemsOf(error.value, "reason")}
          />
        )}
        <ChangeProblem
          error={error.value}
          fields={[...fieldNames, "reason"]}
          onReload={onReload && (() => void attempt(onReload))}
        />
        <div class="buttons">
          <button type="button" onClick={closeDialog}>{actionTexts.close}</button>
          <button
            type="submit"
            class={isDanger ? "primary danger" : "primary"}
            disabled={isBusy.value}
          >
            {label}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** The field for the reason of a change, which is recorded with it. */
export function ReasonField(
  { isRequired, problems }: { readonly isRequired: boolean; readonly problems: readonly string[] },
) {
  return (
    <Field
      name="reason"
      title={isRequired ? actionTexts.reason : actionTexts.reasonOptional}
      hint={actionTexts.reasonHelp}
      problems={problems}
    >
      {(attributes) => <textarea {...attributes} rows={2} maxLength={4000} required={isRequired} />}
    </Field>
  );
}

/** Returns the reason of a form, as the property of a request. */
export function reasonOf(values: FormData): { readonly reason?: string } {
  const reason = String(values.get("reason") ?? "").trim();
  return reason === "" ? {} : { reason };
}
