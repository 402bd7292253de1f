// Writes the history rows of changes, in the transaction of the changes.

import { type AuditLevel, auditLevels, auditLevelToNumber } from "../../src/audit/audit_level.ts";
import {
  keepsHistory,
  shouldCreateRunsAudit,
  shouldCreateStatusAudit,
} from "../../src/storage/kit/audit_policy.ts";
import type { RunEnd, StatusTransition } from "../../src/storage/requests.ts";
import type { Connection } from "./connection.ts";
import type { SqliteValue } from "./sqlite_library.ts";
import { reserveSequence } from "./counters.ts";
import { TransitionPattern } from "./transition_pattern.ts";

const insertRunsAudit = "INSERT INTO runs_audit " +
  "(queued_task_id, sequence, executed_at_utc, execution_time_ms, status, exception) " +
  "VALUES (?, ?, ?, ?, ?, ?)";

/** Writes the audit rows of one transaction. */
export class AuditWriter {
  readonly #connection: Connection;
  readonly #now: number;
  #sequence: number;
  #pattern: TransitionPattern | null = null;
  #pending: SqliteValue[] = [];

  /**
   * @param now The time of the storage's clock.
   * @param rows The maximum number of rows that will be written.
   */
  constructor(connection: Connection, now: number, rows: number) {
    this.#connection = connection;
    this.#now = now;
    this.#sequence = rows === 0 ? 0 : reserveSequence(connection, rows);
  }

  /** Returns the maximum number of rows that a change writes. */
  static rowsFor(
    change: { readonly auditLevel: AuditLevel; readonly transitions: readonly unknown[] },
  ) {
    return keepsHistory(change.auditLevel) ? change.transitions.length : 0;
  }

  /**
   * Adds status audit rows of one task, in order. They are written by {@linkcode AuditWriter.flush}
   * at the latest.
   */
  addTransitions(
    taskId: string,
    level: AuditLevel,
    transitions: readonly StatusTransition[],
  ): void {
    const audited = transitions.filter(({ status, exception }) =>
      shouldCreateStatusAudit(level, status, exception)
    );
    for (let from = 0; from < audited.length;) {
      const pattern = TransitionPattern.of(audited, from);
      this.#begin(pattern);
      pattern.addTo(this.#pending, taskId, audited, from, this.#now);
      this.#sequence += pattern.length;
      from += pattern.length;
      if (this.#pending.length === pattern.statement.mostParameters) this.flush();
    }
  }

  /** Writes the added rows. */
  flush(): void {
    if (this.#pattern === null) return;
    this.#pattern.statement.run(this.#connection, this.#pending);
    this.#pattern = null;
  }

  #begin(pattern: TransitionPattern): void {
    if (pattern === this.#pattern) return;
    this.flush();
    this.#pattern = pattern;
    this.#pending = [this.#sequence, ...pattern.statuses];
  }

  /** Writes the runs audit row of a recurring task's run. */
  writeRun(run: RunEnd, end: StatusTransition, endedAt: number): void {
    if (!shouldCreateRunsAudit(run.auditLevel, end.status, end.exception)) return;
    this.#connection.run(
      insertRunsAudit,
      run.taskId,
      this.#sequence++,
      endedAt,
      run.executionTimeMs,
      end.status,
      end.exception,
    );
  }
}

/**
 * The levels at which a new task has an audit row. `Queued` stands for every status of a new task,
 * because no status of a new task is an error.
 */
const auditedWhenStored = auditLevels.filter((level) =>
  shouldCreateStatusAudit(level, "Queued", null)
);

/**
 * Inserts the first audit rows of all tasks that a transaction has stored, in one statement that
 * selects them from the tasks. A first row has sequence number 1. Later rows have higher numbers,
 * which are unique in the store.
 */
const insertFirstAudits = "INSERT INTO status_audit " +
  "(queued_task_id, sequence, updated_at_utc, new_status) " +
  "SELECT id, 1, created_at_utc, status FROM queued_tasks WHERE rowid > last_insert_rowid() - ? " +
  `AND audit_level IN (${auditedWhenStored.map(auditLevelToNumber).join(", ")})`;

/** Reports whether a new task has an audit row. */
export function isAuditedWhenStored(level: AuditLevel): boolean {
  return auditedWhenStored.includes(level);
}

/**
 * Writes the first audit rows of the tasks that were inserted last.
 *
 * @param inserted The number of these tasks.
 */
export function writeFirstAudits(connection: Connection, inserted: number): void {
  connection.run(insertFirstAudits, inserted);
}
