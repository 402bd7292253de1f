// Changes series for operators: `everTask.operate.series`.

import { checkCount } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import { planSeries } from "../dispatch/series_plan.ts";
import { type RecurringInput, toRecurrence } from "../schedule/builder.ts";
import { describeRecurrence } from "../schedule/describe_recurrence.ts";
import { occurrences } from "../schedule/next_occurrence.ts";
import { parseTaskOperator, type TaskOperator } from "./operator.ts";
import type { OperationResult } from "./refusal.ts";
import type { TaskChanger } from "./task_changer.ts";
import { decidePause, decideReschedule, decideResume } from "./task_decisions.ts";

/** The dependencies of {@linkcode OperatedSeries}. */
export interface OperatedSeriesParts {
  readonly changer: TaskChanger;
  /** The storage's clock. Epoch milliseconds. */
  readonly now: () => Promise<number>;
}

/** The preview of a schedule. */
export interface SchedulePreview {
  /** The schedule as a sentence. */
  readonly info: string;
  /** The first runs of the schedule, if it began now. */
  readonly runs: readonly Date[];
}

/** The maximum number of runs that a preview returns. */
const mostRuns = 1000;

/** Pauses, resumes and changes series, in any process. Each change names the operator. */
export class OperatedSeries {
  readonly #parts: OperatedSeriesParts;

  /** Made by `createEverTask`. */
  constructor(parts: OperatedSeriesParts) {
    this.#parts = parts;
  }

  /**
   * Pauses a series: it does not run until it is resumed, except for extra runs (`runNow`). The
   * current run ends first, with its retries. A dispatch with the task key of the series leaves it
   * paused.
   *
   * @throws {InvalidArgumentError} If an argument is invalid.
   */
  pause(taskId: string, operator: TaskOperator): Promise<OperationResult> {
    return this.#change("pauseSeries", taskId, decidePause, operator);
  }

  /**
   * Resumes a paused series at its planned run. The misfire policy of the series applies to missed
   * runs, as after a time without a worker.
   *
   * @throws {InvalidArgumentError} If an argument is invalid.
   */
  resume(taskId: string, operator: TaskOperator): Promise<OperationResult> {
    return this.#change("resumeSeries", taskId, decideResume, operator);
  }

  /**
   * Replaces the schedule of a series. The new schedule begins now; the run count stays. A later
   * dispatch with the same task key and another schedule replaces the new schedule, so change the
   * schedule in the application, too.
   *
   * @example
   * ```ts
   * import { createEverTask, defineTask } from "@evertask/evertask";
   * import { memoryStorage } from "@evertask/evertask/memory";
   *
   * const report = defineTask<null>({ type: "report", handle() {} });
   * await using everTask = createEverTask({ storage: memoryStorage(), tasks: [report] });
   * const { id } = await everTask.dispatch(report, null, {
   *   taskKey: "report",
   *   recurring: (r) => r.every(5).minutes(),
   * });
   *
   * const { series } = everTask.operate;
   * const { info, runs } = await series.preview((r) => r.every(2).hours(), 3);
   * console.log(info, runs);
   * await series.edit(id, (r) => r.every(2).hours(), { by: "ada", reason: "too many mails" });
   * ```
   *
   * @throws {InvalidArgumentError} If an argument is invalid, the schedule has no run left, or the
   * series has had as many runs as it allows.
   */
  async edit(
    taskId: string,
    schedule: RecurringInput,
    operator: TaskOperator,
  ): Promise<OperationResult> {
    const who = parseTaskOperator(operator);
    const plan = planSeries(schedule, await this.#parts.now());
    const { maxRuns, info } = plan;
    const decide = decideReschedule(plan);
    return await this.#parts.changer.change({
      verb: "editSeries",
      taskId,
      decide(task) {
        const decision = decide(task);
        const runCount = task.series?.runCount ?? 0;
        if (typeof decision !== "string" && maxRuns !== null && maxRuns <= runCount) {
          const remedy = `allow more runs than the ${runCount} that the series has had`;
          throw new InvalidArgumentError("schedule", info, remedy);
        }
        return decision;
      },
      ...who,
    });
  }

  /**
   * Returns the sentence and the first runs of a schedule. Changes nothing.
   *
   * @param count The maximum number of runs to return. More than 1000 has the effect of 1000.
   * @default 10
   * @throws {InvalidArgumentError} If the schedule or the count is invalid.
   */
  async preview(schedule: RecurringInput, count = 10): Promise<SchedulePreview> {
    checkCount(count, "count");
    const recurrence = toRecurrence(schedule);
    const now = await this.#parts.now();
    const runs: Date[] = [];
    for (const run of occurrences(recurrence, new Date(now))) {
      runs.push(run);
      if (runs.length >= Math.min(count, mostRuns)) break;
    }
    return { info: describeRecurrence(recurrence), runs };
  }

  async #change(
    verb: "pauseSeries" | "resumeSeries",
    taskId: string,
    decide: typeof decidePause,
    operator: TaskOperator,
  ): Promise<OperationResult> {
    const who = parseTaskOperator(operator);
    return await this.#parts.changer.change({ verb, taskId, decide, ...who });
  }
}
