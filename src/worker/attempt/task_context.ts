// The context of a handler, created for one attempt. Its parts are created on first use.

import type { Logger } from "../../log/logger.ts";
import { type CapturedLog, type CaptureSettings, TaskLogger } from "./task_logger.ts";
import { taskProperties } from "../../log/task_properties.ts";
import type { Dispatch, RunInfo, TaskContext } from "../../task/task.ts";
import type { Job } from "../job.ts";
import type { LoggedContext } from "./attempt.ts";

/** The parts that all contexts of a worker share. */
export interface ContextParts {
  /** Returns the logger of a task type. */
  readonly loggerOf: (type: string) => Logger;
  readonly capture: CaptureSettings | null;
  readonly monotonic: () => number;
  readonly dispatch: Dispatch;
  readonly complete: (job: Job, connection: unknown) => Promise<void>;
}

/** The context of one attempt, which is passed to its handler. */
export class AttemptContext implements LoggedContext {
  readonly #job: Job;
  readonly #parts: ContextParts;
  #log: TaskLogger | null = null;

  constructor(job: Job, parts: ContextParts) {
    this.#job = job;
    this.#parts = parts;
  }

  get taskId(): string {
    return this.#job.task.id;
  }

  get taskType(): string {
    return this.#job.task.type;
  }

  get taskKey(): string | null {
    return this.#job.task.taskKey;
  }

  get queue(): string {
    return this.#job.task.queue;
  }

  get attempt(): number {
    return this.#job.task.attempt;
  }

  get run(): RunInfo | null {
    const { series } = this.#job.task;
    if (series === null) return null;
    return {
      number: this.#job.run,
      scheduledAt: new Date(this.#job.attempt.occurrence!.scheduledAt),
    };
  }

  get signal(): AbortSignal {
    return this.#job.attempt.signal;
  }

  get log(): Logger {
    if (this.#log !== null) return this.#log;
    const { loggerOf, capture, monotonic } = this.#parts;
    const { run, task } = this.#job;
    const owner = { taskId: task.id, run };
    const logger = loggerOf(task.type);
    return (this.#log = new TaskLogger(logger, taskProperties(task), owner, capture, monotonic));
  }

  get dispatch(): Dispatch {
    return this.#parts.dispatch;
  }

  get complete(): TaskContext["complete"] {
    const { complete } = this.#parts;
    return (connection) => complete(this.#job, connection); // bound, because handlers destructure the context
  }

  /** Returns the log lines to store; null for none. */
  takeLog(): CapturedLog | null {
    const captured = this.#log?.take() ?? null;
    return captured !== null && captured.lines.length > 0 ? captured : null;
  }
}
