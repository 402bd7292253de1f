// Reads the final content of a store.

import type { Storage } from "../../storage/storage.ts";
import type { FinalTask } from "../checker/history.ts";
import type { FinalAction } from "../checker/operator_entries.ts";
import { marked, type StoreEntries } from "./store_entries.ts";

/** Returns the records of the actions of operators, the oldest first. */
export async function readFinalActions(store: Storage): Promise<FinalAction[]> {
  const { items } = await store.operatorActions({}, { limit: 1_000 });
  return items.map(({ by, verb, changed, skipped }) => ({ by, verb, changed, skipped })).reverse();
}

/**
 * Returns all tasks of a store, the oldest first.
 *
 * @param names Knows the names of tasks and workers.
 * @param startsAt The beginning of the history, in epoch milliseconds.
 */
export async function readFinalTasks(
  store: Storage,
  names: Pick<StoreEntries, "tasks" | "workers" | "dispatchOf">,
  startsAt: number,
): Promise<FinalTask[]> {
  const { items } = await store.list({}, { limit: 1_000 });
  const tasks: FinalTask[] = [];
  for (const row of [...items].reverse()) {
    const trail = (await store.statusAudit(row.id, { limit: 1_000 })).items;
    const runs = row.series === null ? [] : (await store.runsAudit(row.id, { limit: 1_000 })).items;
    tasks.push({
      task: names.tasks.of(row.id),
      status: row.status,
      level: row.auditLevel,
      key: row.taskKey,
      worker: row.workerId === null ? null : names.workers.of(row.workerId),
      dueAt: row.dueAt === null ? null : row.dueAt - startsAt,
      attempt: row.attempt,
      lostCount: row.lostCount,
      token: row.leaseToken,
      cancelRequested: row.cancelRequested,
      trail: trail.map(({ newStatus, exception }) => marked(newStatus, exception)),
      trailAt: trail.map(({ updatedAt }) => updatedAt - startsAt),
      runs: runs.map(({ status, exception }) => marked(status, exception)),
      series: row.series === null ? null : {
        runCount: row.series.runCount,
        nextRunAt: row.series.nextRunAt === null ? null : row.series.nextRunAt - startsAt,
        ...row.series.paused ? { paused: true } : {},
      },
      queue: row.queue,
      priority: row.priority,
      dispatch: names.dispatchOf(row),
    });
  }
  return tasks;
}
