// The journal of a schema on a T-SQL engine. It has a column for each value, because engines differ
// in JSON.

import { loadMssql } from "../../drivers/sqlserver/load_mssql.ts";
import type { SqlServerPool } from "../../drivers/sqlserver/mssql_api.ts";
import { targetConfig } from "../support/tsql_server/target.ts";
import { instantColumns, type Journal, type JournalRow, plainColumns } from "./journal_rows.ts";

type Column = (typeof plainColumns)[number] | (typeof instantColumns)[number];

const columns: readonly Column[] = [...plainColumns, ...instantColumns];

/** Returns the name of a column here: `due_at_utc` is `DueAtUtc`. */
function nameOf(column: Column): string {
  return column.replaceAll(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase());
}

const types: Partial<Record<Column, string>> = {
  request: "nvarchar(max)",
  retry_policy: "nvarchar(max)",
  recurring_task: "nvarchar(max)",
};

function typeOf(column: Column): string {
  const isInstant = (instantColumns as readonly string[]).includes(column);
  return isInstant ? "datetimeoffset(3)" : types[column] ?? "nvarchar(200)";
}

function taskTrigger(schema: string, event: "INSERT" | "UPDATE" | "DELETE", what: string): string {
  const names = columns.map((column) => `[${nameOf(column)}]`).join(", ");
  const from = event === "DELETE" ? "deleted" : "inserted";
  return `CREATE TRIGGER [${schema}].[Journal_${what}] ON [${schema}].[QueuedTasks] AFTER ${event} AS
    BEGIN
      SET NOCOUNT ON;
      INSERT INTO [${schema}].[Journal] ([At], [Task], [What], ${names})
      SELECT SYSUTCDATETIME(), CONVERT(nvarchar(36), [Id]), N'${what}', ${names} FROM ${from};
    END`;
}

function auditTrigger(schema: string, table: string, what: string, at: string, status: string) {
  return `CREATE TRIGGER [${schema}].[Journal_${what}] ON [${schema}].[${table}] AFTER INSERT AS
    BEGIN
      SET NOCOUNT ON;
      INSERT INTO [${schema}].[Journal] ([At], [Task], [What], [Status], [Failed], [HappenedAt])
      SELECT SYSUTCDATETIME(), CONVERT(nvarchar(36), [QueuedTaskId]), N'${what}', [${status}],
        CASE WHEN [Exception] IS NULL THEN 0 ELSE 1 END, [${at}]
      FROM inserted;
    END`;
}

/** The statements that create the journal, in order. */
function statements(schema: string): string[] {
  const own = columns.map((column) => `[${nameOf(column)}] ${typeOf(column)} NULL`).join(", ");
  return [
    `CREATE TABLE [${schema}].[Journal] (
      [Seq] bigint IDENTITY(1, 1) NOT NULL PRIMARY KEY, [At] datetimeoffset(3) NOT NULL,
      [Task] nvarchar(36) NOT NULL, [What] nvarchar(20) NOT NULL,
      [Failed] bit NULL, [HappenedAt] datetimeoffset(3) NULL, ${own}
    )`,
    taskTrigger(schema, "INSERT", "inserted"),
    taskTrigger(schema, "UPDATE", "updated"),
    taskTrigger(schema, "DELETE", "deleted"),
    auditTrigger(schema, "StatusAudit", "status", "UpdatedAtUtc", "NewStatus"),
    auditTrigger(schema, "RunsAudit", "run", "ExecutedAt", "Status"),
  ];
}

/** The journal of a schema on a T-SQL engine. */
export class SqlServerJournal implements Journal {
  readonly #schema: string;
  #pool: SqlServerPool | null = null;

  constructor(schema: string) {
    this.#schema = schema;
  }

  async install(): Promise<void> {
    const { ConnectionPool } = await loadMssql();
    this.#pool = new ConnectionPool(targetConfig({ max: 1 }));
    await this.#pool.connect();
    for (const statement of statements(this.#schema)) await this.#pool.request().batch(statement);
  }

  async take(): Promise<JournalRow[]> {
    const table = `[${this.#schema}].[Journal]`;
    const { recordsets } = await this.#pool!.request().query(
      `SELECT * FROM ${table} ORDER BY [Seq]; DELETE FROM ${table};`,
    );
    return (recordsets as Row[][])[0]!.map(toJournalRow);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool?.request().batch(`DROP TABLE IF EXISTS [${this.#schema}].[Journal];`);
    await this.#pool?.close();
  }
}

type Row = Readonly<Record<string, unknown>>;

const numbers: readonly Column[] = [
  "lease_token",
  "attempt",
  "lost_count",
  "priority",
  "audit_level",
  "max_runs",
  "current_run_count",
];

function toJournalRow(row: Row): JournalRow {
  const image = row.What === "status" || row.What === "run"
    ? { status: row.Status, failed: row.Failed, at: instant(row.HappenedAt) }
    : Object.fromEntries(columns.map((column) => [column, valueOf(row, column)]));
  return {
    seq: Number(row.Seq),
    at: instant(row.At),
    task: String(row.Task).toLowerCase(),
    what: row.What,
    image,
  } as unknown as JournalRow;
}

function valueOf(row: Row, column: Column): unknown {
  const value = row[nameOf(column)] ?? null;
  if (value === null || typeOf(column) === "datetimeoffset(3)") return instant(value);
  if (column === "cancel_requested") return value === true || value === "1";
  return numbers.includes(column) ? Number(value) : value;
}

function instant(value: unknown): number | null {
  return value instanceof Date ? value.getTime() : null;
}
