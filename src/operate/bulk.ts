// Changes of all tasks that match a filter, in batches; `everTask.operate.bulk`.

import { checkFlag, checkNames, checkOptions } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import type { OptionNames } from "../guards/option_names.ts";
import type { TaskFilter } from "../storage/queries.ts";
import type { TaskRecord } from "../storage/records.ts";
import type { ActionBatch, OperatorVerb } from "../storage/requests.ts";
import { parseTaskFilter } from "../storage/task_filter.ts";
import { type TaskStatus, taskStatuses } from "../storage/task_status.ts";
import { cursorOf, parseCursor } from "./bulk_cursor.ts";
import { type Operator, operatorNames, parseOperator } from "./operator.ts";
import type { RefusalReason } from "./refusal.ts";
import { type OperatedStorage, type TaskChanger, toJson } from "./task_changer.ts";
import {
  type Decide,
  decideCancel,
  decideDelete,
  decideEdit,
  decideRetry,
  decideRunNow,
  type Decision,
} from "./task_decisions.ts";
import { parseSharedEdit, type SharedEdit } from "./task_edit.ts";

/** Options of a bulk change: the operator, and the batch. */
export interface BulkOptions extends Operator {
  /** Only counts the tasks that would be changed. @default false */
  readonly dryRun?: boolean;
  /** `next` of the previous batch, with the same filter. @default the first batch */
  readonly after?: string;
  /** The maximum number of tasks to read in this batch, 1 to 200. @default 200 */
  readonly limit?: number;
  /**
   * The status in which the operator saw each task of `filter.ids`, in the same order. A task whose
   * status is another one is skipped (`changed`). @default tasks in any status are changed
   */
  readonly seen?: readonly TaskStatus[];
}

/** The result of one batch. */
export interface BulkResult {
  /** The number of changed tasks; in a dry run, of tasks that would be changed. */
  readonly changed: number;
  /** The number of matching tasks that were left unchanged, by reason. */
  readonly skipped: readonly { readonly reason: RefusalReason; readonly count: number }[];
  /** The `after` of the next batch; null if this was the last batch. */
  readonly next: string | null;
  /** The id of the action of all batches; null in a dry run, and if no task matches. */
  readonly actionId: string | null;
}

const optionNames: OptionNames<BulkOptions> = {
  ...operatorNames,
  dryRun: true,
  after: true,
  limit: true,
  seen: true,
};

/** The maximum number of tasks in a batch, so that workers wait only briefly for its locks. */
const mostTasks = 200;

/** The dependencies of {@linkcode Bulk}. */
export interface BulkParts {
  /** Returns the storage once it is open. */
  readonly opened: () => Promise<OperatedStorage>;
  readonly changer: TaskChanger;
}

/** A task, and the decision about it. */
interface Decided {
  readonly task: TaskRecord;
  readonly decision: Decision;
}

/**
 * Changes all tasks that match a filter, newest first. Each call changes one batch in one short
 * transaction. Call again with `next` until it is null. All batches are recorded as one action.
 * Another process can continue from the `next` of this action ({@linkcode Actions}).
 *
 * A task that changes between the search and the change is skipped (`changed`). Tasks that are
 * stored after the first batch are not read.
 */
export class Bulk {
  readonly #parts: BulkParts;

  /** Made by `createEverTask`. */
  constructor(parts: BulkParts) {
    this.#parts = parts;
  }

  /**
   * Changes the queue, priority or due instant of waiting tasks.
   *
   * @throws {InvalidArgumentError} If an argument is invalid, or the filter is empty. The same
   * holds for all methods.
   */
  async edit(filter: TaskFilter, edit: SharedEdit, options: BulkOptions): Promise<BulkResult> {
    const fields = parseSharedEdit(edit);
    return await this.#run("edit", filter, decideEdit(fields), options, fields);
  }

  /** Deletes tasks that no worker holds. */
  delete(filter: TaskFilter, options: BulkOptions): Promise<BulkResult> {
    return this.#run("delete", filter, decideDelete, options);
  }

  /**
   * Runs ended tasks again from the start.
   *
   * @example
   * ```ts
   * import { createEverTask } from "@evertask/evertask";
   * import { memoryStorage } from "@evertask/evertask/memory";
   *
   * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
   * const { bulk } = everTask.operate;
   * const filter = { statuses: ["Failed"], exceptionContains: "ECONNREFUSED" } as const;
   * const options = { by: "ada@example.org", reason: "the server is back" };
   * const { changed } = await bulk.retry(filter, { ...options, dryRun: true });
   * console.log(`At least ${changed} tasks would be retried.`);
   *
   * let batch = await bulk.retry(filter, options);
   * while (batch.next !== null) {
   *   batch = await bulk.retry(filter, { ...options, after: batch.next });
   * }
   * ```
   */
  retry(filter: TaskFilter, options: BulkOptions): Promise<BulkResult> {
    return this.#run("retry", filter, decideRetry, options);
  }

  /** Makes tasks due now. */
  runNow(filter: TaskFilter, options: BulkOptions): Promise<BulkResult> {
    return this.#run("runNow", filter, decideRunNow, options);
  }

  /** Cancels tasks that have not ended. */
  cancel(filter: TaskFilter, options: BulkOptions): Promise<BulkResult> {
    return this.#run("cancel", filter, decideCancel, options);
  }

  async #run(
    verb: OperatorVerb,
    filter: TaskFilter,
    decide: Decide,
    options: BulkOptions,
    after: object | null = null,
  ): Promise<BulkResult> {
    const { by, reason, dryRun, cursor, limit } = parseBulkOptions(options);
    const matching = parseTaskFilter(filter);
    if (Object.values(filter).every((member) => member === undefined)) {
      const remedy = "say which tasks: an empty filter matches all of them";
      throw new InvalidArgumentError("filter", filter, remedy);
    }
    const statusSeen = parseSeen(filter, options.seen);
    const storage = await this.#parts.opened();
    const page = await storage.list(matching, { limit, ...cursor && { after: cursor.next } });
    const decided: Decided[] = [];
    const skipped = new Map<RefusalReason, number>();
    const skip = (reason: RefusalReason) => skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
    for (const task of page.items) {
      const isSeen = statusSeen === null || statusSeen.get(task.id) === task.status;
      const decision = isSeen ? decide(task) : "changed";
      if (typeof decision === "string") skip(decision);
      else decided.push({ task, decision });
    }
    const isNothing = page.items.length === 0 && page.next === null && cursor === null;
    if (dryRun || isNothing) {
      return toResult(decided.length, skipped, page.next, null);
    }
    const batch: ActionBatch = {
      continues: cursor === null ? null : { actionId: cursor.actionId!, next: cursor.next },
      skipped: page.items.length - decided.length,
      next: page.next,
    };
    const edits = decided.map(({ task, decision }) => (
      { taskId: task.id, version: task.version, change: decision.change }
    ));
    const before = toJson({ filter, ...options.seen && { seen: options.seen } });
    const target = { kind: "tasks", id: null } as const;
    const action = { verb, by, reason, target, before, after: toJson(after) };
    const { actionId, applied } = await storage.editTasks({ edits, action, batch });
    if (actionId === null) {
      const remedy = "be the `next` of the last batch of a change that is not complete; see " +
        "operate.actions.list";
      throw new InvalidArgumentError("options.after", options.after, remedy);
    }
    const changed = decided.filter((_, index) => applied[index]);
    await this.#parts.changer.follow(changed);
    for (let missed = decided.length - changed.length; missed > 0; missed--) skip("changed");
    return toResult(changed.length, skipped, page.next, actionId);
  }
}

function parseBulkOptions(options: BulkOptions) {
  checkOptions(options, optionNames, "options");
  const { dryRun = false, after, limit = mostTasks } = options;
  checkFlag(dryRun, "options.dryRun");
  if (!Number.isInteger(limit) || limit < 1 || limit > mostTasks) {
    const remedy = `be an integer from 1 to ${mostTasks}`;
    throw new InvalidArgumentError("options.limit", limit, remedy);
  }
  if (after !== undefined && typeof after !== "string") {
    throw new InvalidArgumentError("options.after", after, "be the `next` of the batch before");
  }
  const cursor = after === undefined ? null : parseCursor(after, dryRun);
  return { ...parseOperator(options), dryRun, cursor, limit };
}

/** Returns the status in which the operator saw each task; null if that does not matter. */
function parseSeen(
  { ids }: TaskFilter,
  seen: BulkOptions["seen"],
): ReadonlyMap<string, TaskStatus> | null {
  if (seen === undefined) return null;
  checkNames(seen, taskStatuses, "options.seen");
  if (ids?.length === seen.length) {
    return new Map(ids.map((id, index) => [id.toLowerCase(), seen[index]!]));
  }
  const remedy = "have a status for each of `filter.ids`";
  throw new InvalidArgumentError("options.seen", `a list of ${seen.length}`, remedy);
}

function toResult(
  changed: number,
  skipped: ReadonlyMap<RefusalReason, number>,
  next: string | null,
  actionId: string | null,
): BulkResult {
  return {
    changed,
    skipped: [...skipped].map(([reason, count]) => ({ reason, count })),
    next: next === null ? null : cursorOf({ actionId, next }),
    actionId,
  };
}
