// Questions of operators about all processes of a store: `everTask.operate`.

import type { TaskRecord } from "../storage/records.ts";
import type { Storage } from "../storage/storage.ts";
import { type WorkerStatus, workerStatuses } from "../storage/worker_status.ts";
import { type Dated, dated } from "../time/dated.ts";
import { explain } from "./explain.ts";
import { findFacts } from "./fact_finder.ts";
import { type QueueOverview, queueOverviews } from "./queue_overview.ts";
import type { Explanation } from "./reason.ts";
import { TaskSearch } from "./task_search.ts";

/** What {@linkcode Operate} works with. */
export interface OperateParts {
  /** Gives storage once it is open. */
  readonly opened: () => Promise<Storage>;
  /** How long a worker keeps its tasks without a heartbeat. Milliseconds. */
  readonly leaseMs: number;
  /** The queues of this process. */
  readonly queues: readonly string[];
  /** How many retries a task's policy allows at most; null: not known. */
  readonly retriesOf: (task: TaskRecord) => number | null;
}

/** Shows what all processes of a store do, and why. It works in any of them. */
export class Operate {
  /** Searches and counts tasks. */
  readonly tasks: TaskSearch;
  readonly #parts: OperateParts;

  /** Made by `createEverTask`. */
  constructor(parts: OperateParts) {
    this.#parts = parts;
    this.tasks = new TaskSearch(parts.opened);
  }

  /**
   * Tells why a task is not running, wherever it is.
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
   * @param taskId Its id. One that no task has is explained, too.
   * @throws {InvalidArgumentError} If the id is not a string.
   */
  async explain(taskId: string): Promise<Explanation> {
    return explain(await findFacts(this.#parts, taskId));
  }

  /**
   * The registered workers of the store, oldest first. Those that are lost are listed, not alive,
   * until another worker has taken over their tasks.
   */
  async workers(): Promise<readonly Dated<WorkerStatus>[]> {
    return dated(await this.#workers());
  }

  /**
   * Returns the waiting tasks and the workers of each queue, by name. It includes queues with
   * waiting tasks, paused queues, queues that a live worker serves, and those of this instance. The
   * cost depends on the number of waiting tasks, not of ended ones.
   */
  async queues(): Promise<readonly QueueOverview[]> {
    const storage = await this.#parts.opened();
    const backlog = await storage.backlog();
    return queueOverviews(backlog, await this.#workers(), this.#parts.queues);
  }

  async #workers(): Promise<readonly WorkerStatus[]> {
    const storage = await this.#parts.opened();
    return workerStatuses(await storage.workers(), this.#parts.leaseMs);
  }
}
