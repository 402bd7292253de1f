// Runs a single handler as a worker does: with the payload as read from storage, a real context,
// and the engine's own decision about the outcome. Needs neither storage nor worker, and does not
// wait for delays.

import { guardLogger } from "../../log/guarded_logger.ts";
import type { PayloadAndOptions } from "../../task/dispatch_options.ts";
import { defaultRetry } from "../../application/ever_task_options.ts";
import { randomNumber } from "../../ids/random_number.ts";
import { systemRandom, uuidV7Generator } from "../../ids/uuid_v7.ts";
import { silentLogger } from "../../log/logger.ts";
import { encodePayload } from "../../payload/payload.ts";
import type { LogLevel } from "../../storage/records.ts";
import { checkTask, type Task } from "../../task/task.ts";
import { systemClock } from "../../time/clock.ts";
import { toMilliseconds } from "../../time/duration.ts";
import { retryLaterDelay } from "../../task/abort_reasons.ts";
import { decideEnding, type Ending } from "../../worker/attempt/ending.ts";
import { Job } from "../../worker/job.ts";
import { AttemptContext } from "../../worker/attempt/task_context.ts";
import { runAttempt } from "./attempt.ts";
import { claimedTask } from "./claimed_task.ts";
import { DispatchRecorder } from "./dispatch_recorder.ts";
import { checkRunOptions, type RunHandlerOptions } from "./run_handler_options.ts";
import type { StoredTask } from "./stored_task.ts";

/**
 * The outcome of an attempt.
 *
 * - `completed`: the handler returned.
 * - `retry`: it failed, and the retry policy gives the task another attempt after `delayMs`.
 * - `later`: it threw `RetryLater`; the task runs again after `delayMs`.
 * - `failed`: it failed permanently.
 * - `cancelled`: it threw after the task was cancelled.
 * - `stopped`: it threw after its worker stopped; the task is due again.
 * - `lost`: the lease of the task was lost; nothing would be recorded.
 */
export type HandlerOutcome =
  | "completed"
  | "retry"
  | "later"
  | "failed"
  | "cancelled"
  | "stopped"
  | "lost";

/** A line that a handler logged. */
export interface HandlerLogLine {
  /** The severity. */
  readonly level: LogLevel;
  /** The message, with its placeholders replaced. */
  readonly message: string;
  /** The text of the logged error; null if there was none. */
  readonly exception: string | null;
}

/** The result of {@linkcode runHandler}. */
export interface HandlerRun {
  /** The outcome of the attempt. */
  readonly outcome: HandlerOutcome;
  /**
   * The error that the handler threw, or the reason why a stuck handler was given up; undefined if
   * the handler returned.
   */
  readonly error: unknown;
  /** The text that would be stored as the task's exception; null for none. */
  readonly exception: string | null;
  /** The delay until the next attempt, in milliseconds; null if there is none. */
  readonly delayMs: number | null;
  /** The logged lines, of all levels. */
  readonly log: readonly HandlerLogLine[];
  /** The dispatched tasks. {@linkcode assertDispatched} takes the whole result. */
  readonly dispatched: readonly StoredTask[];
  /** Whether the handler ran longer than `abortGrace` after its signal aborted. */
  readonly stuck: boolean;
  /** Whether the handler called `complete`, to complete the task in its own transaction. */
  readonly completedInTransaction: boolean;
}

/**
 * Runs a task's handler once, without storage. Resolves with the outcome, even if the handler
 * throws. The payload is validated, and converted to JSON and back, as in production. Hooks are not
 * called and nothing is retried; use {@linkcode createTestEverTask} for that.
 *
 * @param task The task.
 * @param rest The payload and the options. The payload may be omitted if its type allows
 * `undefined`.
 * @throws {PayloadValidationError} If the payload is invalid, as in `dispatch`.
 * @throws {InvalidArgumentError} If an option is invalid.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { defineTask } from "@evertask/evertask";
 * import { runHandler } from "@evertask/evertask/testing";
 *
 * const greet = defineTask<{ name: string }>({
 *   type: "greet",
 *   handle({ name }, { log, attempt }) {
 *     if (attempt < 3) throw new Error("not yet");
 *     log.info("Hello {name}", { name });
 *   },
 * });
 *
 * const first = await runHandler(greet, { name: "Ada" });
 * assertEquals([first.outcome, first.delayMs], ["retry", 500]);
 *
 * const third = await runHandler(greet, { name: "Ada" }, { attempt: 3 });
 * assertEquals(third.outcome, "completed");
 * assertEquals(third.log, [{ level: "Information", message: "Hello Ada", exception: null }]);
 * ```
 */
export async function runHandler<Input, Output>(
  task: Task<Input, Output>,
  ...rest: PayloadAndOptions<NoInfer<Input>, RunHandlerOptions>
): Promise<HandlerRun> {
  const [payload, options = {}] = rest;
  checkTask(task);
  checkRunOptions(options);
  const { clock = systemClock, logger = silentLogger, random = systemRandom } = options;
  const { timeout = task.timeout, abortGrace = { seconds: 5 } } = options;
  const { text, value } = await encodePayload(task.type, task.payload, payload);
  const newId = uuidV7Generator(() => clock.now(), random);
  const claimed = claimedTask(task, text, newId, clock.now(), options);
  const job = new Job(claimed, task, "the test", { value });
  let completedInTransaction = false;
  const guardedLogger = guardLogger(logger);
  const recorder = new DispatchRecorder({ clock, logger: guardedLogger, newId });
  const context = new AttemptContext(job, {
    loggerOf: () => guardedLogger,
    capture: { minimumLevel: "Trace", maxLinesPerRun: Infinity },
    monotonic: () => clock.monotonic(),
    dispatch: (task, ...[payload, options]) => recorder.dispatch(task, payload, options),
    complete: () => Promise.resolve(void (completedInTransaction = true)),
  });
  job.attempt.begin(clock.monotonic(), context, { scheduledAt: claimed.dueAt, skipped: 0 });
  const { failure, stuck } = await runAttempt(job, () => task.handle(value as Output, context), {
    clock,
    signal: options.signal,
    timeoutMs: timeout === undefined ? Infinity : toMilliseconds(timeout, "timeout"),
    graceMs: toMilliseconds(abortGrace, "abortGrace"),
  });
  const ending = decideEnding(
    { failure, abortReason: job.attempt.abortReason, attempt: claimed.attempt, lostCount: 0 },
    options.retry ?? task.retry ?? defaultRetry,
    randomNumber(random),
  );
  return {
    outcome: outcomeOf(ending, failure?.error),
    error: failure?.error,
    exception: ending?.exception ?? null,
    delayMs: ending?.dueInMs ?? null,
    log: (context.takeLog()?.lines ?? []).map(({ level, message, exception }) => ({
      level,
      message,
      exception,
    })),
    dispatched: recorder.dispatched,
    stuck,
    completedInTransaction,
  };
}

function outcomeOf(ending: Ending | null, error: unknown): HandlerOutcome {
  switch (ending?.status) {
    case undefined:
      return "lost";
    case "Completed":
      return "completed";
    case "Cancelled":
      return "cancelled";
    case "ServiceStopped":
      return "stopped";
    case "Pending":
      return retryLaterDelay(error) !== null ? "later" : "retry";
    default:
      return "failed";
  }
}
