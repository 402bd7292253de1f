// Ends many tasks per statement. Nearly all tasks of a batch are ended by one worker with the same
// status, so they can share a statement.

import type { Lease } from "../../src/storage/requests.ts";
import type { TaskStatus } from "../../src/storage/task_status.ts";
import { type BulkGroup, BulkGroups } from "./bulk_groups.ts";
import { BulkStatement } from "./bulk_statement.ts";
import type { Connection } from "./connection.ts";

/** The number of shared parameters: status, worker and token. */
const shared = 3;

/**
 * The start of statements that find tasks by their ids, regardless of the statistics of ANALYZE.
 * The statements name the index. They choose each row's values by CASE instead of a join with the
 * parameters, because for a join the planner could scan all tasks.
 */
const head = "UPDATE queued_tasks INDEXED BY sqlite_autoindex_queued_tasks_1 SET status = ?1, " +
  "exception = NULL, worker_id = NULL, due_at_utc = NULL, cancel_requested = 0, rate_slot_utc = NULL";
const fence = "worker_id = ?2 AND lease_token = ?3";

/** Ends tasks that have no execution to store. The parameter of a row is the task's id. */
export const endTasks: BulkStatement = new BulkStatement({
  text: (ids) => `${head} WHERE ${isOneOf(ids)} AND ${fence}`,
  columns: 1,
  shared,
});

/**
 * Ends tasks, and stores their executions. The parameters of a row are the task's id, the end of
 * the execution, and its duration.
 */
export const endExecutedTasks: BulkStatement = new BulkStatement({
  text: (ids) =>
    `${head}, last_execution_utc = ${pick(ids, 1)}, execution_time_ms = ${pick(ids, 2)} ` +
    `WHERE ${isOneOf(ids)} AND ${fence}`,
  columns: 3,
  shared,
});

function isOneOf(ids: readonly number[]): string {
  return `id IN (${ids.map((id) => `?${id}`).join(", ")})`;
}

/** Returns SQL for the parameter `behind` positions after a task's id. */
function pick(ids: readonly number[], behind: number): string {
  return `CASE id ${ids.map((id) => `WHEN ?${id} THEN ?${id + behind}`).join(" ")} END`;
}

/** Thrown if a task was not ended because its lease is lost. The error does not tell which task. */
export class LeaseMissed extends Error {
  override name = "LeaseMissed";
}

/** The execution to store with an end. */
export interface Execution {
  readonly endedAt: number;
  readonly tookMs: number;
}

/** The ends of one statement. */
interface EndGroup extends BulkGroup {
  readonly status: TaskStatus;
  readonly lease: Lease;
  tasks: number;
}

/** Writes, in one transaction, the ends of tasks that have no exception. */
export class TaskEnds {
  readonly #groups: BulkGroups<EndGroup>;

  constructor(connection: Connection) {
    this.#groups = new BulkGroups(({ statement, parameters, tasks }) => {
      if (statement.run(connection, parameters) !== tasks) throw new LeaseMissed();
    });
  }

  /**
   * Adds the end of a task. It is written by {@linkcode TaskEnds.flush} at the latest.
   *
   * @param execution The execution to store; null for none.
   */
  add(taskId: string, lease: Lease, status: TaskStatus, execution: Execution | null): void {
    const statement = execution === null ? endTasks : endExecutedTasks;
    const group =
      this.#groups.find((group) =>
        group.statement === statement && group.status === status &&
        group.lease.token === lease.token && group.lease.workerId === lease.workerId
      ) ?? this.#groups.open({
        statement,
        status,
        lease,
        tasks: 0,
        parameters: [status, lease.workerId, lease.token],
      });
    group.tasks++;
    if (execution === null) group.parameters.push(taskId);
    else group.parameters.push(taskId, execution.endedAt, execution.tookMs);
    this.#groups.added(group);
  }

  /** Writes the added ends. */
  flush(): void {
    this.#groups.flush();
  }
}
