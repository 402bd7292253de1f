// Searches, counts and changes single tasks: `everTask.operate.tasks`.

import { encodePayload } from "../payload/payload.ts";
import type { AnyTask } from "../task/task.ts";
import { parseTaskId } from "../ids/uuid_v7.ts";
import { parseTaskOperator, type TaskOperator } from "./operator.ts";
import { type OperationResult, refusal } from "./refusal.ts";
import type { OperatedStorage, TaskChanger } from "./task_changer.ts";
import {
  type Decide,
  decideCancel,
  decideDelete,
  decideEdit,
  decideRetryWith,
  decideRunNow,
  type FieldEdit,
} from "./task_decisions.ts";
import {
  checkPayloadEdit,
  parseTaskEdit,
  type PayloadEdit,
  type TaskEditOptions,
} from "./task_edit.ts";
import { TaskSearch } from "./task_search.ts";
import type { Storage } from "../storage/storage.ts";
import type { OperatorVerb } from "../storage/requests.ts";

/** The dependencies of {@linkcode OperatedTasks}. */
export interface OperatedTasksParts {
  /** Returns the storage once it is open. */
  readonly opened: () => Promise<OperatedStorage & Pick<Storage, "count">>;
  readonly changer: TaskChanger;
  /** The tasks of this process by type. */
  readonly definitions: ReadonlyMap<string, AnyTask>;
}

/**
 * Searches, counts and changes the tasks of a store, in any process. Each change names the
 * operator, and is recorded in the same transaction ({@linkcode Actions}). A change that does not
 * apply is refused with a reason, and has no effect.
 */
export class OperatedTasks extends TaskSearch {
  readonly #parts: OperatedTasksParts;

  /** Made by `createEverTask`. */
  constructor(parts: OperatedTasksParts) {
    super(parts.opened);
    this.#parts = parts;
  }

  /**
   * Changes the payload, the queue, the priority or the due instant of a waiting task.
   *
   * @example
   * ```ts
   * import { createEverTask, defineTask } from "@evertask/evertask";
   * import { memoryStorage } from "@evertask/evertask/memory";
   *
   * const report = defineTask<{ year: number }>({ type: "report", handle() {} });
   * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [report] });
   * const { id } = await everTask.dispatch(report, { year: 2025 }, { delay: { hours: 1 } });
   *
   * const { version } = (await everTask.get(id))!;
   * const edit = { payload: { year: 2026 }, priority: 5 };
   * const result = await everTask.operate.tasks.edit(id, edit, { by: "ada", version });
   * if (!result.applied) console.log(result.reason, result.sentence);
   * ```
   *
   * @param edit The fields to change, at least one.
   * @throws {InvalidArgumentError} If an argument is invalid.
   * @throws {PayloadValidationError} If the task's validator refuses the payload.
   */
  async edit(
    taskId: string,
    edit: TaskEditOptions,
    operator: TaskOperator,
  ): Promise<OperationResult> {
    const fields = parseTaskEdit(edit);
    const who = parseTaskOperator(operator);
    const decide = (payload: Pick<FieldEdit, "payload">) => decideEdit({ ...fields, ...payload });
    return await this.#changeWithPayload("edit", taskId, edit, decide, who);
  }

  /**
   * Deletes a task with its history. No worker may hold the task.
   *
   * @throws {InvalidArgumentError} If an argument is invalid.
   */
  delete(taskId: string, operator: TaskOperator): Promise<OperationResult> {
    return this.#checked("delete", taskId, decideDelete, operator);
  }

  /**
   * Runs an ended task again from its first attempt, even if it completed. Its history stays. A
   * series is not retried; use {@linkcode OperatedTasks.runNow}.
   *
   * @example
   * ```ts
   * import { createEverTask } from "@evertask/evertask";
   * import { memoryStorage } from "@evertask/evertask/memory";
   *
   * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
   * const { tasks } = everTask.operate;
   * for (const { id, version } of (await tasks.search({ statuses: ["Failed"] })).items) {
   *   await tasks.retry(id, { by: "ada@example.org", reason: "the server is back", version });
   * }
   * ```
   *
   * @param edit A payload that replaces the stored payload. @default the stored payload
   * @throws {InvalidArgumentError} If an argument is invalid.
   * @throws {PayloadValidationError} If the task's validator refuses the payload.
   */
  async retry(
    taskId: string,
    operator: TaskOperator,
    edit: PayloadEdit = {},
  ): Promise<OperationResult> {
    checkPayloadEdit(edit);
    const who = parseTaskOperator(operator);
    return await this.#changeWithPayload("retry", taskId, edit, decideRetryWith, who);
  }

  /**
   * Makes a task due now, as {@linkcode EverTask.runNow} does. A waiting task runs early, a series
   * has an extra run, and a failed or cancelled task runs again.
   *
   * @throws {InvalidArgumentError} If an argument is invalid.
   */
  runNow(taskId: string, operator: TaskOperator): Promise<OperationResult> {
    return this.#checked("runNow", taskId, decideRunNow, operator);
  }

  /**
   * Cancels a task, as {@linkcode EverTask.cancel} does. A waiting task is cancelled at once. If a
   * worker holds the task, that worker is asked to cancel it. A series ends.
   *
   * @throws {InvalidArgumentError} If an argument is invalid.
   */
  cancel(taskId: string, operator: TaskOperator): Promise<OperationResult> {
    return this.#checked("cancel", taskId, decideCancel, operator);
  }

  /** Makes a change. If `edit` has a payload, validates it and passes it to `decideWith`. */
  async #changeWithPayload(
    verb: OperatorVerb,
    taskId: string,
    edit: PayloadEdit,
    decideWith: (payload: Pick<FieldEdit, "payload">) => Decide,
    who: ReturnType<typeof parseTaskOperator>,
  ): Promise<OperationResult> {
    if (edit.payload === undefined) return await this.#change(verb, taskId, decideWith({}), who);
    const id = parseTaskId(taskId);
    const task = id === null ? null : await (await this.#parts.opened()).get(id);
    if (task === null) return refusal("notStored");
    const definition = this.#parts.definitions.get(task.type);
    if (definition === undefined && edit.unchecked !== true) return refusal("typeUnknown");
    const schema = edit.unchecked ? undefined : definition?.payload;
    const { text } = await encodePayload(task.type, schema, edit.payload);
    const decide = decideWith({ payload: text });
    const ofType: Decide = (now) => now.type === task.type ? decide(now) : "changed";
    return await this.#change(verb, taskId, ofType, who);
  }

  async #checked(verb: OperatorVerb, taskId: string, decide: Decide, operator: TaskOperator) {
    return await this.#change(verb, taskId, decide, parseTaskOperator(operator));
  }

  #change(
    verb: OperatorVerb,
    taskId: string,
    decide: Decide,
    operator: ReturnType<typeof parseTaskOperator>,
  ): Promise<OperationResult> {
    return this.#parts.changer.change({ verb, taskId, decide, ...operator });
  }
}
