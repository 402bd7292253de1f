// Searches and counts the tasks of a store; `everTask.operate.tasks`.

import { checkCount, checkOptions } from "../guards/argument_checks.ts";
import { mostRowsRead } from "../storage/paging.ts";
import type { PartialCount, TaskFilter, TaskPage, TaskPageRequest } from "../storage/queries.ts";
import type { Storage } from "../storage/storage.ts";
import { parseTaskFilter } from "../storage/task_filter.ts";
import { type Dated, dated } from "../time/dated.ts";

/** Options of {@linkcode TaskSearch.count}. */
export interface CountOptions {
  /** The maximum count. @default 10,000 */
  readonly cap?: number;
}

/** The number of tasks that match a filter. */
export interface TaskCount {
  /** The number of counted tasks, at most the cap. */
  readonly count: number;
  /** Whether all matching tasks were counted. Otherwise there may be more. */
  readonly exact: boolean;
}

/** The maximum number of calls of storage for one count. Each reads about 5,000 rows. */
const mostRounds = 2;

/** Searches and counts the tasks of a store. */
export class TaskSearch {
  readonly #opened: () => Promise<Pick<Storage, "list" | "count">>;

  /**
   * Made by `createEverTask`.
   *
   * @param opened Returns the storage once it is open.
   */
  constructor(opened: () => Promise<Pick<Storage, "list" | "count">>) {
    this.#opened = opened;
  }

  /**
   * Returns a page of the tasks that match a filter, by default newest first. The order `due` finds
   * only waiting tasks, earliest due first. If storage stops after about 5,000 rows, the page is
   * `incomplete`: it may have fewer tasks than the limit, or none. The next page continues where
   * storage stopped.
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
  async search(filter: TaskFilter = {}, page: TaskPageRequest = {}): Promise<Dated<TaskPage>> {
    const parsed = parseTaskFilter(filter);
    return dated(await (await this.#opened()).list(parsed, page));
  }

  /**
   * Counts the tasks that match a filter, up to a cap. Searches the 10,000 newest tasks, or all
   * tasks if the filter uses an index. {@linkcode TaskCount.exact} tells whether all matching tasks
   * were counted.
   *
   * @example
   * ```ts
   * import { createEverTask } from "@evertask/evertask";
   * import { memoryStorage } from "@evertask/evertask/memory";
   *
   * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
   * const { count, exact } = await everTask.operate.tasks.count({ statuses: ["Failed"] });
   * console.log(exact ? `${count} failed` : `${count} failed, or more`);
   * ```
   *
   * @throws {InvalidArgumentError} If the filter or the cap is invalid.
   */
  async count(filter: TaskFilter = {}, options: CountOptions = {}): Promise<TaskCount> {
    const parsed = parseTaskFilter(filter);
    checkOptions(options, { cap: true }, "options");
    const { cap = 10_000 } = options;
    checkCount(cap, "options.cap");
    const storage = await this.#opened();
    let count = 0;
    let after: string | null = null;
    for (let round = 0; round < mostRounds; round++) {
      const request = { cap: Math.min(cap - count, mostRowsRead), ...after && { after } };
      const part: PartialCount = await storage.count(parsed, request);
      count += part.count;
      after = part.next;
      if (after === null) return { count, exact: true };
      if (count === cap) break;
    }
    return { count, exact: false };
  }
}
