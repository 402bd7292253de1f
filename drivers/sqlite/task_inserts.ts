// Inserts new tasks, many rows a statement, and their first audit rows.

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

/** What tasks that differ only in id, payload and trace share: see {@linkcode sharedParameters}. */
const sharedColumns = 13;

const insertTasks = new BulkStatement({
  // A task that is born claimed has attempt 1 and lease token 1, any other has 0 and 0.
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

/** Tasks that one statement inserts. */
interface TaskGroup extends BulkGroup {
  readonly owner: string | null;
  readonly tasks: NewTask[];
  /** The indexes of their results. */
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

  /** @param results Takes the results, in the order of the tasks. */
  constructor(connection: Connection, now: number, results: PersistResult[]) {
    this.#connection = connection;
    this.#now = now;
    this.#admission = new Admission(connection);
    this.#results = results;
  }

  /**
   * Stores a task, by {@linkcode TaskInserts.flush} at the latest. One that is stored already is
   * left alone.
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

  /** Writes the tasks that were added. */
  flush(): void {
    this.#groups.flush();
  }

  /**
   * Writes the audit rows of all tasks that were stored. Nothing else may be inserted into the
   * tasks before.
   */
  finish(): void {
    this.flush();
    if (this.#audited) writeFirstAudits(this.#connection, this.#inserted);
  }

  #write({ owner, tasks, places, parameters }: TaskGroup): void {
    try {
      insertTasks.run(this.#connection, parameters);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      // The statement was undone, and nothing else: a repeated write, which happens rarely enough
      // to go one by one.
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

  /** A task was stored before: it is answered as it was then. */
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

/** Whether tasks with the same owner go into one statement. */
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

/** The parameters that tasks share which are alike. */
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

/** When a new task becomes due. */
export function dueInstant({ due }: Pick<NewTask, "due">, now: number): number {
  return Math.round("at" in due ? due.at : now + due.inMs);
}

/** The instant for which a new task was dispatched; null to run at once. */
export function scheduledInstant({ status }: NewTask, dueAt: number): number | null {
  return status === "WaitingQueue" ? dueAt : null;
}

/** Both libraries have it in the text; one of them has nothing but the text. */
function isDuplicate(error: unknown): boolean {
  return messageOf(error).includes("UNIQUE constraint failed: queued_tasks");
}

/**
 * Which tasks of a batch may be born claimed; asks the database once a worker, and once for the
 * paused queues.
 */
class Admission {
  readonly #connection: Connection;
  readonly #registered = new Map<string, boolean>();
  #paused: ReadonlySet<string> | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The worker that a new task is claimed by; null when it has to wait. */
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
