// Searching and counting the tasks of a store; `everTask.operate.tasks`.

import { checkCount, checkOptions } from "../guards/argument_checks.ts";
import type { Page, PageRequest, TaskFilter } from "../storage/queries.ts";
import type { TaskRecord } from "../storage/records.ts";
import type { Storage } from "../storage/storage.ts";
import { checkTaskFilter } from "../storage/task_filter.ts";

/** Options of {@linkcode TaskSearch.count}. */
export interface CountOptions {
  /** Where to stop counting. @default 10,000 */
  readonly cap?: number;
}

/** How many tasks match a filter. */
export interface TaskCount {
  /** How many were counted, at most the cap. */
  readonly count: number;
  /** Whether there are more than the cap. */
  readonly more: boolean;
}

/** The most tasks that one page holds. */
const largestPage = 1000;

/** Searches and counts the tasks of a store. */
export class TaskSearch {
  readonly #opened: () => Promise<Pick<Storage, "list">>;

  /**
   * Made by `createEverTask`.
   *
   * @param opened Gives storage once it is open.
   */
  constructor(opened: () => Promise<Pick<Storage, "list">>) {
    this.#opened = opened;
  }

  /**
   * The tasks that match a filter, newest first, a page at a time.
   *
   * @example
   * ```ts
   * import { createEverTask } from "@evertask/evertask";
   * import { memoryStorage } from "@evertask/evertask/memory";
   *
   * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
   * const filter = { statuses: ["Failed"] } as const;
   * let page = await everTask.operate.tasks.search(filter);
   * for (const { id, exception } of page.items) console.log(id, exception);
   * while (page.next !== null) {
   *   page = await everTask.operate.tasks.search(filter, { after: page.next });
   *   for (const { id, exception } of page.items) console.log(id, exception);
   * }
   * ```
   *
   * @throws {InvalidArgumentError} If the filter or the page is invalid.
   */
  async search(filter: TaskFilter = {}, page: PageRequest = {}): Promise<Page<TaskRecord>> {
    checkTaskFilter(filter);
    return await (await this.#opened()).list(filter, page);
  }

  /**
   * Counts the tasks that match a filter, up to a cap: the cost is bounded by it.
   *
   * @example
   * ```ts
   * import { createEverTask } from "@evertask/evertask";
   * import { memoryStorage } from "@evertask/evertask/memory";
   *
   * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
   * const { count, more } = await everTask.operate.tasks.count({ statuses: ["Failed"] });
   * console.log(more ? `more than ${count} failed` : `${count} failed`);
   * ```
   *
   * @throws {InvalidArgumentError} If the filter or the cap is invalid.
   */
  async count(filter: TaskFilter = {}, options: CountOptions = {}): Promise<TaskCount> {
    checkTaskFilter(filter);
    checkOptions(options, { cap: true }, "options");
    const { cap = 10_000 } = options;
    checkCount(cap, "options.cap");
    const storage = await this.#opened();
    let count = 0;
    let page: PageRequest = { limit: largestPage };
    while (true) {
      const { items, next } = await storage.list(filter, page);
      count += items.length;
      if (count > cap) return { count: cap, more: true };
      if (next === null) return { count, more: false };
      page = { limit: largestPage, after: next };
    }
  }
}
