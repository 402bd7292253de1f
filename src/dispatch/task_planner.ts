// Checks the arguments of a dispatch, and completes them with the settings of the task and the
// instance.

import { type AuditLevel, parseAuditLevel } from "../audit/audit_level.ts";
import { EverTaskError, InvalidArgumentError } from "../guards/errors.ts";
import type { Logger } from "../log/logger.ts";
import { toStoredPolicy } from "../retry/stored_policy.ts";
import type { NewTask } from "../storage/requests.ts";
import {
  checkDispatchOptions,
  type DispatchOptions,
  parsePriority,
  parseQueueName,
  parseTaskKey,
} from "../task/dispatch_options.ts";
import { defaultQueue, type QueueSettings, recurringQueue } from "../task/queue_settings.ts";
import { noTags, parseTags } from "../task/tags.ts";
import type { AnyTask } from "../task/task.ts";
import type { StorageClock } from "../time/storage_clock.ts";
import { atOnce, parseDue } from "./due.ts";
import { MistakeWarnings } from "./mistake_warnings.ts";
import { planSeries } from "./series_plan.ts";

/**
 * The type of a dispatched task is not among the `tasks` of the instance, so no worker of the
 * instance could run the task.
 */
export class UnknownTaskTypeError extends EverTaskError {
  /** `UnknownTaskTypeError` */
  override name = "UnknownTaskTypeError";
  /** The type of the task that is not registered. */
  readonly taskType: string;

  /**
   * Creates the error for a task type.
   *
   * @param taskType The type of the task that is not registered.
   */
  constructor(taskType: string) {
    super(`Task "${taskType}" is not registered: add it to the tasks of createEverTask.`);
    this.taskType = taskType;
  }
}

/** The fields of a new task except its id, its payload, and those that depend on this process. */
export type TaskPlan = Omit<NewTask, "id" | "payload" | "claimFor" | "traceContext">;

/**
 * Makes a task from a plan. The fields are copied one by one, because spreading the plan would take
 * a tenth of all the memory of a dispatch.
 *
 * @param own The fields that differ between tasks of the same plan. Its `queue` is the default
 * queue if the planned queue is full and has `whenFull: "fallbackToDefault"`.
 */
export function plannedTask(
  plan: TaskPlan,
  own: Pick<NewTask, "id" | "payload" | "claimFor" | "traceContext" | "queue">,
): NewTask {
  return {
    id: own.id,
    type: plan.type,
    handlerName: plan.handlerName,
    payload: own.payload,
    status: plan.status,
    due: plan.due,
    auditLevel: plan.auditLevel,
    queue: own.queue,
    priority: plan.priority,
    taskKey: plan.taskKey,
    traceContext: own.traceContext,
    retryPolicy: plan.retryPolicy,
    series: plan.series,
    tags: plan.tags,
    claimFor: own.claimFor,
  };
}

/** The dependencies of a planner. */
export interface PlannerParts {
  readonly storageClock: StorageClock;
  readonly logger: Logger;
  readonly definitions: ReadonlyMap<string, AnyTask>;
  readonly queues: ReadonlyMap<string, QueueSettings>;
  readonly defaultAuditLevel: AuditLevel;
}

/** Plans tasks. */
export class TaskPlanner {
  readonly #parts: PlannerParts;
  readonly #warnings: MistakeWarnings;

  constructor(parts: PlannerParts) {
    this.#parts = parts;
    this.#warnings = new MistakeWarnings(parts);
  }

  /**
   * Checks that a task is registered with the instance.
   *
   * @throws {InvalidArgumentError} If it is not a task definition.
   * @throws {UnknownTaskTypeError} If it is not registered.
   */
  checkRegistered(task: AnyTask): void {
    if (typeof task?.type !== "string") {
      throw new InvalidArgumentError("task", task, "be a task made by defineTask");
    }
    if (!this.#parts.definitions.has(task.type)) throw new UnknownTaskTypeError(task.type);
  }

  /**
   * Plans a task from the options of its dispatch.
   *
   * @throws {InvalidArgumentError} If an option is invalid.
   * @throws {NoRunLeftError} If a series would never run.
   */
  plan(task: AnyTask, options: DispatchOptions): TaskPlan {
    checkDispatchOptions(options);
    const { defaultAuditLevel, storageClock } = this.#parts;
    const due = parseDue(options);
    const series = options.recurring === undefined
      ? null
      : planSeries(options.recurring, storageClock.now());
    const isNow = series === null
      ? due === atOnce || ("inMs" in due && due.inMs === 0)
      : series.nextRunAt <= storageClock.now();
    const fallbackQueue = series === null ? defaultQueue : recurringQueue;
    if (series !== null && options.taskKey === undefined) this.#warnings.keylessSeries(task.type);
    return {
      type: task.type,
      handlerName: task.handlerName ?? task.type,
      status: isNow ? "Queued" : "WaitingQueue",
      due: isNow ? atOnce : series === null ? due : { at: series.nextRunAt },
      auditLevel: options.auditLevel === undefined
        ? task.auditLevel ?? defaultAuditLevel
        : parseAuditLevel(options.auditLevel, "auditLevel"),
      queue: this.#queueOf(
        task,
        options.queue === undefined ? task.queue ?? fallbackQueue : options.queue,
      ),
      priority: options.priority === undefined
        ? task.priority ?? 0
        : parsePriority(options.priority, "priority"),
      taskKey: options.taskKey === undefined ? null : parseTaskKey(options.taskKey),
      retryPolicy: options.retry === undefined ? null : toStoredPolicy(options.retry, "retry"),
      series,
      tags: options.tags === undefined ? noTags : parseTags(options.tags, "tags"),
    };
  }

  /**
   * Returns `name` if the instance has this queue. Otherwise warns, once for each name, and returns
   * the default queue, because tasks in an unknown queue would wait for ever.
   */
  #queueOf({ type }: AnyTask, name: string): string {
    if (this.#parts.queues.has(name)) return name;
    this.#warnings.unknownQueue(parseQueueName(name, "queue"), type);
    return defaultQueue;
  }
}
