// Tasks as a journal shows them.

import { auditLevels } from "../../mod.ts";
import type { TaskStatus } from "../../src/storage/task_status.ts";
import type { FinalTask } from "../../src/testing/checker/history.ts";
import type { StoreEntries } from "../../src/testing/simulation/store_entries.ts";
import type { AuditImage, JournalRow, TaskImage } from "./journal_rows.ts";

/**
 * Returns the tasks as the journal shows them at the end, or when they were deleted, with all rows
 * of their audits.
 *
 * @param startsAt The beginning of the history, in epoch milliseconds.
 */
export function journaledTasks(
  journal: readonly JournalRow[],
  names: Pick<StoreEntries, "tasks" | "workers">,
  startsAt: number,
): FinalTask[] {
  const images = new Map<string, TaskImage>();
  const audits = { status: new Map<string, AuditImage[]>(), run: new Map<string, AuditImage[]>() };
  for (const row of journal) {
    if (row.what === "status" || row.what === "run") {
      const audit = audits[row.what];
      if (audit.get(row.task)?.push(row.image) === undefined) audit.set(row.task, [row.image]);
    } else images.set(row.task, row.image);
  }
  const marked = ({ status, failed }: AuditImage) => failed ? `${status}!` : status;
  return [...images].map(([id, image]): FinalTask => {
    const [trail, runs] = [audits.status.get(id) ?? [], audits.run.get(id) ?? []];
    const since = (instant: number | null) => instant === null ? null : instant - startsAt;
    return {
      task: names.tasks.of(id),
      status: image.status as TaskStatus,
      level: auditLevels[image.audit_level ?? 0]!,
      key: image.task_key,
      worker: image.worker_id === null ? null : names.workers.of(image.worker_id),
      dueAt: since(image.due_at_utc),
      attempt: image.attempt,
      lostCount: image.lost_count,
      token: image.lease_token,
      cancelRequested: Boolean(image.cancel_requested),
      trail: trail.map(marked),
      trailAt: trail.map(({ at }) => at - startsAt),
      runs: runs.map(marked),
      series: image.recurring_task === null ? null : {
        runCount: image.current_run_count ?? 0,
        nextRunAt: since(image.next_run_utc),
      },
    };
  });
}
