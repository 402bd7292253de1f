// What an operator may change of a waiting task: checked once, before storage is asked.

import { checkFlag, checkOptions } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import type { OptionNames } from "../guards/option_names.ts";
import type { Due } from "../storage/requests.ts";
import { parsePriority, parseQueueName } from "../task/dispatch_options.ts";
import { type Duration, toMilliseconds } from "../time/duration.ts";
import { type Instant, toEpochMilliseconds } from "../time/instant.ts";
import type { FieldEdit } from "./task_decisions.ts";

/** What changes of many tasks at once. What is absent stays unchanged; one member is needed. */
export interface SharedEdit {
  /** The queue. */
  readonly queue?: string;
  /** Larger runs earlier; an integer from -32768 to 32767. */
  readonly priority?: number;
  /** When it can run; not for series. */
  readonly at?: Instant;
  /** After what time it can run, instead of `at`; 0 for at once. */
  readonly delay?: Duration;
}

/** What changes of a task. */
export interface TaskEditOptions extends SharedEdit {
  /**
   * The payload. It is checked by the task's own validator, so the process must have the task;
   * otherwise the edit is refused.
   */
  readonly payload?: unknown;
  /** Stores the payload without a check. @default false */
  readonly unchecked?: boolean;
}

const sharedNames: OptionNames<SharedEdit> = {
  queue: true,
  priority: true,
  at: true,
  delay: true,
};

/**
 * Checks what changes of many tasks.
 *
 * @throws {InvalidArgumentError} If a member is invalid, or there is none.
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
 * Checks what changes of a task, except for the payload.
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
