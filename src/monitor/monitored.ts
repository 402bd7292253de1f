// The parts of EverTask that monitoring needs. Each tool requires only the parts that it uses, so
// that a test or a wrapper can replace the instance.

import type { Dated } from "../time/dated.ts";
import { checkMethods } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import type { TaskEventSource } from "../events/task_event.ts";
import type {
  AuditGrowth,
  Backlog,
  QueueStatistics,
  StorageStatistics,
} from "../storage/queries.ts";
import type { TableSize } from "../storage/table_sizes.ts";
import type { WorkersOptions, WorkerStatus } from "../storage/worker_status.ts";

/** A source of task events; every `EverTask` is one. */
export interface EventOrigin {
  /** The events of tasks. */
  readonly events: TaskEventSource;
  /** The registered tasks, whose counters begin with 0. */
  readonly tasks?: readonly { readonly type: string; readonly queue?: string }[];
  /** Returns a task with its tags, which events do not have; null if there is none. */
  get?(taskId: string): Promise<{ readonly tags: readonly string[] } | null>;
}

/** A source of statistics from storage; every `EverTask` is one. */
export interface FigureOrigin {
  /** The sizes of the tables, which large stores estimate. Without it, audit rows are counted. */
  readonly operate?: { sizes(): Promise<readonly Pick<TableSize, "table" | "rows">[]> };
  /** The growth of the audit tables. */
  readonly audit: { growth(): Promise<readonly Dated<AuditGrowth>[]> };
  /**
   * The configured queues, whose figures begin with 0, the waiting tasks by queue, and the claimed
   * ones. Without `list`, `statistics` counts these.
   */
  readonly queues: {
    readonly names?: readonly string[];
    backlog(options?: { readonly cap?: number }): Promise<Dated<Backlog>>;
    list?(): Promise<readonly Dated<QueueStatistics>[]>;
  };
  /** Counts tasks by status and queue; the numbers of ended tasks may be estimates. */
  statistics(): Promise<Dated<StorageStatistics>>;
  /** Returns the live workers; on request also lost workers that are still registered. */
  workers(options?: WorkersOptions): Promise<readonly Dated<WorkerStatus>[]>;
}

/** An object that may run a worker; every `EverTask` is one. */
export interface WorkerOrigin {
  /** The id of this process's worker; null if there is none. */
  readonly workerId: string | null;
}

/**
 * Checks that an argument is an instance.
 *
 * @param methods The methods that the instance must have, in addition to `events.subscribe`.
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
