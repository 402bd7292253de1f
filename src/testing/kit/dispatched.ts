// Assertions about dispatched tasks. The assertions use only public methods of an instance, so they
// work with any storage.

import { checkCount, isPlain } from "../../guards/argument_checks.ts";
import type { EverTask } from "../../application/ever_task.ts";
import { EverTaskError, InvalidArgumentError } from "../../guards/errors.ts";
import type { JsonOf } from "../../payload/json.ts";
import { type AnyTask, checkTask, type Task } from "../../task/task.ts";
import { asked, shown } from "./dispatch_report.ts";
import { checkMatch, differences, type DispatchMatch } from "./dispatch_match.ts";
import { readTasks } from "./read_tasks.ts";
import type { HandlerRun } from "./run_handler.ts";
import { type StoredTask, toStoredTask } from "./stored_task.ts";

/**
 * The source of dispatched tasks: an instance, with all tasks of its storage, or the result of
 * `runHandler`.
 */
export type DispatchSource = Pick<EverTask, "list"> | Pick<HandlerRun, "dispatched">;

/** The expectation of {@linkcode assertDispatched}. */
export interface DispatchExpectation<Payload = unknown> extends DispatchMatch<Payload> {
  /** The exact number of matching tasks. @default at least one */
  readonly count?: number;
}

/** The dispatched tasks differ from the expected ones. The message shows both. */
export class DispatchAssertionError extends EverTaskError {
  /** `DispatchAssertionError` */
  override name = "DispatchAssertionError";
}

/**
 * Returns the dispatched tasks of a type, oldest first, whether they have run or not.
 *
 * @param source An instance, or the result of {@linkcode runHandler}.
 * @param task The task definition.
 * @param match The expected properties. @default all tasks
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { defineTask } from "@evertask/evertask";
 * import { memoryStorage } from "@evertask/evertask/memory";
 * import { createTestEverTask, dispatched } from "@evertask/evertask/testing";
 *
 * const resize = defineTask<{ image: string; width: number }>({ type: "resize", handle() {} });
 * await using everTask = createTestEverTask({ storage: memoryStorage(), tasks: [resize] });
 * await everTask.dispatchMany(resize, [320, 640].map((width) => ({ image: "cat.png", width })));
 *
 * const widths = (await dispatched(everTask, resize)).map(({ payload }) => payload.width);
 * assertEquals(widths, [320, 640]);
 * ```
 */
export async function dispatched<Input, Output>(
  source: DispatchSource,
  task: Task<Input, Output>,
  match: DispatchMatch<NoInfer<Input>> = {},
): Promise<StoredTask<JsonOf<Input>>[]> {
  checkArguments(source, task, match);
  const stored = await read<JsonOf<Input>>(source, task.type);
  return stored.filter((each) => differences(each, match).length === 0);
}

/**
 * Asserts that a task was dispatched, whether it has run or not.
 *
 * @param source An instance, or the result of {@linkcode runHandler}.
 * @param task The task.
 * @param match The expected properties. @default any task of the type
 * @returns The matching tasks, oldest first.
 * @throws {DispatchAssertionError} If no task matches, or the number of matching tasks is not
 * `count`. The message shows the dispatched tasks and their differences.
 *
 * @example
 * ```ts
 * import { defineTask } from "@evertask/evertask";
 * import { memoryStorage } from "@evertask/evertask/memory";
 * import { assertDispatched, createTestEverTask } from "@evertask/evertask/testing";
 *
 * const remind = defineTask<{ user: { id: number; name: string } }>({
 *   type: "remind",
 *   queue: "email",
 *   handle() {},
 * });
 * await using everTask = createTestEverTask({
 *   storage: memoryStorage(),
 *   tasks: [remind],
 *   queues: { email: {} },
 * });
 * await everTask.dispatch(remind, { user: { id: 7, name: "Ada" } }, { delay: { minutes: 30 } });
 *
 * await assertDispatched(everTask, remind, {
 *   payload: { user: { id: 7 } },
 *   queue: "email",
 *   delay: { minutes: 30 },
 * });
 * ```
 */
export async function assertDispatched<Input, Output>(
  source: DispatchSource,
  task: Task<Input, Output>,
  match: DispatchExpectation<NoInfer<Input>> = {},
): Promise<[StoredTask<JsonOf<Input>>, ...StoredTask<JsonOf<Input>>[]]> {
  checkArguments(source, task, match, { count: true });
  const { count, ...rest } = match;
  if (count !== undefined) checkCount(count, "count");
  const stored = await read<JsonOf<Input>>(source, task.type);
  const [first, ...others] = stored.filter((each) => differences(each, rest).length === 0);
  const found = first === undefined ? 0 : 1 + others.length;
  if (first !== undefined && found === (count ?? found)) return [first, ...others];
  const number = count === undefined ? "No" : `${found}, not ${count},`;
  const verb = count === undefined || found === 1 ? "task matches" : "tasks match";
  throw new DispatchAssertionError([
    `${number} "${task.type}" ${verb}${asked(rest)}.`,
    ...shown(stored, rest),
    ...await otherTypes(source, task.type),
  ].join("\n"));
}

/**
 * Asserts that no matching task was dispatched.
 *
 * @param source An instance, or the result of {@linkcode runHandler}.
 * @param task The task.
 * @param match The properties of the tasks that must not exist. @default any task of the type
 * @throws {DispatchAssertionError} If a task matches. The message shows the matching tasks.
 *
 * @example
 * ```ts
 * import { defineTask } from "@evertask/evertask";
 * import { refuteDispatched, runHandler } from "@evertask/evertask/testing";
 *
 * const sendInvoice = defineTask<{ order: number }>({ type: "send-invoice", handle() {} });
 * const placeOrder = defineTask<{ order: number; total: number }>({
 *   type: "place-order",
 *   async handle({ order, total }, { dispatch }) {
 *     if (total > 0) await dispatch(sendInvoice, { order });
 *   },
 * });
 *
 * const run = await runHandler(placeOrder, { order: 1, total: 0 });
 * await refuteDispatched(run, sendInvoice);
 * ```
 */
export async function refuteDispatched<Input, Output>(
  source: DispatchSource,
  task: Task<Input, Output>,
  match: DispatchMatch<NoInfer<Input>> = {},
): Promise<void> {
  const found = await dispatched(source, task, match);
  if (found.length === 0) return;
  const count = found.length === 1 ? "1 task matches" : `${found.length} tasks match`;
  throw new DispatchAssertionError([
    `No "${task.type}" was to be dispatched, but ${count}${asked(match)}.`,
    ...shown(found, {}),
  ].join("\n"));
}

/** @param others The names of other allowed properties. */
function checkArguments(
  source: DispatchSource,
  task: AnyTask,
  match: DispatchMatch,
  others: Readonly<Record<string, true>> = {},
): void {
  const isSource = isPlain(source) &&
    ("dispatched" in source ? Array.isArray(source.dispatched) : typeof source.list === "function");
  if (!isSource) {
    const remedy = "be an instance of EverTask, or the result of runHandler";
    throw new InvalidArgumentError("source", source, remedy);
  }
  checkTask(task);
  checkMatch(match, others);
}

/** Returns the stored tasks of one type or of all types, oldest first. */
async function read<Payload>(
  source: DispatchSource,
  type?: string,
): Promise<StoredTask<Payload>[]> {
  if ("dispatched" in source) {
    const all = source.dispatched as readonly StoredTask<Payload>[];
    return type === undefined ? [...all] : all.filter((task) => task.type === type);
  }
  const records = await readTasks(source, type === undefined ? {} : { types: [type] });
  return records.map((record) => toStoredTask<Payload>(record));
}

/** Describes the number of tasks of other types, because the test may expect the wrong type. */
async function otherTypes(source: DispatchSource, type: string): Promise<string[]> {
  const counts = new Map<string, number>();
  for (const task of await read(source)) {
    if (task.type !== type) counts.set(task.type, (counts.get(task.type) ?? 0) + 1);
  }
  if (counts.size === 0) return [];
  const list = [...counts].sort().map(([each, count]) => `${each} (${count})`);
  return [`Of other types were dispatched: ${list.join(", ")}.`];
}
