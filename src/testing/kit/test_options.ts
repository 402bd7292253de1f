// The options of instances for tests, and of drains.

import type { EverTaskOptions } from "../../application/ever_task_options.ts";
import { checkCount } from "../../guards/argument_checks.ts";
import type { OptionNames } from "../../guards/option_names.ts";
import { type Duration, toMilliseconds } from "../../time/duration.ts";
import { RunLimits } from "./run_limits.ts";

/** The handling of a failed task: its error is thrown or recorded. */
export type FailureHandling = "throw" | "record";

/** The limits of a drain or an inline dispatch. */
export interface RunBounds {
  /**
   * The maximum number of attempts in one drain or dispatch. More attempts are assumed to be an
   * endless loop.
   * @default 1000
   */
  readonly maxAttempts?: number;
  /**
   * The maximum time, in real time, without a write while tasks are running or due.
   * @default 5 seconds
   */
  readonly stalledAfter?: Duration;
}

/**
 * The options of {@linkcode createTestEverTask}: those of `createEverTask`, the mode, and the
 * default limits of drains and inline dispatches.
 */
export interface TestEverTaskOptions extends EverTaskOptions, RunBounds {
  /**
   * The time at which tasks run:
   *
   * - `manual`: in {@linkcode TestEverTask.drain}. A dispatch only stores the task, so that the
   *   test can inspect it first.
   * - `inline`: within dispatch. When the dispatch resolves, the task has ended, retries included,
   *   and so have the tasks that its handler dispatched. Delayed tasks are only stored.
   *
   * @default "manual"
   */
  readonly mode?: "manual" | "inline";
  /** The effect of a permanently failed task on dispatch in `inline` mode. @default "throw" */
  readonly failures?: FailureHandling;
}

/** The options of {@linkcode TestEverTask.drain}. */
export interface DrainOptions extends RunBounds {
  /**
   * Also runs delayed tasks: sets the fake clock to each due instant in turn, until none is left.
   * For a series without an end, use `advance`. @default false
   */
  readonly withScheduled?: boolean;
  /** Advances the fake clock by this duration, and runs each task at its due instant. */
  readonly advance?: Duration;
  /** The effect of a permanently failed task, after all tasks have ended. @default "record" */
  readonly failures?: FailureHandling;
}

const boundNames: OptionNames<RunBounds> = { maxAttempts: true, stalledAfter: true };

/** The names of the options that createEverTask does not have. */
export const ownNames: OptionNames<Omit<TestEverTaskOptions, keyof EverTaskOptions>> = {
  mode: true,
  failures: true,
  ...boundNames,
};

/** The names of the options of a drain. */
export const drainNames: OptionNames<DrainOptions> = {
  withScheduled: true,
  advance: true,
  failures: true,
  ...boundNames,
};

/** Parses the limits of a run. */
export function parseBounds(
  { maxAttempts = 1000, stalledAfter = { seconds: 5 } }: RunBounds,
): RunLimits {
  checkCount(maxAttempts, "maxAttempts");
  return new RunLimits(maxAttempts, toMilliseconds(stalledAfter, "stalledAfter"));
}
