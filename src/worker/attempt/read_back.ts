// Finds out which ends of attempts an earlier try of a write has stored although its answer was
// lost with the connection.

import { batchEnd } from "../../storage/batching/batch_size.ts";
import type { TaskRecord } from "../../storage/records.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Job } from "../job.ts";
import type { TimedTransition } from "./unwritten_transitions.ts";

/** The end of an attempt that was written. */
export interface WrittenEnd {
  readonly job: Job;
  readonly transitions: readonly TimedTransition[];
}

/** The maximum number of tasks in one call; see {@linkcode TaskFilter.ids}. */
const mostTasks = 1000;

/**
 * Returns those ends that storage shows as applied. Reads all tasks in one call, or in several
 * if their payloads are long.
 */
export async function storedEnds<End extends WrittenEnd>(
  storage: Pick<Storage, "list">,
  ends: readonly End[],
): Promise<ReadonlySet<End>> {
  const records = new Map<string, TaskRecord>();
  for (let from = 0, end; from < ends.length; from = end) {
    end = batchEnd(ends, from, mostTasks, ({ job }) => job.task.payload.length);
    const ids = ends.slice(from, end).map(({ job }) => job.task.id);
    const { items } = await storage.list({ ids }, { limit: ids.length });
    for (const record of items) records.set(record.id, record);
  }
  return new Set(ends.filter((each) => isShown(each, records.get(each.job.task.id))));
}

function isShown({ job, transitions }: WrittenEnd, record: TaskRecord | undefined) {
  return record !== undefined && record.leaseToken === job.lease.token &&
    record.workerId === null && record.status === transitions.at(-1)?.status;
}
