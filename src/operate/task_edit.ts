// The fields that an operator may edit, and their checks.

import { checkFlag, checkOptions } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import type { OptionNames } from "../guards/option_names.ts";
import type { Due } from "../storage/requests.ts";
import { parsePriority, parseQueueName } from "../task/dispatch_options.ts";
import { type Duration, toMilliseconds } from "../time/duration.ts";
import { type Instant, toEpochMilliseconds } from "../time/instant.ts";
import type { FieldEdit } from "./task_decisions.ts";

/** The edit of many tasks. Absent fields stay unchanged; at least one is required. */
export interface SharedEdit {
  /** The queue. */
  readonly queue?: string;
  /** Tasks with a larger priority run earlier; an integer from -32768 to 32767. */
  readonly priority?: number;
  /** The instant from which the task can run; not for series. */
  readonly at?: Instant;
  /** The delay after which the task can run, instead of `at`; 0 to run at once. */
  readonly delay?: Duration;
}

/** The edit of a task's payload. */
export interface PayloadEdit {
  /**
   * The payload. The task's validator checks it, so this process must define the task; otherwise
   * the edit is refused.
   */
  readonly payload?: unknown;
  /** Stores the payload without a check. @default false */
  readonly unchecked?: boolean;
}

/** The edit of one task. */
export interface TaskEditOptions extends SharedEdit, PayloadEdit {}

const sharedNames: OptionNames<SharedEdit> = {
  queue: true,
  priority: true,
  at: true,
  delay: true,
};

/**
 * Checks the edit of many tasks.
 *
 * @throws {InvalidArgumentError} If a field is invalid, or no field is given.
 */
export function parseSharedEdit(edit: SharedEdit): FieldEdit {
  checkOptions(edit, sharedNames, "edit");
  const fields = parseFields(edit);
  if (Object.keys(fields).length > 0) return fields;
  throw new InvalidArgumentError(
    "edit",
    edit,
    `have one of ${Object.keys(sharedNames).join(", ")}`,
  );
}

/**
 * Checks the edit of a task, except for the payload.
 *
 * @throws {InvalidArgumentError} As for {@linkcode parseSharedEdit}.
 */
export function parseTaskEdit(edit: TaskEditOptions): FieldEdit {
  const names = { payload: true, ...sharedNames, unchecked: true } as const;
  checkOptions(edit, names, "edit");
  if (edit.unchecked !== undefined) checkFlag(edit.unchecked, "edit.unchecked");
  const fields = parseFields(edit);
  if (edit.payload !== undefined || Object.keys(fields).length > 0) return fields;
  const remedy = `have one of payload, ${Object.keys(sharedNames).join(", ")}`;
  throw new InvalidArgumentError("edit", edit, remedy);
}

/**
 * Checks the edit of a payload, except for the payload itself.
 *
 * @throws {InvalidArgumentError} If a member is unknown or has the wrong type.
 */
export function checkPayloadEdit(edit: PayloadEdit): void {
  checkOptions(edit, { payload: true, unchecked: true }, "edit");
  if (edit.unchecked !== undefined) checkFlag(edit.unchecked, "edit.unchecked");
}

function parseFields({ queue, priority, at, delay }: SharedEdit): FieldEdit {
  return {
    ...queue !== undefined && { queue: parseQueueName(queue, "edit.queue") },
    ...priority !== undefined && { priority: parsePriority(priority, "edit.priority") },
    ...parseDue(at, delay),
  };
}

function parseDue(at: Instant | undefined, delay: Duration | undefined): { due?: Due } {
  if (at !== undefined && delay !== undefined) {
    throw new InvalidArgumentError("edit", { at, delay }, "hold only one of at and delay");
  }
  if (at !== undefined) return { due: { at: toEpochMilliseconds(at, "edit.at") } };
  return delay === undefined ? {} : { due: { inMs: toMilliseconds(delay, "edit.delay") } };
}
