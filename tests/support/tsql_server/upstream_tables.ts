// The SQL Server tables of EverTask for .NET, as they are before this library adopts the database.

/** Upstream's table of tasks, as created by its newest and by its first version. */
export const upstreamTasks = {
  newest: `
CREATE TABLE [EverTask].[QueuedTasks] (
    [Id] uniqueidentifier NOT NULL CONSTRAINT [PK_QueuedTasks] PRIMARY KEY,
    [CreatedAtUtc] datetimeoffset NOT NULL, [LastExecutionUtc] datetimeoffset NULL,
    [ExecutionTimeMs] float NOT NULL DEFAULT 0, [ScheduledExecutionUtc] datetimeoffset NULL,
    [Type] nvarchar(500) NOT NULL, [Request] nvarchar(max) NOT NULL, [Handler] nvarchar(500) NOT NULL,
    [Exception] nvarchar(max) NULL, [IsRecurring] bit NOT NULL, [RecurringTask] nvarchar(max) NULL,
    [RecurringInfo] nvarchar(max) NULL, [CurrentRunCount] int NULL, [MaxRuns] int NULL,
    [RunUntil] datetimeoffset NULL, [NextRunUtc] datetimeoffset NULL, [QueueName] nvarchar(max) NULL,
    [TaskKey] nvarchar(200) NULL, [AuditLevel] int NULL, [Status] nvarchar(15) NOT NULL,
    [ParentTaskId] uniqueidentifier NULL, [RuntimeInfo] nvarchar(max) NULL,
    [ScheduleVersion] int NOT NULL DEFAULT 0, [RecoveryDispatchFailureCount] int NULL);
CREATE INDEX [IX_QueuedTasks_Status] ON [EverTask].[QueuedTasks] ([Status]);
CREATE UNIQUE INDEX [IX_QueuedTasks_TaskKey] ON [EverTask].[QueuedTasks] ([TaskKey]) WHERE [TaskKey] IS NOT NULL;`,
  first: `
CREATE TABLE [EverTask].[QueuedTasks] (
    [Id] uniqueidentifier NOT NULL CONSTRAINT [PK_QueuedTasks] PRIMARY KEY,
    [CreatedAtUtc] datetimeoffset NOT NULL, [LastExecutionUtc] datetimeoffset NULL,
    [ScheduledExecutionUtc] datetimeoffset NULL,
    [Type] nvarchar(500) NOT NULL, [Request] nvarchar(max) NOT NULL, [Handler] nvarchar(500) NOT NULL,
    [Exception] nvarchar(max) NULL, [IsRecurring] bit NOT NULL, [RecurringTask] nvarchar(max) NULL,
    [RecurringInfo] nvarchar(max) NULL, [CurrentRunCount] int NULL, [MaxRuns] int NULL,
    [NextRunUtc] datetimeoffset NULL, [Status] nvarchar(15) NOT NULL);`,
};

/** Upstream's history tables, as created by its newest version. */
export const upstreamHistory = `
CREATE TABLE [EverTask].[StatusAudit] (
    [Id] bigint IDENTITY(1, 1) NOT NULL CONSTRAINT [PK_StatusAudit] PRIMARY KEY,
    [QueuedTaskId] uniqueidentifier NOT NULL REFERENCES [EverTask].[QueuedTasks] ([Id]) ON DELETE CASCADE,
    [UpdatedAtUtc] datetimeoffset NOT NULL, [NewStatus] nvarchar(15) NOT NULL, [Exception] nvarchar(max) NULL);
CREATE INDEX [IX_StatusAudit_QueuedTaskId] ON [EverTask].[StatusAudit] ([QueuedTaskId]);
CREATE TABLE [EverTask].[RunsAudit] (
    [Id] bigint IDENTITY(1, 1) NOT NULL CONSTRAINT [PK_RunsAudit] PRIMARY KEY,
    [QueuedTaskId] uniqueidentifier NOT NULL REFERENCES [EverTask].[QueuedTasks] ([Id]) ON DELETE CASCADE,
    [ExecutedAt] datetimeoffset NOT NULL, [ExecutionTimeMs] float NOT NULL DEFAULT 0, [Status] nvarchar(15) NOT NULL, [Exception] nvarchar(max) NULL);
CREATE INDEX [IX_RunsAudit_QueuedTaskId] ON [EverTask].[RunsAudit] ([QueuedTaskId]);`;

/** A row of upstream's newest version, with defaults for missing fields. */
export interface UpstreamRow {
  readonly id: string;
  readonly status: string;
  readonly queue?: string;
  readonly key?: string;
  readonly scheduled?: string;
  readonly nextRun?: string;
  readonly runCount?: number;
  readonly auditLevel?: number;
  /** The RecurringTask of a series, as JSON. */
  readonly schedule?: string | null;
}

/** The statement that stores a row. */
export function insertUpstream(row: UpstreamRow): string {
  const text = (value: string | null | undefined) =>
    value == null ? "NULL" : `N'${value.replaceAll("'", "''")}'`;
  const instant = (value: string | undefined) => value === undefined ? "NULL" : `'${value}'`;
  return `INSERT INTO [EverTask].[QueuedTasks] ([Id], [CreatedAtUtc], [Type], [Request], [Handler], [Status],
    [QueueName], [TaskKey], [ScheduledExecutionUtc], [NextRunUtc], [CurrentRunCount], [AuditLevel], [IsRecurring],
    [RecurringTask], [RecurringInfo])
    VALUES ('${row.id}', '2026-01-31T10:00:00Z', N'send-email', N'{}', N'Handler', N'${row.status}',
    ${text(row.queue)}, ${text(row.key)}, ${instant(row.scheduled)}, ${instant(row.nextRun)}, ${
    row.runCount ?? "NULL"
  }, ${row.auditLevel ?? "NULL"}, ${row.schedule === undefined ? 0 : 1}, ${
    text(row.schedule)
  }, N'a schedule');`;
}
