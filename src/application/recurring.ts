// The recurring series of an application.

import { parseTaskId } from "../ids/uuid_v7.ts";
import type { TaskRecord } from "../storage/records.ts";
import type { Page, PageRequest } from "../storage/queries.ts";
import type { Storage } from "../storage/storage.ts";
import type { TaskStatus } from "../storage/task_status.ts";

/** One recurring series. */
export interface RecurringSeries {
  /** The task's id. */
  readonly id: string;
  /** The task's type. */
  readonly type: string;
  /** The task's key. */
  readonly taskKey: string | null;
  /** The queue that its runs go to. */
  readonly queue: string;
  /** Its status: between runs, the outcome of the last run, `Completed` or `Failed`. */
  readonly status: TaskStatus;
  /** The schedule as a sentence, such as "every 5 minutes". */
  readonly info: string;
  /** Null when the series has ended. */
  readonly nextRun: Date | null;
  /** Null before the first run has ended. */
  readonly lastRun: Date | null;
  /** Real runs so far. */
  readonly runCount: number;
  /** The maximum number of real runs; null for no limit. */
  readonly maxRuns: number | null;
}

/** Shows series and triggers extra runs; `everTask.recurring`. */
export class Recurring {
  readonly #opened: () => Promise<Storage>;
  readonly #refresh: () => void;

  /**
   * Made by `createEverTask`.
   *
   * @param opened Returns storage once it is open.
   * @param refresh Makes the worker of this process poll at once.
   */
  constructor(opened: () => Promise<Storage>, refresh: () => void) {
    this.#opened = opened;
    this.#refresh = refresh;
  }

  /** The series, newest first, a page at a time. */
  async list(page?: PageRequest): Promise<Page<RecurringSeries>> {
    const { items, next } = await (await this.#opened()).list({ recurring: true }, page);
    return { items: items.map(asSeries), next };
  }

  /**
   * Triggers one extra run of a series; its next planned run stays. (A one-shot task that waits
   * runs early; one that failed or was cancelled is retried.)
   *
   * @returns Whether the series became due; false if it is running or does not exist.
   */
  async runNow(taskId: string): Promise<boolean> {
    const id = parseTaskId(taskId);
    if (id === null) return false;
    const [due] = await (await this.#opened()).makeDue([id]);
    if (due) this.#refresh();
    return due!;
  }
}

function asSeries(task: TaskRecord): RecurringSeries {
  const { id, type, taskKey, queue, status, lastExecutionAt } = task;
  const { info, nextRunAt, runCount, maxRuns } = task.series!;
  return {
    id,
    type,
    taskKey,
    queue,
    status,
    info,
    nextRun: nextRunAt === null ? null : new Date(nextRunAt),
    lastRun: lastExecutionAt === null ? null : new Date(lastExecutionAt),
    runCount,
    maxRuns,
  };
}
