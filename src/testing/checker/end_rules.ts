// Rules about the final content of the store.

import type { FinalTask } from "./history.ts";
import type { ReplayedHistory } from "./replay.ts";
import type { Rule } from "./rule.ts";
import type { TaskState } from "./task_state.ts";

/** The maximum relative error of the rate of a machine's clock. */
export const worstRate = 0.02;

const endings: readonly string[] = ["Completed", "Failed", "Cancelled"];

/** After the faults have ended, all tasks end. */
export const allEnd: Rule = {
  name: "nothing stays claimed, queued or due for ever",
  check: ({ history }) =>
    history.tasks
      .filter(({ status, worker, dueAt, series }) =>
        worker !== null || (dueAt ?? Infinity) < (history.endedBy ?? Infinity) ||
        (dueAt === null && !endings.includes(status) && !series?.paused)
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
        ["runCount", row.series?.runCount, state.series?.runCount],
        ["nextRunAt", row.series?.nextRunAt, state.series?.nextRunAt],
        ["paused", row.series?.paused ?? false, state.series?.paused ?? false],
        ["queue", row.queue ?? state.queue, state.queue],
        ["priority", row.priority ?? state.priority, state.priority],
        ["dispatch", row.dispatch ?? state.dispatch, state.dispatch],
      ])),
};

/** The audit has exactly the rows that the level requires. */
export const auditAsLevelled: Rule = {
  name: "the audits have, in order, exactly the rows that the level requires and retention keeps",
  check: (history) =>
    compare(history, (row, state) => {
      const expected = state.trail.map(({ status }) => status).join(" ");
      const runs = state.runs.map(({ status }) => status).join(" ");
      return differences([
        ["audit", row.trail.join(" "), expected],
        ["runs audit", row.runs.join(" "), runs],
      ]);
    }),
};

/**
 * The instants of the audit are in order. A machine measures the age of a change by its own clock,
 * so an instant may be wrong by the error of that clock.
 */
export const auditInTime: Rule = {
  name: "the times of a status audit never decrease, and none is later than its write",
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

/** Retention deletes expired tasks. */
export const purgesInTime: Rule = {
  name: "retention deletes tasks that ended long enough ago, and no others",
  check: ({ history, states, purged }) => {
    const rows = new Set(history.tasks.map(({ task }) => task));
    const early = [...states.keys()].filter((task) => !rows.has(task));
    const late = [...rows].filter((task) => purged.has(task));
    return [
      ...early.map((task) => `${task} is gone`),
      ...late.map((task) => `${task} is still there`),
    ];
  },
};

function compare(
  { history, states }: ReplayedHistory,
  differ: (row: FinalTask, state: TaskState) => string[],
): string[] {
  return history.tasks.flatMap((row) => {
    const state = states.get(row.task);
    if (state === undefined) return [`${row.task} was never stored, or is deleted`];
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
  purgesInTime,
];
