// Lists the actions of operators: `everTask.operate.actions`.

import { checkNames, checkOptions } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import type { OptionNames } from "../guards/option_names.ts";
import { parseTaskId } from "../ids/uuid_v7.ts";
import { operatorVerbs } from "../storage/operation_requests.ts";
import type { Page, PageRequest } from "../storage/queries.ts";
import type { ActionFilter, OperatorActionRecord } from "../storage/requests.ts";
import type { Storage } from "../storage/storage.ts";
import { type Dated, dated } from "../time/dated.ts";
import { cursorOf } from "./bulk_cursor.ts";

/** One action of an operator. */
export type OperatorAction = Dated<OperatorActionRecord>;

const filterNames: OptionNames<ActionFilter> = {
  by: true,
  verbs: true,
  taskId: true,
  queue: true,
};

/** Lists the actions of operators. */
export class Actions {
  readonly #opened: () => Promise<Pick<Storage, "operatorActions">>;

  /** Made by `createEverTask`. */
  constructor(opened: () => Promise<Pick<Storage, "operatorActions">>) {
    this.#opened = opened;
  }

  /**
   * Returns a page of operators' actions, newest first. If a change by filter is not complete,
   * `next` of its action is the `after` with which to continue the change.
   *
   * @example
   * ```ts
   * import { createEverTask } from "@evertask/evertask";
   * import { memoryStorage } from "@evertask/evertask/memory";
   *
   * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
   * await everTask.queues.pause("default", { by: "ada", reason: "the server is down" });
   * const { items } = await everTask.operate.actions.list();
   * for (const { doneAt, by, verb, target, reason } of items) {
   *   console.log(doneAt, by, verb, target.id, reason);
   *   // … ada pauseQueue default the server is down
   * }
   * ```
   *
   * @param filter The operator, the verbs and the target. @default all actions
   * @throws {InvalidArgumentError} If the filter or the page is invalid.
   */
  async list(
    filter: ActionFilter = {},
    page: PageRequest = {},
  ): Promise<Page<OperatorAction>> {
    checkOptions(filter, filterNames, "filter");
    const { by, verbs, taskId, queue } = filter;
    for (const [name, text] of [["by", by], ["queue", queue]] as const) {
      const isText = typeof text === "string" && text !== "" && text.length <= longestText;
      if (text === undefined || isText) continue;
      throw new InvalidArgumentError(`filter.${name}`, text, `be 1 to ${longestText} characters`);
    }
    if (verbs !== undefined) checkNames(verbs, operatorVerbs, "filter.verbs");
    const id = taskId === undefined ? undefined : parseTaskId(taskId);
    const storage = await this.#opened();
    const known = id === null
      ? { verbs: [] }
      : { ...filter, ...id !== undefined && { taskId: id } };
    const { items, next } = await storage.operatorActions(known, page);
    return { items: items.map(toAction), next };
  }
}

/** The maximum length of names in storage. */
const longestText = 200;

function toAction(record: OperatorActionRecord): OperatorAction {
  const { id, next } = record;
  return dated({ ...record, next: next === null ? null : cursorOf({ actionId: id, next }) });
}
