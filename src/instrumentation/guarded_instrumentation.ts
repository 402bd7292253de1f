// The application's instrumentations as dispatcher and worker use them: all of them around the same
// work, which is done exactly once and gives its own result, whatever they do.

import { checkMethods } from "../guards/argument_checks.ts";
import type { Logger } from "../log/logger.ts";
import type { Instrumentation } from "./instrumentation.ts";

/** Gives an instrumentation what it wraps. */
type Wrap<T> = (work: (traceContext: string | null) => Promise<T>) => unknown;

/**
 * Makes one instrumentation of several, of which the first is the outermost. What they throw is
 * told.
 *
 * @returns undefined when there is none.
 * @throws {InvalidArgumentError} If one lacks a method.
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
 * Does the work within what an instrumentation wraps around it, once; without it, if it does not
 * come to it.
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
      result.catch(() => {}); // told to the caller of the work, not to an instrumentation that ignores it
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

/** Whether the work itself fails with an error, which an instrumentation is to let through. */
async function failsWith(result: Promise<unknown> | undefined, error: unknown): Promise<boolean> {
  try {
    await result;
    return false;
  } catch (ownError) {
    return Object.is(ownError, error);
  }
}
