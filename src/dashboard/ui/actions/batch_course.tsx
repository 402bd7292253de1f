// How far a change is that is made in batches, and how it ended.

import { useEffect, useRef } from "preact/hooks";
import { integer } from "../format.ts";
import { me, seesWholeStore } from "../rights.ts";
import { pageUrl } from "../router.ts";
import { actionTexts, bulkTexts } from "../texts.ts";
import type { BatchRun } from "./batch_run.ts";
import { type BulkProgress, skippedCount } from "./bulk_batches.ts";
import { ChangeProblem } from "./change_problem.tsx";

/** Shows how far a change is, and how it ended. */
export function BatchCourse({ run, changed: changedText, onClose }: {
  readonly run: BatchRun;
  /** Tells what was changed, such as `12 cancelled`. */
  readonly changed: (count: string) => string;
  readonly onClose: () => void;
}) {
  const phase = run.phase.value;
  const progress = run.progress.value;
  const isRunning = phase === "running" || phase === "stopping";
  const handled = progress.changed + skippedCount(progress);
  const expected = run.expected.value;
  const total = Math.max(expected.changed + skippedCount(expected), handled);
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // The focused button is gone.
    if (document.activeElement === document.body) element.current?.focus();
  }, [phase]);
  return (
    <div class="course" ref={element} tabIndex={-1}>
      {/* Without a value, the bar shows that the number of tasks is unknown. */}
      <progress
        aria-label={bulkTexts.progress}
        max={Math.max(total, 1)}
        value={expected.isComplete || !isRunning ? handled : undefined}
      />
      <p role="status">
        <strong>{changedText(integer(progress.changed))}</strong> · {bulkTexts.phases[phase]}
      </p>
      <Skipped progress={progress} />
      {phase === "failed" && (
        <ChangeProblem error={run.error.value} fields={[]} onReload={undefined} />
      )}
      <div class="buttons">
        {progress.actionId !== null && seesWholeStore() && (
          <a
            class="button"
            href={pageUrl("actions", { by: me.value!.user, verb: run.actionVerb })}
            onClick={onClose}
          >
            {actionTexts.showAction}
          </a>
        )}
        {isRunning && (
          <button
            type="button"
            disabled={phase === "stopping"}
            onClick={() => run.stop()}
          >
            {bulkTexts.stop}
          </button>
        )}
        {(phase === "stopped" || phase === "failed") && (
          <button
            type="button"
            onClick={() => void run.resume()}
          >
            {bulkTexts.resume}
          </button>
        )}
        {!isRunning && (
          <button type="button" class="primary" onClick={onClose}>{actionTexts.close}</button>
        )}
      </div>
    </div>
  );
}

/** Lists why tasks were left as they are. */
export function Skipped({ progress }: { readonly progress: BulkProgress }) {
  if (progress.skipped.size === 0) return null;
  return (
    <ul class="skipped">
      {Array.from(progress.skipped, ([reason, count]) => (
        <li key={reason}>
          {bulkTexts.skipped(integer(count), bulkTexts.skipReasons[reason] ?? reason)}
        </li>
      ))}
    </ul>
  );
}
