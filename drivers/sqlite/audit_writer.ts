// Writes the history rows that the audit policy asks for, in the transaction of the changes that
// they tell of.

import { type AuditLevel, auditLevels, auditLevelToNumber } from "../../src/audit/audit_level.ts";
import { shouldCreateRunsAudit, shouldCreateStatusAudit } from "../../src/audit/audit_policy.ts";
import type { RunEnd, StatusTransition } from "../../src/storage/requests.ts";
import { BulkStatement, numbered } from "./bulk_statement.ts";
import type { Connection } from "./connection.ts";
import type { SqliteValue } from "./sqlite_library.ts";
import { reserveSequence } from "./counters.ts";

const insertStatusAudit = new BulkStatement({
  text: (firsts) =>
    "INSERT INTO status_audit (sequence, queued_task_id, updated_at_utc, new_status, exception) " +
    `VALUES ${firsts.map((first, row) => `(?1 + ${row}, ${numbered(first, 4)})`).join(", ")}`,
  columns: 4,
  shared: 1,
});

const insertRunsAudit = "INSERT INTO runs_audit " +
  "(queued_task_id, sequence, executed_at_utc, execution_time_ms, status, exception) " +
  "VALUES (?, ?, ?, ?, ?, ?)";

/** Writes the audit rows of one transaction. */
export class AuditWriter {
  readonly #connection: Connection;
  readonly #now: number;
  #sequence: number;
  #pending: SqliteValue[] = [];

  /**
   * @param now The storage's clock.
   * @param rows How many rows at most will be written.
   */
  constructor(connection: Connection, now: number, rows: number) {
    this.#connection = connection;
    this.#now = now;
    this.#sequence = rows === 0 ? 0 : reserveSequence(connection, rows);
  }

  /** How many rows a change may write at most. */
  static rowsFor(
    change: { readonly auditLevel: AuditLevel; readonly transitions: readonly unknown[] },
  ) {
    return change.auditLevel === "None" ? 0 : change.transitions.length;
  }

  /**
   * Status audit rows of one task, in order. They are written by {@linkcode AuditWriter.flush} at
   * the latest.
   */
  addTransitions(
    taskId: string,
    level: AuditLevel,
    transitions: readonly StatusTransition[],
  ): void {
    for (const { status, exception, agoMs } of transitions) {
      if (!shouldCreateStatusAudit(level, status, exception)) continue;
      if (this.#pending.length === 0) this.#pending.push(this.#sequence);
      this.#pending.push(taskId, Math.round(this.#now - agoMs), status, exception);
      this.#sequence++;
      if (this.#pending.length === insertStatusAudit.mostParameters) this.flush();
    }
  }

  /** Writes what was added. */
  flush(): void {
    if (this.#pending.length === 0) return;
    insertStatusAudit.run(this.#connection, this.#pending);
    this.#pending = [];
  }

  /** The runs audit row of a recurring task's run. */
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

/** The levels at which a task that is stored leaves an audit row; its status is no error then. */
const auditedWhenStored = auditLevels.filter((level) =>
  shouldCreateStatusAudit(level, "Queued", null)
);

/**
 * The first audit rows of all tasks that a transaction has stored, as one statement that takes them
 * from the tasks themselves. Their number is 1: what comes later is numbered throughout the store,
 * above it.
 */
const insertFirstAudits = "INSERT INTO status_audit " +
  "(queued_task_id, sequence, updated_at_utc, new_status) " +
  "SELECT id, 1, created_at_utc, status FROM queued_tasks WHERE rowid > last_insert_rowid() - ? " +
  `AND audit_level IN (${auditedWhenStored.map(auditLevelToNumber).join(", ")})`;

/** Whether a stored task leaves an audit row. */
export function isAuditedWhenStored(level: AuditLevel): boolean {
  return auditedWhenStored.includes(level);
}

/** Writes the first audit rows of the `inserted` rows that were inserted last. */
export function writeFirstAudits(connection: Connection, inserted: number): void {
  connection.run(insertFirstAudits, inserted);
}
