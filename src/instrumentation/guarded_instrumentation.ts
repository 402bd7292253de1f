// Guards the application's instrumentations. All of them wrap the same work, which runs exactly
// once and keeps its result even if an instrumentation fails.

import { checkMethods } from "../guards/argument_checks.ts";
import type { Logger } from "../log/logger.ts";
import type { Instrumentation } from "./instrumentation.ts";

/** Calls an instrumentation with the function that it wraps. */
type Wrap<T> = (work: (traceContext: string | null) => Promise<T>) => unknown;

/**
 * Combines several instrumentations into one; the first is the outermost. Logs their errors.
 *
 * @returns undefined if there is none.
 * @throws {InvalidArgumentError} If an instrumentation lacks a method.
 */
export function guardInstrumentations(
  option: Instrumentation | readonly Instrumentation[] | undefined,
  logger: Logger,
): Instrumentation | undefined {
  const all: readonly Instrumentation[] = option === undefined ? [] : [option].flat();
  const remedy = "be an instrumentation, with the methods dispatch and run, or a list of such";
  for (const each of all) checkMethods(each, ["dispatch", "run"], "instrumentation", remedy);
  if (all.length === 0) return undefined;
  const tellOf = (task: { readonly taskId: string; readonly type: string }) => (error: unknown) =>
    logger.error("An instrumentation failed on task {taskId} ({taskType}): {error}", {
      taskId: task.taskId,
      taskType: task.type,
      error,
    });
  return {
    dispatch(task, store) {
      const step = (at: number, context: string | null): ReturnType<typeof store> =>
        at === all.length ? store(context) : around(
          (work) => all[at]!.dispatch(task, work),
          (traceContext) => step(at + 1, context ?? traceContext),
          tellOf(task),
        );
      return step(0, null);
    },
    run(task, execute) {
      const step = (at: number): ReturnType<typeof execute> =>
        at === all.length ? execute() : around(
          (work) => all[at]!.run(task, () => work(null)),
          () => step(at + 1),
          tellOf(task),
        );
      return step(0);
    },
  };
}

/**
 * Runs the work once in an instrumentation, or without it if the instrumentation does not call the
 * work.
 */
async function around<T>(
  wrap: Wrap<T>,
  work: (traceContext: string | null) => Promise<T>,
  onFault: (error: unknown) => void,
): Promise<T> {
  let begin!: () => void;
  const begun = new Promise<void>((resolve) => begin = resolve);
  let result: Promise<T> | undefined;
  const workOnce = (traceContext: unknown): Promise<T> => {
    if (result === undefined) {
      result = work(typeof traceContext === "string" ? traceContext : null);
      // Without a handler, the rejection would end the process if the instrumentation ignored it.
      // The caller of `around` still gets the error.
      result.catch(() => {});
      begin();
    }
    return result;
  };
  const wrapping = async () => {
    try {
      await wrap(workOnce);
    } catch (error) {
      if (!await failsWith(result, error)) onFault(error);
    } finally {
      begin();
    }
  };
  void wrapping();
  await begun;
  return workOnce(null);
}

/** Reports whether `error` is the work's own error, which an instrumentation should rethrow. */
async function failsWith(result: Promise<unknown> | undefined, error: unknown): Promise<boolean> {
  try {
    await result;
    return false;
  } catch (ownError) {
    return Object.is(ownError, error);
  }
}
