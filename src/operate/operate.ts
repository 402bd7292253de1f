// `everTask.operate`: shows operators the tasks, queues and workers of all processes of a store.

import { checkCount, checkOptions, checkText } from "../guards/argument_checks.ts";
import { parseTaskId } from "../ids/uuid_v7.ts";
import type { AnyTask } from "../task/task.ts";
import type { Page, PageRequest } from "../storage/queries.ts";
import type { TaskRecord } from "../storage/records.ts";
import type { RetentionPolicy } from "../storage/retention.ts";
import type { Storage } from "../storage/storage.ts";
import { workerStatuses } from "../storage/worker_status.ts";
import { type Dated, dated } from "../time/dated.ts";
import { type ActivityOptions, type ActivityStep, readActivity } from "./activity.ts";
import { Failures } from "./failures.ts";
import { explain } from "./explain.ts";
import { findFacts } from "./fact_finder.ts";
import { type LimitOverview, limitOverview } from "./limit_overview.ts";
import { type LimitName, releaseLimit } from "./limit_release.ts";
import { type Operator, operatorNames, parseOperator } from "./operator.ts";
import { purgeBatch, type PurgeBatchOptions, type PurgeBatchResult } from "./retention_purge.ts";
import { nextRuns } from "./next_runs.ts";
import { type QueueOverview, queueOverviews } from "./queue_overview.ts";
import type { Explanation } from "./reason.ts";
import { type TableGrowth, tableGrowth } from "./table_growth.ts";
import { Actions } from "./actions.ts";
import { Bulk } from "./bulk.ts";
import { OperatedSeries } from "./operated_series.ts";
import { OperatedTasks } from "./operated_tasks.ts";
import { type Consequences, TaskChanger } from "./task_changer.ts";
import { waitingCap } from "./waiting_count.ts";
import { type WorkerOverview, workerOverviews } from "./worker_overview.ts";

/** The dependencies of {@linkcode Operate}. */
export interface OperateParts {
  /** Returns the storage once it is open. */
  readonly opened: () => Promise<Storage>;
  /** The time without a heartbeat after which a worker is lost, in milliseconds. */
  readonly leaseMs: number;
  /** The queues of this process. */
  readonly queues: readonly string[];
  /** The tasks of this process by type. */
  readonly definitions: ReadonlyMap<string, AnyTask>;
  /** The storage's clock, once storage is open. Epoch milliseconds. */
  readonly now: () => number;
  /** Called after changes, for their consequences in this process. */
  readonly consequences: Consequences;
  /** Returns the maximum number of retries of a task's policy; null if unknown. */
  readonly retriesOf: (task: TaskRecord) => number | null;
  /** Returns the key of a task's rate limit; null if this process cannot tell. */
  readonly rateKeyOf: (task: TaskRecord) => Promise<string | null>;
}

/**
 * Shows and changes the tasks, queues and workers of all processes of a store. It works in any
 * process with the storage.
 */
export class Operate {
  /** Searches, counts and changes tasks. */
  readonly tasks: OperatedTasks;
  /** Pauses, resumes and changes series. */
  readonly series: OperatedSeries;
  /** Changes all tasks that match a filter. */
  readonly bulk: Bulk;
  /** Lists the actions of operators. */
  readonly actions: Actions;
  /** Lists groups of failures. */
  readonly failures: Failures;
  readonly #parts: OperateParts;

  /** Made by `createEverTask`. */
  constructor(parts: OperateParts) {
    this.#parts = parts;
    const { opened, consequences, definitions } = parts;
    const changer = new TaskChanger({ opened, consequences });
    this.tasks = new OperatedTasks({ opened, changer, definitions });
    this.series = new OperatedSeries({ changer, now: () => opened().then(parts.now) });
    this.bulk = new Bulk({ opened, changer });
    this.actions = new Actions(opened);
    this.failures = new Failures(opened, parts.now);
  }

  /**
   * Returns the reasons why a task of any process is not running.
   *
   * @example
   * ```ts
   * import { createEverTask, defineTask } from "@evertask/evertask";
   * import { memoryStorage } from "@evertask/evertask/memory";
   *
   * const report = defineTask<null>({ type: "report", handle() {} });
   * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [report] });
   * const { id } = await everTask.dispatch(report, null, { delay: { hours: 1 } });
   * const { reasons } = await everTask.operate.explain(id);
   * for (const { kind, sentence } of reasons) console.log(kind, sentence);
   * // delayed It is due in 1 h, at …
   * // queueUnserved No live worker serves queue "default": no worker is running. …
   * ```
   *
   * @param taskId The task's id. An unknown id is also explained.
   * @throws {InvalidArgumentError} If the id is not a string.
   */
  async explain(taskId: string): Promise<Explanation> {
    return explain(await findFacts(this.#parts, taskId));
  }

  /**
   * Returns the next runs of a series, beginning with the planned run. The later runs follow from
   * the schedule: a late worker may skip some of them.
   *
   * @param taskId The id of the series.
   * @param count The maximum number of runs.
   * @returns The runs; null if there is no series with this id, or its schedule is unreadable.
   * @throws {InvalidArgumentError} If the count is not a positive integer.
   */
  async nextRuns(taskId: string, count = 10): Promise<readonly Date[] | null> {
    checkCount(count, "count");
    const id = parseTaskId(taskId);
    const task = id === null ? null : await (await this.#parts.opened()).get(id);
    return task?.series ? nextRuns(task.series, count) : null;
  }

  /**
   * Returns the time of the store's clock, which decides which tasks are due and which workers are
   * alive.
   */
  async now(): Promise<Date> {
    await this.#parts.opened();
    return new Date(this.#parts.now());
  }

  /**
   * Returns the registered workers of the store, oldest first, and how many tasks each holds. Lost
   * workers are listed with `alive: false` until another worker has taken over their tasks.
   */
  async workers(): Promise<readonly Dated<WorkerOverview>[]> {
    const { heldTasks, workers } = await this.#served();
    return dated(workerOverviews(workers, heldTasks));
  }

  /**
   * Returns the waiting tasks, the workers and the busy places of each queue, by name. Includes
   * queues with waiting or held tasks, paused queues, queues that a live worker serves, and the
   * queues of this instance. Counts at most 5,000 due and 5,000 scheduled tasks of each queue, and
   * no held tasks if there are more than 20,000. The cost therefore depends on the number of queues
   * and workers, not of tasks.
   */
  async queues(): Promise<readonly QueueOverview[]> {
    const backlog = await (await this.#parts.opened()).backlog(waitingCap);
    const { heldTasks, workers } = await this.#served();
    return queueOverviews(backlog, workers, heldTasks, this.#parts.queues);
  }

  /**
   * Returns the activity of the workers of all processes: the numbers of attempts that started and
   * ended, by outcome, and their run and waiting times. Workers report with their heartbeats. The
   * last seconds may therefore be missing, and a process that crashes loses them. Steps without
   * activity are omitted. The cost depends on the span, not on the number of tasks.
   *
   * @example
   * ```ts
   * import { createEverTask } from "@evertask/evertask";
   * import { memoryStorage } from "@evertask/evertask/memory";
   *
   * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
   * const steps = await everTask.operate.activity({ step: "hour", by: ["queue"] });
   * for (const { at, queue, completed, failed } of steps) console.log(at, queue, completed, failed);
   * ```
   *
   * @throws {InvalidArgumentError} If an option is invalid, or the span has more than 1,500 steps.
   */
  async activity(options?: ActivityOptions): Promise<readonly ActivityStep[]> {
    return await readActivity(await this.#parts.opened(), this.#parts.now, options);
  }

  /**
   * Returns a page of rate limit keys, sorted by type and key, with the number of tasks that wait
   * for each. Includes the keys whose budget is in use now, or was in use within the last day.
   *
   * @example
   * ```ts
   * import { createEverTask } from "@evertask/evertask";
   * import { memoryStorage } from "@evertask/evertask/memory";
   *
   * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
   * const { items } = await everTask.operate.limits();
   * for (const { type, key, waiting } of items) console.log(type, key, waiting);
   * ```
   *
   * @throws {InvalidArgumentError} If the page is invalid.
   */
  async limits(page?: PageRequest): Promise<Page<LimitOverview>> {
    const { items, next } = await (await this.#parts.opened()).rateLimits(page);
    const now = this.#parts.now();
    return { items: items.map((record) => limitOverview(record, now)), next };
  }

  /**
   * Gives back the budget of a rate limit: the slots that its waiting tasks have reserved, and what
   * its last runs have used. The next tasks then run at once, at most as many as the limit's burst.
   * Together with the last runs, they may exceed the limit. Makes at most a few hundred waiting
   * tasks due, beginning with those that are due first. The others run at their slots or earlier.
   *
   * @example
   * ```ts
   * import { createEverTask } from "@evertask/evertask";
   * import { memoryStorage } from "@evertask/evertask/memory";
   *
   * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
   * const limit = { type: "mail", key: "tenant-42" };
   * await everTask.operate.releaseLimit(limit, { by: "ada", reason: "the provider agreed" });
   * ```
   *
   * @param operator The operator and the reason, which are recorded in the same transaction.
   * @returns Whether the limit has a budget; if not, nothing is recorded.
   * @throws {InvalidArgumentError} If an argument is invalid.
   */
  releaseLimit(limit: LimitName, operator: Operator): Promise<boolean> {
    const { opened, now, rateKeyOf, consequences: { madeDue } } = this.#parts;
    return releaseLimit({ opened, now, rateKeyOf, madeDue }, limit, operator);
  }

  /**
   * Asks a worker of any process to stop claiming, to give back the tasks that it has not started,
   * to finish its running tasks, and then to stop. The worker sees the request with its next
   * heartbeat, or at once on stores that push. The process continues, and can be ended when the
   * worker is no longer listed. A worker of version 0.2 or earlier does not stop.
   *
   * @param operator The operator and the reason, which are recorded in the same transaction.
   * @returns Whether the worker is registered; if not, nothing is recorded.
   * @throws {InvalidArgumentError} If an argument is invalid.
   */
  async drainWorker(workerId: string, operator: Operator): Promise<boolean> {
    checkText(workerId, "workerId", "be the id of a worker");
    checkOptions(operator, operatorNames, "operator");
    const target = { kind: "worker", id: workerId } as const;
    const fields = { before: null, after: null };
    const action = { verb: "drainWorker", ...parseOperator(operator), target, ...fields } as const;
    const isRegistered = await (await this.#parts.opened()).drainWorker(workerId, action);
    this.#parts.consequences.madeDue(); // `workerId` may be this process's worker
    return isRegistered;
  }

  /**
   * Deletes one batch of the history that a policy allows to delete, in short transactions. Call
   * again with `next` until it is null. All batches are recorded as one action. If another process
   * is purging, the result is `busy`; try again later.
   *
   * @example
   * ```ts
   * import { createEverTask } from "@evertask/evertask";
   * import { memoryStorage } from "@evertask/evertask/memory";
   *
   * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
   * const policy = { statusAuditDays: 30 };
   * const operator = { by: "ada@example.org", reason: "the disk is full" };
   * let batch = await everTask.operate.purge(policy, operator);
   * while (batch.next !== null) {
   *   if (batch.busy) await new Promise((resolve) => setTimeout(resolve, 1_000));
   *   batch = await everTask.operate.purge(policy, { ...operator, after: batch.next });
   * }
   * ```
   *
   * @throws {InvalidArgumentError} If an argument is invalid, or the policy has no limit.
   */
  purge(policy: RetentionPolicy, options: PurgeBatchOptions): Promise<PurgeBatchResult> {
    return purgeBatch(this.#parts.opened, policy, options);
  }

  /**
   * Returns the size of each table of the store, and how fast it grows. Reads a limited number of
   * rows and pages, so the numbers of large tables are estimates.
   *
   * @example
   * ```ts
   * import { createEverTask } from "@evertask/evertask";
   * import { memoryStorage } from "@evertask/evertask/memory";
   *
   * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
   * for (const { table, rows, bytes } of await everTask.operate.sizes()) {
   *   console.log(table, rows, bytes);
   * }
   * ```
   */
  async sizes(): Promise<readonly TableGrowth[]> {
    const sizes = await (await this.#parts.opened()).tableSizes();
    const now = this.#parts.now();
    return sizes.map((size) => tableGrowth(size, now));
  }

  async #served() {
    const storage = await this.#parts.opened();
    const heldTasks = await storage.heldTasks();
    return { heldTasks, workers: workerStatuses(await storage.workers(), this.#parts.leaseMs) };
  }
}
