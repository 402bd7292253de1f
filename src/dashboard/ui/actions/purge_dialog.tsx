// The dialog that deletes old history: how many rows, why, and how far it is.

import { useEffect } from "preact/hooks";
import type { Action, BulkResult, Purged, RetentionPreview } from "../answers.ts";
import { ProblemError, send } from "../client.ts";
import { integer } from "../format.ts";
import { Dialog } from "../parts/dialog.tsx";
import { actionTexts, auditTexts, bulkTexts } from "../texts.ts";
import { BatchCourse } from "./batch_course.tsx";
import { type BatchBody, BatchRun } from "./batch_run.ts";
import { noProgress } from "./bulk_batches.ts";
import { ReasonField, reasonOf } from "./change_dialog.tsx";
import { ChangeProblem, problemsOf } from "./change_problem.tsx";
import { closeDialog, openDialog } from "./dialogs.tsx";

/** A retention policy, as the API takes it. */
export type Policy = Readonly<Record<string, number | boolean>>;

/** Returns the number of rows of all tables. */
export function rowsOf(rows: RetentionPreview): number {
  const { statusAudit, runsAudit, executionLog, tasks, operatorActions } = rows;
  return statusAudit + runsAudit + executionLog + tasks + operatorActions;
}

/** Opens the dialog for a policy that would delete a number of rows. */
export function openPurge(policy: Policy, rows: number): void {
  const run = purgeRun();
  run.expected.value = { ...noProgress, changed: rows, isComplete: true };
  openDialog(<PurgeDialog run={run} policy={policy} />);
}

/** Opens the dialog of a purge that is not complete; does nothing if its policy is unknown. */
export function openStoppedPurge(action: Action): void {
  const policy = policyOf(action);
  if (policy === null) return;
  const run = purgeRun();
  run.takeOver({ policy, reason: action.reason ?? bulkTexts.continued }, action);
  openDialog(<PurgeDialog run={run} policy={policy} />);
}

/** Returns the policy that an action has recorded; null if there is none. */
export function policyOf({ target, after }: Action): Policy | null {
  if (target.kind !== "history" || after === null) return null;
  try {
    return JSON.parse(after).policy ?? null;
  } catch {
    return null;
  }
}

function purgeRun(): BatchRun {
  return new BatchRun("purge", async (body, after): Promise<BulkResult> => {
    const request = { ...body, ...after !== null && { after } };
    const { busy, next, actionId, ...rows } = await send<Purged>("POST", "audit/purge", request);
    if (busy) {
      const detail = auditTexts.busyHelp;
      throw new ProblemError({ type: "", title: auditTexts.busy, status: 503, detail });
    }
    return { changed: rowsOf(rows), skipped: [], next, actionId };
  });
}

function PurgeDialog({ run, policy }: { readonly run: BatchRun; readonly policy: Policy }) {
  const phase = run.phase.value;
  const isRunning = phase === "running" || phase === "stopping";
  useEffect(() => () => run.close(), [run]);
  return (
    <Dialog title={actionTexts.purge.title} isBusy={isRunning} onClose={closeDialog}>
      {phase === "asking"
        ? <Question run={run} onStart={(body) => void run.start({ policy, ...body })} />
        : <BatchCourse run={run} changed={auditTexts.deleted} onClose={closeDialog} />}
    </Dialog>
  );
}

function Question(
  { run, onStart }: { readonly run: BatchRun; readonly onStart: (body: BatchBody) => void },
) {
  const { help, label } = actionTexts.purge;
  const rows = integer(run.expected.value.changed);
  const error = run.error.value;
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    onStart(reasonOf(new FormData(event.currentTarget as HTMLFormElement)));
  };
  return (
    <form onSubmit={onSubmit}>
      <div class="dialog-help">
        <p class="expected">
          <strong>{rows}</strong> {auditTexts.rowsWouldGo}
        </p>
        <p class="faint">{help}</p>
      </div>
      <ReasonField isRequired problems={problemsOf(error, "reason")} />
      <ChangeProblem error={error} fields={["reason"]} onReload={undefined} />
      <div class="buttons">
        <button type="button" onClick={closeDialog}>{actionTexts.close}</button>
        <button type="submit" class="primary danger">{label(rows)}</button>
      </div>
    </form>
  );
}
