// A store in a database that this process opens.

import {
  createEverTask,
  defineTask,
  type EverTask,
  silentLogger,
  type TaskEvent,
  type TaskEventFilter,
} from "../../../mod.ts";
import type { Operator } from "../../operate/operator.ts";
import type { HistoryPageRequest, StatisticsOptions } from "../../storage/queries.ts";
import type { RetentionPolicy } from "../../storage/retention.ts";
import type { Storage } from "../../storage/storage.ts";
import type { AnyTask } from "../../task/task.ts";
import type { CheckedDispatchOptions, OperatedStore, Operations } from "../frame/operated_store.ts";
import { UsageError } from "../frame/usage_error.ts";

/** A store in a database. It runs no tasks. */
export class LocalStore implements OperatedStore {
  readonly #everTask: EverTask;
  readonly #storage: Storage;

  /** @param tasks The tasks of the application. Their validators check payloads. */
  constructor(storage: Storage, tasks: readonly AnyTask[]) {
    this.#storage = storage;
    this.#everTask = createEverTask({ storage, tasks, logger: silentLogger });
  }

  get operate(): Operations {
    return this.#everTask.operate;
  }

  get(taskId: string) {
    return this.#everTask.get(taskId);
  }

  statistics() {
    return this.#everTask.statistics();
  }

  statusAudit(taskId: string, page?: HistoryPageRequest) {
    return this.#everTask.statusAudit(taskId, page);
  }

  runsAudit(taskId: string, page?: HistoryPageRequest) {
    return this.#everTask.runsAudit(taskId, page);
  }

  executionLogs(taskId: string, page?: HistoryPageRequest) {
    return this.#everTask.executionLogs(taskId, page);
  }

  async dispatch(type: string, payload: unknown, options: CheckedDispatchOptions) {
    const { unchecked, ...rest } = options;
    const known = this.#everTask.tasks.find((task) => task.type === type);
    if (known === undefined && !unchecked) {
      throw new UsageError(
        `The task "${type}" is not known here, so that its payload cannot be checked. List it in ` +
          "`tasks` of evertask.config.ts, or add --unchecked to store the payload as it is.",
      );
    }
    const queue = options.queue ?? known?.queue;
    const task: AnyTask = known === undefined || unchecked
      ? defineTask<unknown>({ type, ...queue !== undefined && { queue }, handle() {} })
      : known;
    // An instance stores a task in its default queue if it does not have the queue of the task.
    const everTask = createEverTask({
      storage: this.#storage,
      tasks: [task],
      logger: silentLogger,
      ...queue !== undefined && { queues: { [queue]: {} } },
    });
    try {
      return await everTask.dispatch(task, payload, rest);
    } finally {
      await everTask.stop();
    }
  }

  async changeQueue(verb: "pause" | "resume", queue: string, operator: Operator): Promise<void> {
    await this.#everTask.queues[verb](queue, operator);
  }

  async follow(
    handler: (event: TaskEvent) => Promise<void>,
    filter: TaskEventFilter,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#everTask.queues.backlog({ cap: 1 }); // opens the storage, or rejects
    const ended = Promise.withResolvers<void>();
    const unsubscribe = this.#everTask.events.subscribe(
      (event) => handler(event).catch(ended.reject),
      { ...filter, scope: "store", parameters: false },
    );
    signal.addEventListener("abort", () => ended.resolve(), { once: true });
    if (signal.aborted) ended.resolve();
    try {
      await ended.promise;
    } finally {
      unsubscribe();
    }
  }

  auditGrowth(options: StatisticsOptions) {
    return this.#everTask.audit.growth(options);
  }

  async previewPurge(policy: RetentionPolicy) {
    const { done: _, busy: __, ...counts } = await this.#everTask.audit.purge(policy, {
      dryRun: true,
    });
    return counts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#everTask.stop();
  }
}
