// Finds out which changes an earlier try of a write has stored although its answer was lost with the
// connection.

import { batchEnd } from "../../storage/batching/batch_size.ts";
import type { TaskRecord } from "../../storage/records.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Job } from "../job.ts";
import type { TimedTransition } from "./unwritten_transitions.ts";

/** A change that was written. If `end` is null, it reports that the job is in progress. */
export interface WrittenChange {
  readonly job: Job;
  readonly end: unknown;
  readonly transitions: readonly TimedTransition[];
}

/** The maximum number of tasks in one call; see {@linkcode TaskFilter.ids}. */
const mostTasks = 1000;

/**
 * Returns those changes that storage shows as applied. Reads all tasks in one call, or in several
 * if their payloads are long.
 */
export async function storedChanges<Change extends WrittenChange>(
  storage: Pick<Storage, "list">,
  changes: readonly Change[],
): Promise<ReadonlySet<Change>> {
  const records = new Map<string, TaskRecord>();
  for (let from = 0, end; from < changes.length; from = end) {
    end = batchEnd(changes, from, mostTasks, ({ job }) => job.task.payload.length);
    const ids = changes.slice(from, end).map(({ job }) => job.task.id);
    const { items } = await storage.list({ ids }, { limit: ids.length });
    for (const record of items) records.set(record.id, record);
  }
  return new Set(changes.filter((change) => isShown(change, records.get(change.job.task.id))));
}

function isShown({ job, end, transitions }: WrittenChange, record: TaskRecord | undefined) {
  const holder = end === null ? job.lease.workerId : null;
  return record !== undefined && record.leaseToken === job.lease.token &&
    record.workerId === holder && record.status === transitions.at(-1)?.status;
}
