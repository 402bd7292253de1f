// Running a handler by itself, without an instance, storage or worker: for tests of what it does.

import type { Dispatch, DispatchOptions, DispatchResult } from "../dispatch/dispatch_options.ts";
import type { Logger, LogProperties } from "../log/logger.ts";
import { formatMessage } from "../log/logger.ts";
import { encodePayload } from "../payload/payload.ts";
import type { AnyTask, Task, TaskContext } from "../task.ts";

/** What a handler did when {@linkcode runTask} ran it. */
export interface TaskRun {
  /** What it dispatched, in order. Nothing was stored or run. */
  readonly dispatched: readonly {
    /** The task. */
    readonly task: AnyTask;
    /** Its payload, as the handler passed it. */
    readonly payload: unknown;
    /** The options of the dispatch. */
    readonly options: DispatchOptions;
  }[];
  /** What it logged, as `level: message`. */
  readonly logged: readonly string[];
  /** Whether it completed its task itself, by `context.complete`. */
  readonly completed: boolean;
}

/**
 * Runs a task's handler once with a payload, which is validated and goes through JSON as a stored one does. Retries, timeouts and
 * hooks are the engine's business and do not take part.
 *
 * @param context What the handler's context shall say other than usual: `{ attempt: 3 }`, `{ signal }`.
 * @returns What the handler did.
 * @throws {PayloadValidationError} If the payload does not fit.
 * @throws What the handler throws.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { defineTask } from "@evertask/evertask";
 * import { runTask } from "@evertask/evertask/testing";
 *
 * const remind = defineTask<{ to: string }>({ type: "remind", handle() {} });
 * const welcome = defineTask<{ to: string }>({
 *   type: "welcome",
 *   async handle({ to }, { log, dispatch }) {
 *     log.info("Welcome, {to}", { to });
 *     await dispatch(remind, { to }, { delay: { days: 7 } });
 *   },
 * });
 *
 * const { dispatched, logged } = await runTask(welcome, { to: "ada" });
 * assertEquals(logged, ["info: Welcome, ada"]);
 * assertEquals(dispatched, [{ task: remind, payload: { to: "ada" }, options: { delay: { days: 7 } } }]);
 * ```
 */
export async function runTask<Input, Output>(
  task: Task<Input, Output>,
  payload: Input,
  context: Partial<TaskContext> = {},
): Promise<TaskRun> {
  const { value } = await encodePayload(task.type, task.payload, payload);
  const dispatched: { task: AnyTask; payload: unknown; options: DispatchOptions }[] = [];
  const logged: string[] = [];
  let completed = false;
  await task.handle(value as Output, {
    taskId: placeholderId(0),
    taskType: task.type,
    taskKey: null,
    queue: task.queue ?? "default",
    attempt: 1,
    run: null,
    signal: new AbortController().signal,
    log: capturing(logged),
    dispatch: async (task, payload, options = {}) => {
      await encodePayload(task.type, task.payload, payload);
      dispatched.push({ task, payload, options });
      return { id: placeholderId(dispatched.length), outcome: "created" };
    },
    complete: () => Promise.resolve(void (completed = true)),
    ...context,
  });
  return { dispatched, logged, completed };
}

/**
 * A `dispatch` that runs each task's handler at once, in place of an instance's: for code under test that is handed one. Delays and
 * schedules are ignored, and what handlers dispatch is run as well. A handler's error rejects the dispatch.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { defineTask, type Dispatch } from "@evertask/evertask";
 * import { inlineDispatch } from "@evertask/evertask/testing";
 *
 * const greeted: string[] = [];
 * const greet = defineTask<string>({ type: "greet", handle: (name) => void greeted.push(name) });
 *
 * async function signUp(name: string, dispatch: Dispatch) {
 *   await dispatch(greet, name);
 * }
 *
 * await signUp("Ada", inlineDispatch());
 * assertEquals(greeted, ["Ada"]);
 * ```
 */
export function inlineDispatch(): Dispatch {
  let count = 0;
  const dispatch: Dispatch = async (task, payload, options = {}): Promise<DispatchResult> => {
    const taskId = placeholderId(++count);
    const { taskKey = null } = options;
    await runTask(task, payload, { taskId, taskKey, dispatch });
    return { id: taskId, outcome: "created" };
  };
  return dispatch;
}

function placeholderId(number: number): string {
  return `00000000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`;
}

function capturing(lines: string[]): Logger {
  const at = (level: string) => (message: string, properties?: LogProperties) =>
    void lines.push(`${level}: ${formatMessage(message, properties)}`);
  return {
    trace: at("trace"),
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
  };
}
