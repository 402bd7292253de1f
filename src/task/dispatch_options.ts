// The options of dispatch, and how each is checked.

import type { AuditLevel } from "../audit/audit_level.ts";
import { checkOptions, checkSignal, isPlain } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import type { OptionNames } from "../guards/option_names.ts";
import type { RecurringInput } from "../schedule/builder.ts";
import type { Duration } from "../time/duration.ts";
import type { Instant } from "../time/instant.ts";
import type { StorableRetryPolicy } from "./retry_policy_data.ts";

/** Options that every form of dispatch takes. */
export interface CommonDispatchOptions {
  /**
   * How much history is recorded for this task.
   * @default the level of the task's definition, then the instance's `defaultAuditLevel`
   */
  readonly auditLevel?: AuditLevel;
  /** The queue. @default the task's */
  readonly queue?: string;
  /** An integer from -32768 to 32767. Larger values run earlier. @default the task's, then 0 */
  readonly priority?: number;
  /**
   * The retry policy of this task. The policy is stored with the task, and overrides the policies
   * of the task's definition, its queue and the instance. Only policies made by {@linkcode
   * linearRetry}, {@linkcode exponentialRetry} or {@linkcode noRetry} can be stored. Their only
   * allowed filters are the presets and `.handle(TimeoutError)`.
   * @default the task's, then the queue's, then the instance's
   */
  readonly retry?: StorableRetryPolicy;
  /**
   * The tags by which `everTask.operate.tasks` finds the task, such as `["tenant:42"]`. At most
   * 20, each of 1 to 100 characters. Duplicates are dropped.
   * @default none
   */
  readonly tags?: readonly string[];
  /**
   * Cancels the dispatch, not the task. Nothing is stored if the signal aborts before the write is
   * sent.
   */
  readonly signal?: AbortSignal;
  /**
   * The caller's own transaction, of the kind that the storage's driver documents. The task exists
   * only if the transaction commits.
   */
  readonly connection?: unknown;
}

/** The time at which a task runs: at once, after `delay`, at the instant `at`, or repeatedly. */
export interface DispatchTiming {
  /** Runs after this delay. */
  readonly delay?: Duration;
  /** Runs at this instant; at once if it is past. */
  readonly at?: Instant;
  /**
   * Runs repeatedly, on a schedule given as a builder function, a cron expression or a
   * `Recurrence`. With a `taskKey`, the task may be dispatched at every start of every process. An
   * unchanged schedule keeps its next run. A changed schedule starts over. The run count is kept in
   * both cases. An ended or cancelled series starts again. A dispatch while a run is in
   * progress changes nothing.
   */
  readonly recurring?: RecurringInput;
}

/** The options of `dispatch`. At most one of `delay`, `at` and `recurring` may be given. */
export interface DispatchOptions extends CommonDispatchOptions, DispatchTiming {
  /**
   * At most one task with this key is waiting, running or recurring at a time. A second dispatch
   * updates that task or leaves it unchanged. 1 to 200 characters, case-sensitive.
   */
  readonly taskKey?: string;
}

/** The options of `dispatchMany`: as for `dispatch`, without `taskKey` and `recurring`. */
export type DispatchManyOptions = Omit<DispatchOptions, "taskKey" | "recurring">;

/** The result of a dispatch. */
export interface DispatchResult {
  /** The id of the new task, or of the existing task that holds the key. */
  readonly id: string;
  /**
   * `created`, or for a task key in use: `updated` (the waiting task was changed) or `existing` (it
   * was left unchanged).
   */
  readonly outcome: "created" | "updated" | "existing";
}

/**
 * The arguments after the task: its payload and options. A payload that may be `undefined` may be
 * omitted.
 *
 * @typeParam Input The type of payload that the task accepts.
 * @typeParam Options The options of the function that is called.
 */
export type PayloadAndOptions<Input, Options> = undefined extends Input
  ? [payload?: Input, options?: Options]
  : [payload: Input, options?: Options];

/** The names of all dispatch options. */
const optionNames: OptionNames<DispatchOptions> = {
  auditLevel: true,
  queue: true,
  priority: true,
  retry: true,
  tags: true,
  signal: true,
  connection: true,
  delay: true,
  at: true,
  recurring: true,
  taskKey: true,
};

/**
 * Checks that `options` is a plain object, not a bare delay or queue name, and that it has no
 * unknown property.
 */
export function checkDispatchOptions(options: unknown): void {
  if (!isPlain(options)) {
    const remedy = 'be an object such as { delay: { minutes: 5 } } or { queue: "email" }';
    throw new InvalidArgumentError("options", options, remedy);
  }
  checkOptions(options, optionNames, "options");
  checkSignal((options as DispatchOptions).signal, "signal");
}

/**
 * Checks the arguments of `dispatchMany`: `payloads` must be iterable, and `options` must have
 * neither `taskKey` nor `recurring`.
 */
export function checkMany(payloads: unknown, options: DispatchOptions): void {
  if (typeof payloads !== "object" || payloads === null || !(Symbol.iterator in payloads)) {
    throw new InvalidArgumentError("payloads", payloads, "be an array or another iterable");
  }
  checkDispatchOptions(options);
  for (const name of ["taskKey", "recurring"] as const) {
    if (options[name] === undefined) continue;
    throw new InvalidArgumentError(
      name,
      options[name],
      "be left out of dispatchMany: dispatch such tasks one by one",
    );
  }
}

/** Checks a queue's name. */
export function parseQueueName(name: unknown, argument: string): string {
  if (typeof name === "string" && name !== "" && name.length <= 200) return name;
  throw new InvalidArgumentError(argument, name, "be a string of 1 to 200 characters");
}

/** Checks a task key. */
export function parseTaskKey(key: unknown): string {
  if (typeof key === "string" && key !== "" && key.length <= 200) return key;
  const remedy = typeof key === "string" && key !== ""
    ? `have at most 200 characters (it has ${key.length})`
    : "be a string of 1 to 200 characters";
  throw new InvalidArgumentError("taskKey", key, remedy);
}

/** Checks a priority. */
export function parsePriority(priority: unknown, argument: string): number {
  if (Number.isInteger(priority) && Math.abs((priority as number) + 0.5) <= 32767.5) {
    return priority as number;
  }
  throw new InvalidArgumentError(argument, priority, "be an integer from -32768 to 32767");
}
