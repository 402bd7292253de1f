// Inserts new tasks, many rows a statement, and their first audit rows.

import { auditLevelToNumber } from "../../src/audit/audit_level.ts";
import type { NewTask } from "../../src/storage/requests.ts";
import { isAuditedWhenStored, writeFirstAudits } from "./audit_writer.ts";
import { BulkInsert, numbered } from "./bulk_insert.ts";
import type { Connection } from "./connection.ts";
import type { SqliteValue } from "./database.ts";
import { pausedQueues } from "./queues.ts";
import { writeSeries } from "./series.ts";

/** Each row's own parameters; created_at_utc is the same for all. */
const parametersOfRow = 15;

const insertTasks = new BulkInsert(
  "INSERT INTO queued_tasks (created_at_utc, id, type, handler, request, status, audit_level, " +
    "queue_name, priority, task_key, scheduled_execution_utc, due_at_utc, trace_context, " +
    "retry_policy, worker_id, attempt, lease_token) VALUES",
  parametersOfRow,
  // A task that is born claimed has attempt 1 and lease token 1, any other has 0 and 0.
  (first) => `(?1, ${numbered(first, parametersOfRow)}, ?${first + parametersOfRow - 1})`,
  1,
);

const selectLease = "SELECT lease_token, worker_id FROM queued_tasks WHERE id = ?";

/** The new tasks of one transaction. */
export class TaskInserts {
  /** How many tasks {@linkcode TaskInserts.insert} takes at once. */
  static readonly limit: number = insertTasks.limit;

  readonly #connection: Connection;
  readonly #now: number;
  readonly #admission: Admission;
  #inserted = 0;
  #audited = false;

  constructor(connection: Connection, now: number) {
    this.#connection = connection;
    this.#now = now;
    this.#admission = new Admission(connection);
  }

  /** Stores tasks, and tells which of them were born claimed. One that is stored already is left alone. */
  insert(tasks: readonly NewTask[]): boolean[] {
    const owners = tasks.map((task) => this.#admission.ownerOf(task));
    const parameters: SqliteValue[] = [this.#now];
    tasks.forEach((task, index) => addParameters(parameters, task, owners[index]!, this.#now));
    try {
      insertTasks.run(this.#connection, parameters);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      // The statement was undone, and nothing else: a repeated write, which happens rarely enough to go one by one.
      if (tasks.length > 1) return tasks.flatMap((task) => this.insert([task]));
      return [this.#wasBornClaimed(tasks[0]!, error)];
    }
    this.#inserted += tasks.length;
    this.#audited ||= tasks.some((task) => isAuditedWhenStored(task.auditLevel));
    for (const { id, series } of tasks) {
      if (series !== null) writeSeries(this.#connection, id, series, 0);
    }
    return owners.map((owner) => owner !== null);
  }

  /** Writes the audit rows of all tasks that were stored. Nothing else may be inserted into the tasks before. */
  finish(): void {
    if (this.#audited) writeFirstAudits(this.#connection, this.#inserted);
  }

  #wasBornClaimed({ id, claimFor }: NewTask, duplicate: unknown): boolean {
    const stored = this.#connection.get(selectLease, id);
    if (stored === undefined) throw duplicate;
    return claimFor !== null && stored.worker_id === claimFor && stored.lease_token === 1;
  }
}

function addParameters(
  parameters: SqliteValue[],
  task: NewTask,
  owner: string | null,
  now: number,
): void {
  const dueAt = dueInstant(task, now);
  parameters.push(
    task.id,
    task.type,
    task.handler,
    task.request,
    task.status,
    auditLevelToNumber(task.auditLevel),
    task.queue,
    task.priority,
    task.taskKey,
    scheduledInstant(task, dueAt),
    owner === null ? dueAt : null,
    task.traceContext,
    task.retryPolicy,
    owner,
    owner === null ? 0 : 1,
  );
}

/** When a new task becomes due. */
export function dueInstant({ due }: NewTask, now: number): number {
  return Math.round("at" in due ? due.at : now + due.inMs);
}

/** What a new task was dispatched for; null: to run at once. */
export function scheduledInstant({ status }: NewTask, dueAt: number): number | null {
  return status === "WaitingQueue" ? dueAt : null;
}

/** Both libraries have it in the text; one of them has nothing but the text. */
function isDuplicate(error: unknown): boolean {
  return error instanceof Error && error.message.includes("UNIQUE constraint failed: queued_tasks");
}

/** Which tasks of a batch may be born claimed; asks the database once a worker, and once for the paused queues. */
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
