// The parts of EverTask that monitoring needs. Each tool asks only for those it uses, so that a
// test or a wrapper can replace them.

import type { Dated } from "../time/dated.ts";
import { checkMethods } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import type { TaskEventSource } from "../events/task_event.ts";
import type { AuditGrowth, Backlog, StorageStatistics } from "../storage/queries.ts";
import type { WorkersOptions, WorkerStatus } from "../storage/worker_status.ts";

/** A source of task events; every `EverTask` is one. */
export interface EventOrigin {
  /** What happens to tasks. */
  readonly events: TaskEventSource;
  /** The registered tasks, whose figures begin with 0. */
  readonly tasks?: readonly { readonly type: string; readonly queue?: string }[];
}

/** Something whose storage can be asked for figures; every `EverTask` can. */
export interface FigureOrigin {
  /** Growth of the audit tables. */
  readonly audit: { growth(): Promise<readonly Dated<AuditGrowth>[]> };
  /** The configured queues, whose figures begin with 0, and what waits, by queue. */
  readonly queues: { readonly names?: readonly string[]; backlog(): Promise<Dated<Backlog>> };
  /** Counts by status and queue. */
  statistics(): Promise<Dated<StorageStatistics>>;
  /** The live worker processes; on request also those that are lost and still registered. */
  workers(options?: WorkersOptions): Promise<readonly Dated<WorkerStatus>[]>;
}

/** Something that may run a worker; every `EverTask` may. */
export interface WorkerOrigin {
  /** The id of this process's worker; null while there is none. */
  readonly workerId: string | null;
}

/**
 * Checks that an argument is an instance.
 *
 * @param methods The methods it needs, besides `events.subscribe`.
 */
export function checkOrigin(everTask: unknown, methods: readonly string[] = []): void {
  const remedy = "be an instance that createEverTask made";
  if (typeof everTask !== "object" || everTask === null) {
    throw new InvalidArgumentError("everTask", everTask, remedy);
  }
  const { events } = everTask as Partial<EventOrigin>;
  checkMethods(events, ["subscribe"], "everTask.events", remedy);
  checkMethods(everTask, methods, "everTask", remedy);
}

/** The methods of {@linkcode FigureOrigin}. */
export const figureMethods = ["statistics", "workers"] as const;
