// The database that the storages of several "processes" share: tasks, workers, and the operations
// that several verbs use.

import type { AuditLevel, TaskStatus } from "@evertask/evertask";
import {
  type ChangeResult,
  type Clock,
  EventBook,
  type Lease,
  type OperatorActionRecord,
  RateBook,
  ReportBook,
  shouldCreateStatusAudit,
  type StatusTransition,
} from "@evertask/evertask/storage";
import { type Mutable, type Row, wellFormed, type Worker } from "./rows.ts";

/** The database that the storages of several "processes" share. */
export class MapDatabase {
  readonly rows = new Map<string, Row>();
  readonly workers = new Map<string, Worker>();
  readonly paused = new Set<string>();
  /** The actions of operators, newest first. */
  readonly actions: Mutable<OperatorActionRecord>[] = [];
  readonly rates = new RateBook();
  readonly events = new EventBook();
  readonly reports = new ReportBook();
  readonly clock: Clock;
  #number = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Returns the current instant of the store's clock, which determines what is due. */
  now(): number {
    return Math.floor(this.clock.now());
  }

  /** Returns the number of the next row of history. */
  nextNumber(): number {
    return ++this.#number;
  }

  /**
   * Calls `write` with the row of a task. Does nothing if the task does not exist, is not held
   * under the given lease, or is not a series although `isOfSeries` is true.
   */
  write(
    { taskId, lease }: { readonly taskId: string; readonly lease?: Lease },
    write: (row: Row) => void,
    isOfSeries = false,
  ): ChangeResult {
    const row = this.rows.get(taskId);
    if (row === undefined || isOfSeries && row.series === null) return { applied: false };
    const isHeld = row.workerId === lease?.workerId && row.leaseToken === lease?.token;
    if (lease !== undefined && !isHeld) return { applied: false };
    write(row);
    return { applied: true };
  }

  apply(
    row: Row,
    transitions: readonly StatusTransition[],
    level: AuditLevel,
    now: number,
  ): void {
    for (const { status, exception, agoMs } of transitions) {
      this.setStatus(row, status, exception, Math.round(now - agoMs), level);
    }
  }

  setStatus(
    row: Row,
    status: TaskStatus,
    exception: string | null,
    updatedAt: number,
    level = row.auditLevel,
  ): void {
    row.status = status;
    row.exception = exception === null ? null : wellFormed(exception);
    if (!shouldCreateStatusAudit(level, status, exception)) return;
    const audit = { taskId: row.id, updatedAt, newStatus: status, exception: row.exception };
    row.statusAudit.push({ ...audit, number: this.nextNumber() });
  }

  byKey(taskKey: string): Row | undefined {
    const key = wellFormed(taskKey);
    return [...this.rows.values()].find((row) => row.taskKey === key);
  }

  heldBy(workerId: string): Row[] {
    return [...this.rows.values()].filter((row) => row.workerId === workerId);
  }

  /** Returns the waiting tasks of a queue with one of the given types. */
  waiting(queueName: string, types: readonly string[]): Row[] {
    const queue = wellFormed(queueName);
    if (this.paused.has(queue)) return [];
    const known = new Set(types.map(wellFormed));
    return [...this.rows.values()].filter((row) =>
      row.dueAt !== null && row.queue === queue && known.has(row.type)
    );
  }
}
