// The dialog of a bulk change. Shows the number of tasks, asks for the reason, and shows the
// progress.

import { useEffect } from "preact/hooks";
import type { Action } from "../answers.ts";
import { integer } from "../format.ts";
import { Dialog } from "../parts/dialog.tsx";
import { FilterChips } from "../parts/filter_chips.tsx";
import { actionTexts, bulkTexts } from "../texts.ts";
import { BatchCourse, Skipped } from "./batch_course.tsx";
import type { BulkProgress } from "./bulk_batches.ts";
import type { BulkTarget } from "./bulk_filter.ts";
import { actionVerbs, BulkRun, type BulkVerb, bulkVerbs } from "./bulk_run.ts";
import { ReasonField, reasonOf } from "./change_dialog.tsx";
import { ChangeProblem, InvalidField, problemsOf } from "./change_problem.tsx";
import { closeDialog, openDialog } from "./dialogs.tsx";
import { PlaceFields } from "./place_fields.tsx";
import { editOf, seenOf } from "./recorded_filter.ts";
import { clearSelection } from "./selection.ts";
import { toSharedEdit } from "./shared_edit.ts";

/** Opens the dialog of a change. */
export function openBulk(verb: BulkVerb, target: BulkTarget): void {
  const run = new BulkRun(verb, target);
  openDialog(<BulkDialog run={run} />);
  void run.count();
}

/** Opens the dialog of a change that is not complete. */
export function openStopped(action: Action, filter: BulkTarget["filter"]): void {
  const verb = bulkVerbs.find((each) => actionVerbs[each] === action.verb);
  if (verb === undefined) return;
  const edit = verb === "edit" ? { edit: editOf(action) } : {};
  const body = { ...edit, reason: action.reason ?? bulkTexts.continued };
  const run = new BulkRun(verb, { filter, ...seenOf(action) });
  run.takeOver(body, action);
  openDialog(<BulkDialog run={run} />);
}

function BulkDialog({ run }: { readonly run: BulkRun }) {
  const phase = run.phase.value;
  const isRunning = phase === "running" || phase === "stopping";
  const close = () => {
    if (run.phase.value === "done") clearSelection();
    closeDialog();
  };
  useEffect(() => () => run.close(), [run]);
  return (
    <Dialog title={bulkTexts.verbs[run.verb].title} isBusy={isRunning} onClose={close}>
      {phase === "asking"
        ? <Question run={run} />
        : <BatchCourse run={run} changed={bulkTexts.verbs[run.verb].changed} onClose={close} />}
    </Dialog>
  );
}

const editNames = ["queue", "priority", "at"];

/** Shows how many tasks would change, and asks for the reason. */
function Question({ run }: { readonly run: BulkRun }) {
  const { verb } = run;
  const texts = bulkTexts.verbs[verb];
  const expected = run.expected.value;
  const error = run.error.value;
  const isNothing = expected.isComplete && expected.changed === 0;
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const values = new FormData(event.currentTarget as HTMLFormElement);
    try {
      const edit = verb === "edit" ? { edit: toSharedEdit(values) } : {};
      void run.start({ ...edit, ...reasonOf(values) });
    } catch (thrown) {
      if (!(thrown instanceof InvalidField)) throw thrown;
      run.error.value = thrown;
    }
  };
  return (
    <form onSubmit={onSubmit}>
      <div class="dialog-help">
        <p role="status" class="expected">
          <strong>{countOf(expected)}</strong> {texts.would}
        </p>
        <Skipped progress={expected} />
        {run.filter["id"] === undefined && <FilterChips filter={run.filter} />}
        <p class="faint">{texts.help}</p>
      </div>
      {verb === "edit" && (
        <PlaceFields
          first={null}
          hasDue
          problems={(name) => problemsOf(error, name)}
        />
      )}
      <ReasonField isRequired problems={problemsOf(error, "reason")} />
      <ChangeProblem error={error} fields={[...editNames, "reason"]} onReload={undefined} />
      <div class="buttons">
        <button type="button" onClick={closeDialog}>{actionTexts.close}</button>
        <button
          type="submit"
          class={texts.isDanger ? "primary danger" : "primary"}
          disabled={isNothing}
        >
          {texts.label(countOf(expected))}
        </button>
      </div>
    </form>
  );
}

/** Returns the number of tasks that would be changed; `1,200+` while more may follow. */
function countOf({ changed, isComplete }: BulkProgress): string {
  return isComplete ? integer(changed) : `${integer(changed)}+`;
}
