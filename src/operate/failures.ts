// Lists the failures of a store by group: `everTask.operate.failures`.

import type { Page, PageRequest } from "../storage/queries.ts";
import type { Storage } from "../storage/storage.ts";
import type { FailureGroup } from "../storage/work_reports.ts";
import { type Dated, dated } from "../time/dated.ts";

/** Lists groups of failures. */
export class Failures {
  readonly #opened: () => Promise<Pick<Storage, "failureGroups">>;

  /**
   * Made by `createEverTask`.
   *
   * @param opened Returns storage once it is open.
   */
  constructor(opened: () => Promise<Pick<Storage, "failureGroups">>) {
    this.#opened = opened;
  }

  /**
   * Returns a page of the groups of failures, latest failure first. Tasks that failed for good
   * belong to one group if they have the same type and their errors differ only in numbers, ids,
   * quoted texts, paths and lines of code. Tasks at audit level `None` are not included. A group is
   * deleted 90 days after its last failure.
   *
   * @example
   * ```ts
   * import { createEverTask } from "@evertask/evertask";
   * import { memoryStorage } from "@evertask/evertask/memory";
   *
   * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
   * const { items } = await everTask.operate.failures.list({ limit: 20 });
   * for (const { type, count, summary, lastAt } of items) console.log(type, count, summary, lastAt);
   * ```
   *
   * @throws {InvalidArgumentError} If the page is invalid.
   */
  async list(page?: PageRequest): Promise<Dated<Page<FailureGroup>>> {
    return dated(await (await this.#opened()).failureGroups(page));
  }
}
