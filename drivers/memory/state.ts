// The state of a memory database, and the steps that several operations share: a change of status
// with its audit row, and the end of a lease. Each operation is a transaction, because
// JavaScript runs it without interruption.

import { shouldCreateStatusAudit } from "../../src/storage/kit/audit_policy.ts";
import { EventBook } from "../../src/storage/kit/event_book.ts";
import { RateBook } from "../../src/storage/kit/rate_book.ts";
import { ReportBook } from "../../src/storage/kit/report_book.ts";
import type { AuditLevel } from "../../src/audit/audit_level.ts";
import type {
  Lease,
  OperatorActionRecord,
  StatusTransition,
  WakeSignal,
} from "../../src/storage/requests.ts";
import type { TaskStatus } from "../../src/storage/task_status.ts";
import type { Clock } from "../../src/time/clock.ts";
import { DueTasks } from "./due_tasks.ts";
import type { TaskRow, Worker } from "./rows.ts";

/** Receives the wake signals of other processes. */
export type WakeListener = (signal: WakeSignal) => void;

/** The content of a memory database. */
export class MemoryState {
  readonly rows = new Map<string, TaskRow>();
  readonly byKey = new Map<string, TaskRow>();
  readonly due = new DueTasks();
  readonly #byTag = new Map<string, Set<TaskRow>>();
  readonly workers = new Map<string, Worker>();
  readonly pausedQueues = new Set<string>();
  /** The actions of operators, in order. */
  readonly actions: OperatorActionRecord[] = [];
  /** The budgets of rate limits by key. */
  readonly rateLimits = new RateBook();
  /** The events that processes exchange. */
  readonly events = new EventBook();
  /** The reports of workers. */
  readonly reports = new ReportBook();
  /** The listeners of each process. */
  readonly listeners = new Map<object, Set<WakeListener>>();
  readonly #clock: Clock;
  readonly #keepEnded: number;
  /** All rows. Sorted by ascending id if `#inOrder` is true. */
  #list: TaskRow[] = [];
  #inOrder = true;
  #deletedCount = 0;
  #endedRows: TaskRow[] = [];
  #lastNumber = 0;

  constructor(clock: Clock, keepEnded: number) {
    this.#clock = clock;
    this.#keepEnded = keepEnded;
  }

  /** Returns the time of the database's clock, in whole milliseconds. */
  now(): number {
    return Math.floor(this.#clock.now());
  }

  /** Returns the next number for a row of history. */
  nextNumber(): number {
    return ++this.#lastNumber;
  }

  /** Stores a row. */
  insert(row: TaskRow): void {
    const last = this.#list.at(-1);
    if (last !== undefined && last.id > row.id) this.#inOrder = false;
    this.#list.push(row);
    this.rows.set(row.id, row);
    if (row.taskKey !== null) this.byKey.set(row.taskKey, row);
    if (row.tags.length > 0) this.#addTags(row);
  }

  /** Deletes a task and its history. The task must have neither a lease nor a due instant. */
  delete(row: TaskRow): void {
    row.deleted = true;
    this.#deletedCount++;
    this.rows.delete(row.id);
    if (row.taskKey !== null) this.byKey.delete(row.taskKey);
    this.#removeTags(row);
  }

  /** Replaces the tags of a row. */
  setTags(row: TaskRow, tags: readonly string[]): void {
    this.#removeTags(row);
    row.tags = tags;
    this.#addTags(row);
  }

  /** Returns the rows with a tag, sorted by ascending id. */
  tagged(tag: string): readonly TaskRow[] {
    return [...this.#byTag.get(tag.toWellFormed()) ?? []].sort((a, b) => a.id < b.id ? -1 : 1);
  }

  /** Returns all rows, sorted by ascending id. */
  list(): readonly TaskRow[] {
    if (this.#deletedCount > 0) {
      this.#list = this.#list.filter((row) => !row.deleted);
      this.#deletedCount = 0;
    }
    if (!this.#inOrder) this.#list.sort((a, b) => a.id < b.id ? -1 : 1);
    this.#inOrder = true;
    return this.#list;
  }

  /** Reports whether a write with this lease may be applied. */
  holds(row: TaskRow, lease: Lease): boolean {
    return row.worker?.id === lease.workerId && row.leaseToken === lease.token;
  }

  /** Gives a task to a worker. */
  lease(row: TaskRow, worker: Worker): void {
    row.worker = worker;
    row.attempt++;
    row.leaseToken++;
    worker.tasks.add(row);
  }

  /**
   * Ends a task's lease, if there is one. The task can be claimed again from `dueAt`, or no longer
   * if `dueAt` is null.
   */
  endLease(row: TaskRow, dueAt: number | null, now: number): void {
    row.worker?.tasks.delete(row);
    row.worker = null;
    if (dueAt === null) row.cancelRequested = false;
    // If a cancel request is open, the task is due now, so that the next worker that claims it
    // handles the request.
    this.due.setDue(row, dueAt !== null && row.cancelRequested ? Math.min(now, dueAt) : dueAt);
    if (dueAt === null && this.#keepEnded !== Infinity) this.#forgetEnded(row);
  }

  /**
   * Applies the transitions of a change: writes the audit rows that the level requires, and sets
   * the row's status to that of the last transition.
   */
  applyTransitions(
    row: TaskRow,
    transitions: readonly StatusTransition[],
    auditLevel: AuditLevel,
    now: number,
  ): void {
    for (const transition of transitions) {
      const exception = transition.exception === null ? null : transition.exception.toWellFormed();
      row.status = transition.status;
      row.exception = exception;
      this.#audit(row, auditLevel, Math.round(now - transition.agoMs));
    }
  }

  /**
   * Sets the status and the exception of a row. Writes an audit row, dated `now`, if the task's
   * audit level requires one.
   */
  setStatus(row: TaskRow, status: TaskStatus, exception: string | null, now: number): void {
    row.status = status;
    row.exception = exception;
    this.#audit(row, row.auditLevel, now);
  }

  /** Sends `signal` to the listeners of all processes other than `from`. */
  wake(from: object, signal: WakeSignal): void {
    for (const [process, listeners] of this.listeners) {
      if (process === from) continue;
      for (const listener of listeners) {
        queueMicrotask(() => listeners.has(listener) && listener(signal));
      }
    }
  }

  #addTags(row: TaskRow): void {
    for (const tag of row.tags) {
      const rows = this.#byTag.get(tag);
      if (rows === undefined) this.#byTag.set(tag, new Set([row]));
      else rows.add(row);
    }
  }

  #removeTags(row: TaskRow): void {
    for (const tag of row.tags) {
      const rows = this.#byTag.get(tag)!;
      rows.delete(row);
      if (rows.size === 0) this.#byTag.delete(tag);
    }
  }

  #audit(row: TaskRow, auditLevel: AuditLevel, updatedAt: number): void {
    const { status: newStatus, exception } = row;
    if (!shouldCreateStatusAudit(auditLevel, newStatus, exception)) return;
    (row.statusAudit ??= []).push({ number: this.nextNumber(), updatedAt, newStatus, exception });
  }

  /**
   * Records that a task ended. Deletes the tasks that ended first if too many ended tasks are kept.
   */
  #forgetEnded(row: TaskRow): void {
    this.#endedRows.push(row);
    if (this.#endedRows.length < 2 * this.#keepEnded + 64) return;
    const ended = new Set(
      this.#endedRows.filter((row) => !row.deleted && row.ended && !row.series),
    );
    const excess = [...ended].slice(0, Math.max(0, ended.size - this.#keepEnded));
    for (const row of excess) {
      this.delete(row);
      ended.delete(row);
    }
    this.#endedRows = [...ended];
  }
}
