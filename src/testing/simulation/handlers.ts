// The tasks of a simulated world. Their handlers behave as their payloads specify, and record their
// starts and ends.

import { linearRetry } from "../../retry/linear_retry.ts";
import type { DispatchOptions } from "../../task/dispatch_options.ts";
import type { RateLimitOptions } from "../../task/rate_limit_options.ts";
import { defineTask, type Task, type TaskContext } from "../../task/task.ts";
import { readMember } from "../../thrown/reading.ts";
import type { Clock } from "../../time/clock.ts";
import type { HistoryLog } from "./history_log.ts";
import type { Act, Play } from "./play.ts";
import { type DispatchStep, parallelism, rateLimits, type TaskType } from "./scenario.ts";
import type { RunTransaction } from "./transactions.ts";

/** The tasks of a world, by type. */
export type SimulatedTasks = Readonly<Record<TaskType, Task<Play, Play>>>;

/** The timeout of tasks of type `timed`, in milliseconds. */
const timeoutMs = 2_000;

/** The payload of a handler's dispatch. */
const child: Play = { number: 0, acts: ["return"], takesMs: 0 };

/**
 * Creates the tasks of one process.
 *
 * @param onRunning Called with the number of running handlers, including those that were given up.
 */
export function makeTasks(
  clock: Clock,
  instance: string,
  recorder: HistoryLog,
  onRunning: (count: number) => void,
  inTransaction: RunTransaction,
): SimulatedTasks {
  let running = 0;
  const handle = async (play: Play, context: TaskContext): Promise<void> => {
    const { attempt, signal } = context;
    const queue = context.queue as DispatchStep["queue"];
    const slots = parallelism[queue];
    const task = recorder.taskName(context.taskId);
    const limit = context.taskType in rateLimits ? context.taskType : null;
    const run = context.run?.number ?? null;
    const plannedAt = context.run === null ? null : recorder.sinceStart(context.run.scheduledAt);
    const start = { task, attempt, queue, slots, run, plannedAt, limit, dispatch: play.number };
    recorder.add(instance, { kind: "started", ...start });
    onRunning(++running);
    const end = (kind: "returned" | "threw") => {
      onRunning(--running);
      const aborted = signal.aborted ? String(readMember(signal.reason, "name")) : null;
      recorder.add(instance, { kind, task, attempt, run, aborted });
    };
    const act = play.acts[Math.min(attempt, play.acts.length) - 1]!;
    try {
      await perform(act, play, context);
    } catch (error) {
      end("threw");
      throw error;
    }
    end("returned");
  };

  const perform = async (act: Act, play: Play, context: TaskContext): Promise<void> => {
    switch (act) {
      case "return":
        return;
      case "work":
        return await orAborted(after(clock, play.takesMs), context.signal);
      case "deaf":
        return await after(clock, play.takesMs);
      case "complete":
      case "rollBack": {
        await after(clock, play.takesMs);
        const commits = act === "complete";
        const { taskId, attempt } = context;
        const task = recorder.taskName(taskId);
        recorder.add(instance, { kind: commits ? "completes" : "rollsBack", task, attempt });
        await inTransaction(commits, (connection) => context.complete(connection));
        if (!commits) throw new Error("The transaction was rolled back.");
        recorder.add(instance, { kind: "committed", task, attempt });
        return;
      }
      case "throw":
        throw new Error("The handler failed.");
      case "throwOdd":
        throw undefined;
      case "dispatch": {
        const { id } = await context.dispatch(tasks.plain, child);
        const task = recorder.taskName(id);
        const answer = { what: "dispatch in a handler", task, answer: "created" };
        recorder.add(instance, { kind: "answered", call: 0, ...answer });
        return;
      }
    }
  };

  const tasks: SimulatedTasks = {
    plain: defineTask<Play>({ type: "plain", handle }),
    timed: defineTask<Play>({ type: "timed", timeout: { milliseconds: timeoutMs }, handle }),
    limited: defineTask<Play>({ type: "limited", rateLimit: limitOf("limited"), handle }),
    discarded: defineTask<Play>({ type: "discarded", rateLimit: limitOf("discarded"), handle }),
  };
  return tasks;
}

function limitOf(type: keyof typeof rateLimits): RateLimitOptions<Play> {
  const { periodMs, ...limit } = rateLimits[type];
  return { ...limit, period: { milliseconds: periodMs } };
}

/** The options of a dispatch, without a transaction. */
export function optionsOf(step: DispatchStep): DispatchOptions {
  return {
    ...(step.recurring === null ? {} : { recurring: step.recurring }),
    queue: step.queue,
    priority: step.priority,
    auditLevel: step.level,
    retry: linearRetry(step.retries, { milliseconds: 700 }),
    ...(step.key === null ? {} : { taskKey: step.key }),
    ...(step.delayMs === 0 ? {} : { delay: { milliseconds: step.delayMs } }),
  };
}

function after(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(resolve, ms));
}

function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
    work.then(resolve);
  });
}
