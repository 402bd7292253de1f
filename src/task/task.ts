// Task definitions, and the context of a handler.

import type { AuditLevel } from "../audit/audit_level.ts";
import { parseAuditLevel } from "../audit/audit_level.ts";
import { checkChoice } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import type { Logger } from "../log/logger.ts";
import type { JsonOf, StorablePayload } from "../payload/json.ts";
import type { SchemaInput, SchemaOutput, StandardSchema } from "../payload/standard_schema.ts";
import { type Duration, toMilliseconds } from "../time/duration.ts";
import type { DispatchOptions, DispatchResult, PayloadAndOptions } from "./dispatch_options.ts";
import { parsePriority, parseQueueName } from "./dispatch_options.ts";
import { parseRateLimit, type RateLimitOptions } from "./rate_limit_options.ts";
import { checkRetryPolicy, type RetryPolicy } from "./retry_policy.ts";

/** The run of a recurring task. */
export interface RunInfo {
  /** The number of the run, from 1. */
  readonly number: number;
  /** The planned instant of the run. */
  readonly scheduledAt: Date;
}

/** The context of a handler. */
export interface TaskContext {
  /** The task's id. */
  readonly taskId: string;
  /** The task's type. */
  readonly taskType: string;
  /** The task's key; null if it has none. */
  readonly taskKey: string | null;
  /** The task's queue. */
  readonly queue: string;
  /**
   * The number of the attempt, from 1. Attempts that were lost with their worker, or may have been,
   * also count.
   */
  readonly attempt: number;
  /** The run of a recurring task; null for a one-shot task. */
  readonly run: RunInfo | null;
  /**
   * Aborts when the handler should stop. The reason is a `TaskCancelledError`, a `TimeoutError`, a
   * `WorkerStoppedError`, or a `LeaseLostError` if another worker may have taken over the task.
   */
  readonly signal: AbortSignal;
  /** Logs to the application's logger and, if `persistentLogs` is on, to storage. */
  readonly log: Logger;
  /**
   * Dispatches a task, as `everTask.dispatch` does, but never waits for room in a full queue whose
   * `whenFull` is `wait`: the queue may stay full until this handler ends. The new task then waits
   * in storage.
   */
  readonly dispatch: Dispatch;
  /**
   * Marks the task as completed in the handler's own transaction, so that the handler's writes and
   * the completion commit together. Throws a `LeaseLostError` if another worker has taken the task
   * over, so that the transaction rolls back.
   *
   * @param connection The transaction, of the kind that the storage's driver documents.
   */
  complete(connection: unknown): Promise<void>;
}

/** The settings of a task that do not depend on the payload's type. */
export interface TaskSettings {
  /** The name under which tasks are stored. Must not change while tasks of the type are stored. */
  readonly type: string;
  /** The display name of the handler in rows and events. @default `type` */
  readonly handlerName?: string;
  /** The queue of its tasks. @default "default", or "recurring" for recurring tasks */
  readonly queue?: string;
  /** An integer from -32768 to 32767. Larger values run earlier. @default 0 */
  readonly priority?: number;
  /**
   * The audit level of its tasks, which sets how much history is recorded.
   * @default the instance's `defaultAuditLevel`
   */
  readonly auditLevel?: AuditLevel;
  /**
   * The timeout of an attempt, after which its signal aborts with a `TimeoutError`. The attempt is
   * retried only if the retry policy includes timeouts, by `.handle(TimeoutError)` or
   * `.handleWhen(…)`.
   *
   * @default the queue's, then the instance's, then no limit
   */
  readonly timeout?: Duration;
  /**
   * The retry policy, unless the dispatch has one.
   *
   * @default the queue's, then the instance's: `linearRetry(3, 500)`
   */
  readonly retry?: RetryPolicy;
  /**
   * The failures that are logged. `all`: each failed attempt, as a warning if it is retried and as
   * an error otherwise. `final`: only failures that are not retried. `none`: no failure.
   *
   * @default "all"
   */
  readonly logFailures?: "all" | "final" | "none";
}

/**
 * The handler of a task and its hooks. The error of a hook is logged and does not change the
 * outcome.
 */
export interface TaskHandler<Payload> {
  /** The rate limit. @default no limit */
  readonly rateLimit?: RateLimitOptions<Payload>;
  /** Does the work. If it throws, the attempt fails with the error. */
  handle(payload: Payload, context: TaskContext): void | Promise<void>;
  /** Called before each attempt. */
  onStarted?(context: TaskContext): void | Promise<void>;
  /** Called once the completion is stored. */
  onCompleted?(context: TaskContext): void | Promise<void>;
  /** Called once a failure is stored, after the last attempt. */
  onError?(context: TaskContext, error: unknown): void | Promise<void>;
  /** Called before a failed attempt is stored for a retry after `delayMs` milliseconds. */
  onRetry?(
    context: TaskContext,
    attempt: number,
    error: unknown,
    delayMs: number,
  ): void | Promise<void>;
}

/**
 * A task definition that can be registered and dispatched, created by {@linkcode defineTask}.
 *
 * @typeParam Input The payload type that `dispatch` accepts.
 * @typeParam Output The payload type that the handler gets.
 */
export interface Task<Input = unknown, Output = unknown> extends TaskSettings, TaskHandler<Output> {
  /**
   * The payload's validator. Its output is stored, so that defaults are generated once, at the
   * dispatch, and every attempt gets the same payload. If JSON cannot represent the output, or
   * validating the output again would change it (as with a transform to another type), the input is
   * stored, and each attempt validates it.
   */
  readonly payload?: StandardSchema<Input, Output>;
}

/** A task with any payload. */
// The payload types are used only in method parameters and in a covariant schema, so that every
// task is assignable to this type.
export type AnyTask = Task<unknown, unknown>;

/**
 * The signature of `everTask.dispatch`. A wrapper function can pass on `(task, ...rest)`.
 */
export type Dispatch = <Input, Output>(
  task: Task<Input, Output>,
  ...rest: PayloadAndOptions<NoInfer<Input>, DispatchOptions>
) => Promise<DispatchResult>;

/**
 * Defines a task: its type, its payload's validator and its handler. The handler's payload type is
 * inferred from the validator, any Standard Schema such as a zod schema.
 *
 * @throws {InvalidArgumentError} If a setting is invalid.
 *
 * @example
 * ```ts
 * import { defineTask } from "@evertask/evertask";
 * import { z } from "zod";
 *
 * const greet = defineTask({
 *   type: "greet",
 *   payload: z.object({ name: z.string() }),
 *   handle({ name }, { log }) {
 *     log.info("Hello {name}", { name });
 *   },
 * });
 * ```
 */
export function defineTask<S extends StandardSchema>(
  definition: TaskSettings & TaskHandler<SchemaOutput<S>> & { readonly payload: S },
): Task<SchemaInput<S>, SchemaOutput<S>>;
/**
 * Defines a task without a validator. Pass the payload's type as a type argument: `defineTask<{ id:
 * number }>({ … })`. The handler gets the payload after a round trip through JSON: a `Date` arrives
 * as a string. A type that JSON cannot represent, such as a `Map`, does not compile.
 */
export function defineTask<Payload extends StorablePayload<Payload> = void>(
  definition: TaskSettings & TaskHandler<JsonOf<Payload>> & { readonly payload?: never },
): Task<Payload, JsonOf<Payload>>;
export function defineTask(definition: AnyTask): AnyTask {
  checkTask(definition);
  return definition;
}

const hooks = ["onStarted", "onCompleted", "onError", "onRetry"] as const;

/** Checks the settings of a task, even if `defineTask` did not create it. */
export function checkTask(task: AnyTask): void {
  if (typeof task !== "object" || task === null) {
    throw new InvalidArgumentError("task", task, "be a task made by defineTask");
  }
  const name = typeof task.type === "string" ? `task "${task.type}"` : "task";
  if (typeof task.type !== "string" || task.type === "" || task.type.length > 200) {
    throw new InvalidArgumentError("task.type", task.type, "be a string of 1 to 200 characters");
  }
  if (typeof task.handle !== "function") {
    throw new InvalidArgumentError(`${name}: handle`, task.handle, "be a function");
  }
  for (const hook of hooks) {
    if (task[hook] === undefined || typeof task[hook] === "function") continue;
    throw new InvalidArgumentError(`${name}: ${hook}`, task[hook], "be a function");
  }
  if (task.handlerName !== undefined) checkHandlerName(task.handlerName, `${name}: handlerName`);
  if (task.payload !== undefined && typeof task.payload?.["~standard"]?.validate !== "function") {
    const remedy = "be a Standard Schema validator, such as a zod schema";
    throw new InvalidArgumentError(`${name}: payload`, task.payload, remedy);
  }
  if (task.queue !== undefined) parseQueueName(task.queue, `${name}: queue`);
  if (task.priority !== undefined) parsePriority(task.priority, `${name}: priority`);
  if (task.auditLevel !== undefined) parseAuditLevel(task.auditLevel, `${name}: auditLevel`);
  if (task.timeout !== undefined) toMilliseconds(task.timeout, `${name}: timeout`);
  if (task.rateLimit !== undefined) parseRateLimit(task.rateLimit, `${name}: rateLimit`);
  if (task.retry !== undefined) checkRetryPolicy(task.retry, `${name}: retry`);
  if (task.logFailures !== undefined) {
    checkChoice(task.logFailures, ["all", "final", "none"], `${name}: logFailures`);
  }
}

/** Checks a handler's display name. Every store accepts the maximum length. */
function checkHandlerName(handlerName: unknown, argument: string): void {
  if (typeof handlerName === "string" && handlerName !== "" && handlerName.length <= 500) return;
  throw new InvalidArgumentError(argument, handlerName, "be a string of 1 to 500 characters");
}
