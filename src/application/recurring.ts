// Shows series and triggers extra runs, for applications.

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
  /** The queue of its runs. */
  readonly queue: string;
  /** The status. Between runs it is the outcome of the last run: `Completed` or `Failed`. */
  readonly status: TaskStatus;
  /** The schedule as a sentence, such as "every 5 minutes". */
  readonly info: string;
  /** The planned instant of the next run; null if the series has ended. */
  readonly nextRun: Date | null;
  /** The instant at which the last run ended; null before the first run has ended. */
  readonly lastRun: Date | null;
  /** The number of counted runs so far. */
  readonly runCount: number;
  /** The maximum number of counted runs; null for no limit. */
  readonly maxRuns: number | null;
}

/** Shows series and triggers extra runs; `everTask.recurring`. */
export class Recurring {
  readonly #opened: () => Promise<Storage>;
  readonly #refresh: () => void;

  /**
   * Made by `createEverTask`.
   *
   * @param opened Returns the storage once it is open.
   * @param refresh Makes the worker of this process poll at once.
   */
  constructor(opened: () => Promise<Storage>, refresh: () => void) {
    this.#opened = opened;
    this.#refresh = refresh;
  }

  /** Returns a page of series, newest first. */
  async list(page?: PageRequest): Promise<Page<RecurringSeries>> {
    const { items, next } = await (await this.#opened()).list({ recurring: true }, page);
    return { items: items.map(asSeries), next };
  }

  /**
   * Triggers an extra run of a series. Its next planned run stays unchanged. A waiting one-shot
   * task runs early; a failed or cancelled one-shot task starts again.
   *
   * @returns Whether the task became due; false if a worker holds it, it does not exist, the series
   * has ended, or the one-shot task has completed.
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
