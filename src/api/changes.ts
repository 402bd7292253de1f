// Makes changes for one user, who can change only the tasks that a view would show. Each change
// requires a right.

import type { AuthorizedUser, UserRight } from "../access/authorize.ts";
import { isInScope, narrow, type ScopedTask } from "../access/task_scope.ts";
import type { LimitName } from "../operate/limit_release.ts";
import type { Operate } from "../operate/operate.ts";
import type { Operator } from "../operate/operator.ts";
import { type OperationResult, refusal } from "../operate/refusal.ts";
import type { PayloadEdit, SharedEdit, TaskEditOptions } from "../operate/task_edit.ts";
import type { PurgeBatchOptions, PurgeBatchResult } from "../operate/retention_purge.ts";
import type { BulkOptions, BulkResult } from "../operate/bulk.ts";
import type { TaskFilter } from "../storage/queries.ts";
import type { RetentionPolicy } from "../storage/retention.ts";
import type { DispatchOptions, DispatchResult } from "../task/dispatch_options.ts";
import { defaultQueue, recurringQueue } from "../task/queue_settings.ts";
import { NotAllowedError } from "./not_allowed.ts";
import { checkSearch } from "./search_check.ts";
import type { ApiSource, ApiTask } from "./source.ts";

/** The reason of a change, and the version of the task that the user has seen. */
export interface Seen {
  readonly reason?: string;
  readonly version: string;
}

/** A change of a single task. */
export type TaskChange = (
  operate: Operate,
  taskId: string,
  operator: Operator & { readonly version: string },
) => Promise<OperationResult>;

/** The verbs for many tasks, except for `edit`. */
export type BulkVerb = "retry" | "runNow" | "cancel" | "delete";

/** A task to be dispatched. */
export interface NewTask {
  readonly type: string;
  readonly payload: unknown;
  readonly options: DispatchOptions;
  /** The caller's key. A repeated request with the same key stores no second task. */
  readonly idempotencyKey?: string;
}

/** The type or the queue of a new task, if this process does not have it. */
export interface Unknown {
  readonly unknown: "type" | "queue";
  readonly name: string;
}

/** The changes that one user may make. */
export class Changes {
  readonly #source: ApiSource;
  readonly #user: AuthorizedUser;

  constructor(source: ApiSource, user: AuthorizedUser) {
    this.#source = source;
    this.#user = user;
  }

  /** Changes a task; returns null if the user sees no such task. */
  task(taskId: string, seen: Seen, change: TaskChange): Promise<OperationResult | null> {
    this.#need("operate");
    return this.#change(taskId, seen, change);
  }

  /** Changes fields of a task; returns null if the user sees no such task. */
  edit(taskId: string, edit: TaskEditOptions, seen: Seen): Promise<OperationResult | null> {
    this.#needForEdit(edit);
    return this.#change(taskId, seen, ({ tasks }, id, operator) => {
      return tasks.edit(id, edit, operator);
    }, edit);
  }

  /**
   * Retries a task, with another payload if `edit` has one; returns null if the user sees no such
   * task.
   */
  retry(taskId: string, edit: PayloadEdit, seen: Seen): Promise<OperationResult | null> {
    this.#needForEdit(edit);
    return this.#change(taskId, seen, ({ tasks }, id, operator) => tasks.retry(id, operator, edit));
  }

  /** Changes all tasks that match a filter and that the user sees. */
  async bulk(verb: BulkVerb, filter: TaskFilter, options: Omit<BulkOptions, "by">) {
    return await this.#source.operate.bulk[verb](this.#narrowed(filter), this.#signed(options));
  }

  /** Changes fields of all tasks that match a filter and that the user sees. */
  async bulkEdit(
    filter: TaskFilter,
    edit: SharedEdit,
    options: Omit<BulkOptions, "by">,
  ): Promise<BulkResult> {
    const narrowed = this.#narrowed(filter);
    const { queues } = this.#user.filter ?? {};
    if (edit.queue !== undefined && queues?.includes(edit.queue) === false) this.#refuseScope();
    return await this.#source.operate.bulk.edit(narrowed, edit, this.#signed(options));
  }

  /** Pauses or resumes a queue. */
  async queue(verb: "pause" | "resume", queue: string, reason: string): Promise<void> {
    await this.#source.queues[verb](queue, this.#admin(reason));
  }

  /** Deletes a batch of history. */
  async purge(
    policy: RetentionPolicy,
    { reason, ...batch }: Partial<Omit<PurgeBatchOptions, "by">>,
  ): Promise<PurgeBatchResult> {
    return await this.#source.operate.purge(policy, { ...batch, ...this.#admin(reason!) });
  }

  /** Makes a worker stop; returns whether the worker exists. */
  async drainWorker(workerId: string, reason: string): Promise<boolean> {
    return await this.#source.operate.drainWorker(workerId, this.#admin(reason));
  }

  /** Gives back the budget of a rate limit; returns whether a budget was in use. */
  async releaseLimit(limit: LimitName, reason: string): Promise<boolean> {
    return await this.#source.operate.releaseLimit(limit, this.#admin(reason));
  }

  /**
   * Dispatches a task if this process has its type and its queue. The queue is checked here because
   * an instance would store a task with an unknown queue in another queue.
   *
   * @returns The result, or the type or queue that this process does not have.
   */
  async dispatch(task: NewTask): Promise<DispatchResult | Unknown> {
    this.#need("operate");
    const definition = this.#source.tasks.find(({ type }) => type === task.type);
    const options = this.#keyed(task);
    const fallbackQueue = options.recurring === undefined ? defaultQueue : recurringQueue;
    const { queue = definition?.queue ?? fallbackQueue, taskKey = null, tags = [] } = options;
    const scoped = { type: task.type, queue, taskKey, tags };
    if (!isInScope(scoped, this.#user.filter)) this.#refuseScope();
    if (definition === undefined) return { unknown: "type", name: task.type };
    if (!this.#source.queues.names.includes(queue)) return { unknown: "queue", name: queue };
    if (taskKey !== null) await this.#checkHolder(taskKey, task.idempotencyKey !== undefined);
    return await this.#source.dispatch(definition, task.payload, options);
  }

  /**
   * Checks the rights for the task that holds a key: a dispatch with this key may change it.
   *
   * @param isOwn Whether no other user can have chosen the key.
   */
  async #checkHolder(taskKey: string, isOwn: boolean): Promise<void> {
    const { items: [holder] } = await this.#source.operate.tasks.search({ taskKey }, { limit: 1 });
    if (holder === undefined) return;
    if (!isInScope(holder, this.#user.filter)) this.#refuseScope();
    if (!isOwn && holder.dueAt !== null) this.#need("payloads");
  }

  /**
   * Returns the options with the task's key. An idempotency key becomes a key of the user and the
   * tenant, so that no user changes the task of another tenant.
   */
  #keyed({ options, idempotencyKey }: NewTask): DispatchOptions {
    const { filter, user } = this.#user;
    const prefix = filter?.taskKeyPrefix;
    if (options.taskKey !== undefined && filter !== undefined && prefix === undefined) {
      throw new NotAllowedError("You may not choose a key, which other tenants may use.");
    }
    if (idempotencyKey === undefined) return options;
    return { ...options, taskKey: `${prefix ?? ""}api:${user}:${idempotencyKey}` };
  }

  async #change(
    taskId: string,
    { reason, version }: Seen,
    change: TaskChange,
    edit: SharedEdit = {},
  ): Promise<OperationResult | null> {
    const task = await this.#source.get(taskId);
    if (task === null || !isInScope(task, this.#user.filter)) return null;
    if (!isInScope(edited(task, edit), this.#user.filter)) this.#refuseScope();
    // The scope was checked for this version only, so no other version may be changed.
    if (task.version !== version) return refusal("changed");
    return await change(this.#source.operate, task.id, this.#signed({ reason, version }));
  }

  #narrowed(filter: TaskFilter): TaskFilter {
    this.#need("operate");
    checkSearch(this.#user, filter);
    return narrow(filter, this.#user.filter);
  }

  #signed<Options extends { readonly reason?: string | undefined }>(
    { reason, ...options }: Options,
  ): Omit<Options, "reason"> & Operator {
    return { ...options, by: this.#user.user, ...reason === undefined ? {} : { reason } };
  }

  /** Returns the operator of a change that concerns all tasks. */
  #admin(reason: string): Operator {
    this.#need("admin");
    if (this.#user.filter !== undefined) this.#refuseScope();
    return { by: this.#user.user, reason };
  }

  #needForEdit(edit: PayloadEdit): void {
    this.#need("operate");
    if (edit.payload !== undefined) this.#need("payloads");
  }

  #need(right: UserRight): void {
    if (this.#user.can.includes(right)) return;
    throw new NotAllowedError(`This needs the right "${right}".`);
  }

  #refuseScope(): never {
    throw new NotAllowedError("This concerns tasks that you may not see.");
  }
}

/** Returns the properties that decide whether a task is in a scope after an edit. */
function edited(task: ApiTask, { queue }: SharedEdit): ScopedTask {
  return queue === undefined ? task : { ...task, queue };
}
