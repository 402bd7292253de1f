// Writes the history rows that the audit policy asks for, with the change that they tell of.

import type { AuditLevel } from "../../src/audit/audit_level.ts";
import { shouldCreateRunsAudit, shouldCreateStatusAudit } from "../../src/audit/audit_policy.ts";
import type { RunEnd, StatusStep } from "../../src/storage/requests.ts";
import type { Connection } from "./connection.ts";
import type { SqliteValue } from "./database.ts";
import { reserveSequence } from "./state.ts";

/** The number of a task's first audit row; later ones are numbered throughout the store, above it. */
export const firstSequence = 1;

/** Rows of at most so many steps go out as one statement. */
const longestInsert = 3;

const insertStatusAudit = Array.from({ length: longestInsert }, (_, rows) => {
  const values = Array.from({ length: rows + 1 }, (_, row) => {
    const [sequence, time, status, exception] = [2, 3, 4, 5].map((n) => `?${n + row * 4}`);
    return `(?1, ${sequence}, ${time}, ${status}, ${exception})`;
  });
  return "INSERT INTO status_audit (queued_task_id, sequence, updated_at_utc, new_status, exception) " +
    `VALUES ${values.join(", ")}`;
});

const insertRunsAudit = "INSERT INTO runs_audit " +
  "(queued_task_id, sequence, executed_at_utc, execution_time_ms, status, exception) " +
  "VALUES (?, ?, ?, ?, ?, ?)";

/** Writes the audit rows of one transaction. */
export class AuditWriter {
  readonly #connection: Connection;
  readonly #now: number;
  #sequence: number;

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
  static rowsFor(change: { readonly auditLevel: AuditLevel; readonly steps: readonly unknown[] }) {
    return change.auditLevel === "None" ? 0 : change.steps.length;
  }

  /** Status audit rows of one task, in order. */
  writeSteps(taskId: string, level: AuditLevel, steps: readonly StatusStep[]): void {
    let parameters: SqliteValue[] = [taskId];
    for (const { status, exception, agoMs } of steps) {
      if (!shouldCreateStatusAudit(level, status, exception)) continue;
      parameters.push(this.#sequence++, Math.round(this.#now - agoMs), status, exception);
      if (parameters.length === 1 + longestInsert * 4) {
        this.#insert(parameters);
        parameters = [taskId];
      }
    }
    if (parameters.length > 1) this.#insert(parameters);
  }

  #insert(parameters: SqliteValue[]): void {
    this.#connection.run(insertStatusAudit[(parameters.length - 1) / 4 - 1]!, ...parameters);
  }

  /** The runs audit row of a recurring task's run. */
  writeRun(run: RunEnd, end: StatusStep, endedAt: number): void {
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
