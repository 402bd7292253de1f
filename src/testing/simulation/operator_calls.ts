// Makes the calls of operators in a drawn scenario.

import type { EverTask } from "../../application/ever_task.ts";
import type { TaskFilter } from "../../storage/queries.ts";
import type { BulkOptions, BulkResult } from "../../operate/bulk.ts";
import type { TaskOperator } from "../../operate/operator.ts";
import type { OperationResult } from "../../operate/refusal.ts";
import type { SharedEdit } from "../../operate/task_edit.ts";
import { asSeen } from "./edit_entries.ts";
import type { BulkOperation, EditPlan, TaskOperation } from "./operation.ts";

/** Makes the calls of operators by an instance. */
export class OperatorCalls {
  readonly #everTask: EverTask;
  /** The last version that an operator here has seen of each task. */
  readonly #versions = new Map<string, string>();

  constructor(everTask: EverTask) {
    this.#everTask = everTask;
  }

  /**
   * Changes a task. Returns what the operator is told.
   *
   * @param by The operator.
   */
  async change(
    id: string,
    operation: TaskOperation,
    by: string,
    names: "version" | "nothing",
  ): Promise<string> {
    const result = await this.#make(id, operation, await this.#operator(id, by, names));
    return result.applied ? "changed 1" : `refused: ${result.reason}`;
  }

  /** Changes all tasks of a queue, batch by batch. Returns what the operator is told. */
  async changeAll(
    queue: string,
    operation: BulkOperation,
    by: string,
    limit: number,
  ): Promise<string> {
    const filter = { queues: [queue] };
    let batch = await this.#makeAll(filter, operation, { by, limit });
    let { changed } = batch;
    while (batch.next !== null) {
      batch = await this.#makeAll(filter, operation, { by, limit, after: batch.next });
      changed += batch.changed;
    }
    return `changed ${changed}`;
  }

  /** Pauses or resumes a queue. Returns what the operator is told. */
  async setQueuePaused(queue: string, paused: boolean, by: string): Promise<string> {
    const { queues } = this.#everTask;
    await (paused ? queues.pause(queue, { by }) : queues.resume(queue, { by }));
    return "changed 1";
  }

  async #operator(id: string, by: string, names: "version" | "nothing"): Promise<TaskOperator> {
    if (names === "nothing") return { by };
    const version = await this.#version(id);
    return { by, version, reason: `${asSeen}${version}` };
  }

  /** Returns the version that was seen before, or looks at the task. */
  async #version(id: string): Promise<string> {
    const known = this.#versions.get(id);
    const version = (await this.#everTask.get(id))?.version ?? "none";
    this.#versions.set(id, version);
    return known ?? version;
  }

  #make(
    id: string,
    operation: TaskOperation,
    operator: TaskOperator,
  ): Promise<OperationResult> {
    const { tasks, series } = this.#everTask.operate;
    switch (operation.verb) {
      case "edit": {
        const { payload, ...fields } = operation.edit;
        const edit = { ...toEdit(fields), ...payload === undefined ? {} : { payload } };
        return tasks.edit(id, edit, operator);
      }
      case "retry": {
        const { payload } = operation;
        return tasks.retry(id, operator, payload === null ? {} : { payload });
      }
      case "pauseSeries":
        return series.pause(id, operator);
      case "resumeSeries":
        return series.resume(id, operator);
      case "editSeries":
        return series.edit(id, operation.recurring, operator);
      default:
        return tasks[operation.verb](id, operator);
    }
  }

  #makeAll(
    filter: TaskFilter,
    operation: BulkOperation,
    options: BulkOptions,
  ): Promise<BulkResult> {
    const { bulk } = this.#everTask.operate;
    if (operation.verb === "edit") return bulk.edit(filter, toEdit(operation.edit), options);
    return bulk[operation.verb](filter, options);
  }
}

function toEdit({ delayMs, ...fields }: EditPlan): SharedEdit {
  return { ...fields, ...delayMs === undefined ? {} : { delay: { milliseconds: delayMs } } };
}
