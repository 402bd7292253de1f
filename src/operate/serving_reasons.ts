// Finds out whether a live worker serves a task's queue and knows its type.

import { similarName } from "../guards/similar_name.ts";
import type { TaskRecord } from "../storage/records.ts";
import type { WorkerStatus } from "../storage/worker_status.ts";
import type { UntoldReason } from "./sentences.ts";

/** Returns the reasons why no live worker would take a task; empty if a live worker would. */
export function servingReasons(
  { queue, type }: Pick<TaskRecord, "queue" | "type">,
  workers: readonly WorkerStatus[],
): UntoldReason[] {
  const live = workers.filter(({ alive, draining }) => alive && !draining);
  // Workers of version 0.1 do not report their queues and types, so such a worker may take this
  // task.
  if (live.some(({ serves }) => serves === null)) return [];
  const served = live.map(({ serves }) => serves!);
  const ofQueue = served.filter(({ queues }) => queues.some(({ name }) => name === queue));
  if (ofQueue.length === 0) {
    const names = served.flatMap(({ queues }) => queues.map(({ name }) => name));
    const similar = similarName(queue, new Set(names));
    return [{ kind: "queueUnserved", queue, liveWorkers: live.length, similar }];
  }
  const types = new Set(ofQueue.flatMap(({ types }) => types));
  if (types.has(type)) return [];
  return [{ kind: "typeUnknown", queue, type, similar: similarName(type, types) }];
}
