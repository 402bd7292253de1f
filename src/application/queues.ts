// Pauses, resumes and shows queues, for applications.

import { type Dated, dated } from "../time/dated.ts";
import { parseQueueName } from "../task/dispatch_options.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import type { Backlog, QueueStatistics } from "../storage/queries.ts";
import { queueStatistics } from "../storage/queue_statistics.ts";
import { checkOptions } from "../guards/argument_checks.ts";
import { type Operator, operatorNames, parseOperator } from "../operate/operator.ts";
import type { NewOperatorAction } from "../storage/requests.ts";
import type { Storage } from "../storage/storage.ts";

/** Pauses, resumes and shows queues; `everTask.queues`. */
export class Queues {
  /** The names of the queues of this instance: those of its options, `default` and `recurring`. */
  readonly names: readonly string[];
  readonly #opened: () => Promise<Storage>;
  readonly #refresh: () => void;

  /**
   * Made by `createEverTask`.
   *
   * @param configured The names of the queues of this instance.
   * @param opened Returns the storage once it is open.
   * @param refresh Makes the worker of this process poll at once.
   */
  constructor(
    configured: Iterable<string>,
    opened: () => Promise<Storage>,
    refresh: () => void,
  ) {
    this.names = [...configured];
    this.#opened = opened;
    this.#refresh = refresh;
  }

  /**
   * Pauses a queue. No worker of the store starts its tasks until the queue is resumed, even after
   * a restart. Running tasks continue.
   *
   * @param operator The operator and the reason, which are recorded in the same transaction. If
   * absent, no action is recorded.
   * @throws {InvalidArgumentError} If neither this instance nor storage has the queue.
   */
  async pause(queue: string, operator?: Operator): Promise<void> {
    await this.#setPaused(queue, true, operator);
  }

  /**
   * Resumes a paused queue.
   *
   * @param operator As for {@linkcode Queues.pause}.
   * @throws {InvalidArgumentError} If neither this instance nor storage has the queue.
   */
  async resume(queue: string, operator?: Operator): Promise<void> {
    await this.#setPaused(queue, false, operator);
  }

  /**
   * Returns the waiting tasks by queue. The cost does not depend on the number of ended tasks:
   * 1,000,000 waiting tasks take some tenths of a second. On SQLite, the count pauses for other work
   * of the process, so tasks may change while it runs.
   *
   * @param options `cap` is the maximum number of due tasks, and of scheduled tasks, to count in each
   * queue; by default, all are counted. With a cap, the cost depends on the number of queues, not of
   * waiting tasks, which suits probes.
   * @throws {InvalidArgumentError} If the cap is not a positive integer.
   *
   * @example
   * ```ts
   * import { createEverTask } from "@evertask/evertask";
   * import { memoryStorage } from "@evertask/evertask/memory";
   *
   * const everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
   * const { queues } = await everTask.queues.backlog({ cap: 1 });
   * console.log(queues.some(({ due }) => due > 0)); // whether a task is due
   * ```
   */
  async backlog(options: { readonly cap?: number } = {}): Promise<Dated<Backlog>> {
    checkOptions(options, { cap: true }, "options");
    return dated(await (await this.#opened()).backlog(options.cap));
  }

  /**
   * Counts the waiting and the claimed tasks of each queue. The cost does not depend on the number
   * of ended tasks, unless workers hold more than 20,000 tasks.
   */
  async list(): Promise<readonly Dated<QueueStatistics>[]> {
    const storage = await this.#opened();
    const [{ queues }, held] = await Promise.all([storage.backlog(), storage.heldTasks()]);
    if (held === null) return dated((await storage.statistics()).queues);
    return dated(queueStatistics(queues, held));
  }

  async #setPaused(queue: string, paused: boolean, operator?: Operator): Promise<void> {
    parseQueueName(queue, "queue");
    const action = operator === undefined ? undefined : actionOf(queue, paused, operator);
    const storage = await this.#opened();
    if (!this.names.includes(queue)) await this.#checkOfOthers(queue, storage);
    await storage.setQueuePaused(queue, paused, action);
    this.#refresh();
  }

  /**
   * Checks the name of a queue that this instance does not have. The queue exists if it has tasks,
   * was paused, or is served by a worker.
   *
   * @throws {InvalidArgumentError} If the queue does not exist.
   */
  async #checkOfOthers(queue: string, storage: Storage): Promise<void> {
    const names = new Set(this.names);
    const [backlog, held, workers] = await Promise.all([
      storage.backlog(1),
      storage.heldTasks(),
      storage.workers(),
    ]);
    for (const stored of [...backlog.queues, ...held ?? []]) names.add(stored.queue);
    for (const { serves } of workers) {
      for (const { name } of serves?.queues ?? []) names.add(name);
    }
    if (names.has(queue)) return;
    const remedy = `be one of the queues there are: ${[...names].join(", ")}. Add it to the ` +
      "queues of createEverTask if it has no tasks yet";
    throw new InvalidArgumentError("queue", queue, remedy);
  }
}

/** Returns the record of pausing or resuming a queue. */
function actionOf(queue: string, paused: boolean, operator: Operator): NewOperatorAction {
  checkOptions(operator, operatorNames, "options");
  return {
    verb: paused ? "pauseQueue" : "resumeQueue",
    ...parseOperator(operator),
    target: { kind: "queue", id: queue },
    before: null,
    after: JSON.stringify({ paused }),
  };
}
