// Inserts new tasks, many rows per statement, and their first audit rows.

import { auditLevelToNumber } from "../../src/audit/audit_level.ts";
import type { Due, NewTask, PersistResult } from "../../src/storage/requests.ts";
import { messageOf } from "../../src/thrown/describe_error.ts";
import { isAuditedWhenStored, writeFirstAudits } from "./audit_writer.ts";
import { type BulkGroup, BulkGroups } from "./bulk_groups.ts";
import { BulkStatement, numbered } from "./bulk_statement.ts";
import type { Connection } from "./connection.ts";
import type { SqliteValue } from "./sqlite_library.ts";
import { pausedQueues } from "./queues.ts";
import { writeSeries } from "./series.ts";
import { addTags } from "./tags.ts";

/** The number of parameters that tasks of one statement share; see {@linkcode sharedParameters}. */
const sharedColumns = 13;

const insertTasks = new BulkStatement({
  // A task that is stored as claimed has attempt 1 and lease token 1; any other has 0 and 0.
  text: (firsts) =>
    "INSERT INTO queued_tasks (created_at_utc, type, handler, status, audit_level, queue_name, " +
    "priority, task_key, scheduled_execution_utc, due_at_utc, retry_policy, worker_id, attempt, " +
    "lease_token, id, request, trace_context) VALUES " +
    firsts.map((first) =>
      `(${numbered(1, sharedColumns)}, ?${sharedColumns}, ${numbered(first, 3)})`
    ).join(", "),
  columns: 3,
  shared: sharedColumns,
});

const selectLease = "SELECT lease_token, worker_id FROM queued_tasks WHERE id = ?";

/** The tasks of one statement. */
interface TaskGroup extends BulkGroup {
  readonly owner: string | null;
  readonly tasks: NewTask[];
  /** The indexes of the tasks' results. */
  readonly places: number[];
}

/** The new tasks of one transaction. */
export class TaskInserts {
  readonly #connection: Connection;
  readonly #now: number;
  readonly #admission: Admission;
  readonly #results: PersistResult[];
  readonly #groups: BulkGroups<TaskGroup> = new BulkGroups((group) => this.#write(group));
  #inserted = 0;
  #audited = false;

  /** @param results The array to which the results are written, in the order of the tasks. */
  constructor(connection: Connection, now: number, results: PersistResult[]) {
    this.#connection = connection;
    this.#now = now;
    this.#admission = new Admission(connection);
    this.#results = results;
  }

  /**
   * Adds a task. It is stored by {@linkcode TaskInserts.flush} at the latest. A task that is
   * already stored stays unchanged.
   */
  add(task: NewTask): void {
    const owner = this.#admission.ownerOf(task);
    const group =
      this.#groups.find((group) => group.owner === owner && areAlike(group.tasks[0]!, task)) ??
        this.#groups.open(newGroup(task, owner, this.#now));
    addTo(group, task, this.#results.length);
    this.#results.push({ id: task.id, outcome: "created", claimed: owner !== null });
    this.#groups.added(group);
  }

  /** Writes the added tasks. */
  flush(): void {
    this.#groups.flush();
  }

  /** Writes the added tasks and the audit rows of all stored tasks. */
  finish(): void {
    this.flush();
    this.audit();
  }

  /**
   * Writes the first audit rows of the tasks that were stored since the last call, from the current
   * state of the tasks. No other row may be inserted into the table in between.
   */
  audit(): void {
    if (this.#audited) writeFirstAudits(this.#connection, this.#inserted);
    this.#inserted = 0;
    this.#audited = false;
  }

  #write({ owner, tasks, places, parameters }: TaskGroup): void {
    try {
      insertTasks.run(this.#connection, parameters);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      // Only the failed statement was undone. A task was already stored, which is rare, so the
      // tasks are inserted one by one.
      if (tasks.length === 1) return this.#correct(tasks[0]!, places[0]!, error);
      tasks.forEach((task, index) => {
        const single = newGroup(task, owner, this.#now);
        addTo(single, task, places[index]!);
        this.#write(single);
      });
      return;
    }
    this.#inserted += tasks.length;
    this.#audited ||= isAuditedWhenStored(tasks[0]!.auditLevel);
    for (const { id, series, tags } of tasks) {
      if (series !== null) writeSeries(this.#connection, id, series, 0);
      if (tags.length > 0) addTags(this.#connection, id, tags);
    }
  }

  /** Replaces the result of a task that was already stored by the result of its first write. */
  #correct({ id, claimFor }: NewTask, place: number, duplicate: unknown): void {
    const stored = this.#connection.get(selectLease, id);
    if (stored === undefined) throw duplicate;
    const claimed = claimFor !== null && stored.worker_id === claimFor && stored.lease_token === 1;
    this.#results[place] = { id, outcome: "created", claimed };
  }
}

function newGroup(task: NewTask, owner: string | null, now: number): TaskGroup {
  const parameters = sharedParameters(task, owner, now);
  return { statement: insertTasks, owner, tasks: [], places: [], parameters };
}

function addTo({ tasks, places, parameters }: TaskGroup, task: NewTask, place: number): void {
  tasks.push(task);
  places.push(place);
  parameters.push(task.id, task.payload, task.traceContext);
}

/** Reports whether tasks with the same owner can be inserted by one statement. */
function areAlike(one: NewTask, other: NewTask): boolean {
  return one.type === other.type && one.queue === other.queue && one.status === other.status &&
    one.auditLevel === other.auditLevel && one.priority === other.priority &&
    one.handlerName === other.handlerName && one.taskKey === null && other.taskKey === null &&
    one.retryPolicy === other.retryPolicy &&
    isSameDue(one.due, other.due);
}

function isSameDue(one: Due, other: Due): boolean {
  if ("at" in one) return "at" in other && one.at === other.at;
  return "inMs" in other && one.inMs === other.inMs;
}

/** Returns the parameters that the tasks of one statement share. */
function sharedParameters(task: NewTask, owner: string | null, now: number): SqliteValue[] {
  const dueAt = dueInstant(task, now);
  return [
    now,
    task.type,
    task.handlerName,
    task.status,
    auditLevelToNumber(task.auditLevel),
    task.queue,
    task.priority,
    task.taskKey,
    scheduledInstant(task, dueAt),
    owner === null ? dueAt : null,
    task.retryPolicy,
    owner,
    owner === null ? 0 : 1,
  ];
}

/** Returns the due instant of a new task. */
export function dueInstant({ due }: Pick<NewTask, "due">, now: number): number {
  return Math.round("at" in due ? due.at : now + due.inMs);
}

/** Returns the instant for which a new task was dispatched; null to run at once. */
export function scheduledInstant({ status }: NewTask, dueAt: number): number | null {
  return status === "WaitingQueue" ? dueAt : null;
}

/**
 * Reports whether an insert failed because the id already exists. Reads the text of the error,
 * because the errors of one library have no code.
 */
function isDuplicate(error: unknown): boolean {
  return messageOf(error).includes("UNIQUE constraint failed: queued_tasks");
}

/**
 * Decides which tasks of a batch are stored as claimed. Queries the database once per worker, and
 * once for the paused queues.
 */
class Admission {
  readonly #connection: Connection;
  readonly #registered = new Map<string, boolean>();
  #paused: ReadonlySet<string> | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Returns the worker by which a new task is claimed; null if it has to wait. */
  ownerOf({ claimFor, status, queue }: NewTask): string | null {
    if (claimFor === null || status !== "Queued") return null;
    let registered = this.#registered.get(claimFor);
    if (registered === undefined) {
      const row = this.#connection.get("SELECT 1 FROM workers WHERE id = ?", claimFor);
      this.#registered.set(claimFor, registered = row !== undefined);
    }
    this.#paused ??= pausedQueues(this.#connection);
    return registered && !this.#paused.has(queue) ? claimFor : null;
  }
}
