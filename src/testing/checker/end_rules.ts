// Rules about the final content of the store.

import type { FinalTask } from "./history.ts";
import type { ReplayedHistory, TaskState } from "./replay.ts";
import type { Rule } from "./rule.ts";

/** The maximum relative error of the rate of a machine's clock. */
export const worstRate = 0.02;

const endings: readonly string[] = ["Completed", "Failed", "Cancelled"];

/** After the faults have ended, all tasks end. */
export const allEnd: Rule = {
  name: "nothing stays claimed, queued or due for ever",
  check: ({ history }) =>
    history.tasks
      .filter(({ status, worker, dueAt }) =>
        worker !== null || dueAt !== null || !endings.includes(status)
      )
      .map(({ task, status, worker, dueAt }) =>
        `${task} is ${status}, held by ${worker}, due at ${dueAt}`
      ),
};

/** The rows match the operations of the store. */
export const rowsAgree: Rule = {
  name: "each task has the state that the operations gave it",
  check: (history) =>
    compare(history, (row, state) =>
      differences([
        ["status", row.status, state.status],
        ["key", row.key, state.key],
        ["worker", row.worker, state.worker],
        ["dueAt", row.dueAt, state.dueAt],
        ["attempt", row.attempt, state.attempt],
        ["lostCount", row.lostCount, state.lostCount],
        ["token", row.token, state.token],
        ["cancelRequested", row.cancelRequested, state.cancelRequested],
      ])),
};

/** The audit has exactly the rows that the level asks for. */
export const auditAsLevelled: Rule = {
  name: "the status audit has exactly the rows that the level asks for, in order",
  check: (history) =>
    compare(history, (row, state) => {
      const expected = state.trail.map(({ status }) => status).join(" ");
      return differences([["audit", row.trail.join(" "), expected]]);
    }),
};

/**
 * The instants of the audit are in order. A machine measures the age of a change by its own clock,
 * so an instant may be wrong by the error of that clock.
 */
export const auditInTime: Rule = {
  name: "the times of a status audit never run back, nor ahead",
  check: (history) =>
    compare(history, ({ trailAt }, { trail }) =>
      trailAt.flatMap((at, i) => {
        const writtenAt = trail[i]?.writtenAt ?? at;
        const before = trailAt[i - 1] ?? 0;
        const slackMs = 1 + worstRate * Math.max(0, writtenAt - before);
        const isInTime = at >= before - slackMs && at <= writtenAt;
        return isInTime ? [] : [`row ${i} is of ${at}, after ${before}, written at ${writtenAt}`];
      })),
};

/** A task is retried as often as its policy allows. */
export const retriesAsAllowed: Rule = {
  name: "a task is tried again as often as its policy says, and fails only after that",
  check: (history) =>
    history.history.tasks.flatMap(({ task, status }) => {
      const state = history.states.get(task);
      if (state === undefined) return [];
      const said = `${task} was tried again ${state.failures} times of ${state.retries}`;
      if (state.failures > state.retries) return [said];
      const isEarly = status === "Failed" && state.failures < state.retries &&
        !hasFailedOtherwise(history, task);
      return isEarly ? [`${said}, and has failed`] : [];
    }),
};

/** Reports whether a timeout or losses have failed a task, so that no retry policy has decided. */
function hasFailedOtherwise(history: ReplayedHistory, task: string): boolean {
  const running = new Set<string>();
  for (const { entry } of history.moments) {
    if (!("task" in entry) || entry.task !== task) continue;
    if (entry.kind === "lost" && entry.poisoned) return true;
    if (entry.kind === "claimed") running.clear(); // attempts that were lost before have not failed the task
    if (entry.kind === "started") running.add(`${entry.instance} ${entry.attempt}`);
    if (entry.kind === "returned" || entry.kind === "threw") {
      running.delete(`${entry.instance} ${entry.attempt}`);
      if (entry.aborted === "TimeoutError") return true;
    }
  }
  return running.size > 0; // it continued after its timeout, and was given up
}

function compare(
  { history, states }: ReplayedHistory,
  differ: (row: FinalTask, state: TaskState) => string[],
): string[] {
  return history.tasks.flatMap((row) => {
    const state = states.get(row.task);
    if (state === undefined) return [`${row.task} was never stored`];
    return differ(row, state).map((difference) => `${row.task}: ${difference}`);
  });
}

function differences(fields: readonly (readonly [string, unknown, unknown])[]): string[] {
  return fields.filter(([, actual, expected]) => actual !== expected)
    .map(([name, actual, expected]) => `${name} is ${actual}, not ${expected}`);
}

/** All rules about the end. */
export const endRules: readonly Rule[] = [
  allEnd,
  rowsAgree,
  auditAsLevelled,
  auditInTime,
  retriesAsAllowed,
];
