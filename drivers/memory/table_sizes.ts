// The sizes of the memory store, as if it had tables.

import { type TableName, tableNames, type TableSize } from "../../src/storage/table_sizes.ts";
import type { TaskRow } from "./rows.ts";
import type { MemoryState } from "./state.ts";

/** Counts the rows that a task has in each table. */
const ofTask: Partial<Record<TableName, (row: TaskRow) => number>> = {
  QueuedTasks: () => 1,
  TaskTags: ({ tags }) => tags.length,
  StatusAudit: ({ statusAudit }) => statusAudit?.length ?? 0,
  RunsAudit: ({ runsAudit }) => runsAudit?.length ?? 0,
  TaskExecutionLog: ({ logs }) => logs?.length ?? 0,
};

/** Implements {@linkcode Storage.tableSizes}. The number of bytes is unknown. */
export function tableSizes(state: MemoryState, now: number): TableSize[] {
  const others: Partial<Record<TableName, number>> = {
    OperatorActions: state.actions.length,
    Workers: state.workers.size,
    PausedQueues: state.pausedQueues.size,
    EventWatchers: state.events.watchers(now).length,
  };
  const tasks = state.list();
  return tableNames.map((table) => {
    const count = ofTask[table];
    const rows = count === undefined
      ? others[table] ?? null
      : tasks.reduce((sum, row) => sum + count(row), 0);
    const oldest = count && table !== "TaskTags" ? tasks.find((row) => count(row) > 0) : undefined;
    return { table, rows, isEstimate: false, bytes: null, oldestAt: oldest?.createdAt ?? null };
  });
}
