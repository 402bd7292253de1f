// Converts the changes of operators to entries of a history.

import type { Due, NewTask, RowEdit, TasksEdit, TasksEdited } from "../../storage/requests.ts";
import type { TaskRecord } from "../../storage/records.ts";
import type { StoredSeries } from "../checker/stored_series.ts";
import type { EditedFields, OperatorEntry } from "../checker/operator_entries.ts";

/** With these words begins the reason of an operator who names a version, which follows. */
export const asSeen = "as seen in ";

/** How instants, tasks and payloads are told in a history. */
export interface Telling {
  readonly taskName: (id: string) => string;
  readonly sinceStart: (at: number) => number;
  /** Returns the number in a payload; 0 if it has none. */
  readonly dispatchOf: (task: Pick<NewTask, "payload">) => number;
}

/** Returns the entry of a task that the store has returned. */
export function seenEntry({ id, version }: TaskRecord, { taskName }: Telling): OperatorEntry {
  return { kind: "seen", task: taskName(id), version };
}

/**
 * Returns the entries of {@linkcode Storage.editTasks}.
 *
 * @param now The store's clock, in whole milliseconds from the start.
 */
export function editEntries(
  { edits, action: { by, verb, reason }, batch }: TasksEdit,
  { actionId, applied }: TasksEdited,
  now: number,
  telling: Telling,
): OperatorEntry[] {
  const recorded = actionId !== null;
  const changed = applied.filter((isApplied) => isApplied).length;
  const skipped = batch === undefined ? 0 : batch.skipped + edits.length - changed;
  return [
    {
      kind: "acted",
      by,
      verb,
      recorded,
      continues: (batch?.continues ?? null) !== null,
      isBatch: batch !== undefined,
      changed,
      skipped,
    },
    ...edits.map(({ taskId, version, change }, i): OperatorEntry => ({
      kind: "edited",
      by,
      task: telling.taskName(taskId),
      version,
      named: reason?.startsWith(asSeen) ? reason.slice(asSeen.length) : null,
      applied: applied[i]!,
      change: change === "delete" ? change : fieldsOf(change, now, telling),
    })),
  ];
}

function fieldsOf(edit: RowEdit, now: number, { sinceStart, dispatchOf }: Telling): EditedFields {
  const { payload, due, series, ...fields } = edit;
  return {
    ...fields,
    ...payload === undefined ? {} : { dispatch: dispatchOf({ payload }) },
    ...due === undefined ? {} : { dueAt: dueOf(due, now, sinceStart) },
    ...series === undefined ? {} : { series: storedSeries(series, sinceStart) },
  };
}

function dueOf(
  due: Due | "soonest" | null,
  now: number,
  sinceStart: Telling["sinceStart"],
): number | "soonest" | null {
  if (due === null || due === "soonest") return due;
  return "at" in due ? sinceStart(due.at) : now + Math.round(due.inMs);
}

/** Returns a series with its instants in milliseconds from the start. */
export function storedSeries(
  { schedule, anchorAt, maxRuns, runUntil, nextRunAt }: NonNullable<NewTask["series"]>,
  sinceStart: Telling["sinceStart"],
): StoredSeries {
  return {
    schedule: JSON.parse(schedule),
    anchorAt: sinceStart(anchorAt),
    maxRuns,
    runUntil: runUntil === null ? null : sinceStart(runUntil),
    nextRunAt: sinceStart(nextRunAt),
  };
}
