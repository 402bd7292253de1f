-- The indexes. The hot table has few. Those that change with each task contain only waiting or held
-- rows, so that they stay small regardless of the number of ended tasks. README.md explains each
-- index.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

-- Claims: a queue's due tasks by priority, then by how long they have been due.
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    CREATE INDEX [IX_QueuedTasks_Due]
        ON [EverTask].[QueuedTasks] ([QueueName], [Priority] DESC, [DueAtUtc], [IdOrder])
        INCLUDE ([Type])
        WHERE [DueAtUtc] IS NOT NULL;
GO

-- Heartbeats and takeovers: the tasks that a worker holds.
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    CREATE INDEX [IX_QueuedTasks_Claimed]
        ON [EverTask].[QueuedTasks] ([WorkerId])
        INCLUDE ([CancelRequested])
        WHERE [WorkerId] IS NOT NULL;
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    CREATE UNIQUE INDEX [UX_QueuedTasks_TaskKey]
        ON [EverTask].[QueuedTasks] ([TaskKey])
        WHERE [TaskKey] IS NOT NULL;
GO

-- Retention by number: the tasks that have log lines.
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    CREATE INDEX [IX_QueuedTasks_LastLogSequence]
        ON [EverTask].[QueuedTasks] ([LastLogSequence])
        INCLUDE ([Id])
        WHERE [LastLogSequence] > 0;
GO

-- A task's history, in order. They replace upstream's indexes of the same names, which contain only
-- QueuedTaskId.
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    DROP INDEX IF EXISTS [IX_StatusAudit_QueuedTaskId] ON [EverTask].[StatusAudit];
GO
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    CREATE INDEX [IX_StatusAudit_QueuedTaskId] ON [EverTask].[StatusAudit] ([QueuedTaskId], [Id]);
GO
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    DROP INDEX IF EXISTS [IX_RunsAudit_QueuedTaskId] ON [EverTask].[RunsAudit];
GO
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    CREATE INDEX [IX_RunsAudit_QueuedTaskId] ON [EverTask].[RunsAudit] ([QueuedTaskId], [Id]);
GO
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    CREATE UNIQUE INDEX [UX_TaskExecutionLog_TaskId_SequenceNumber]
        ON [EverTask].[TaskExecutionLog] ([TaskId], [SequenceNumber]);
GO

-- Retention and the growth query: the oldest rows.
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    CREATE INDEX [IX_StatusAudit_UpdatedAtUtc] ON [EverTask].[StatusAudit] ([UpdatedAtUtc]);
GO
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    CREATE INDEX [IX_RunsAudit_ExecutedAt] ON [EverTask].[RunsAudit] ([ExecutedAt]);
GO
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    CREATE INDEX [IX_TaskExecutionLog_TimestampUtc] ON [EverTask].[TaskExecutionLog] ([TimestampUtc]);
GO

-- Lock options. They exist only in SQL Server and Azure SQL, so the statements are text that other
-- servers do not parse. The hot table has no page locks, because READPAST skips locked rows but
-- waits for locked pages, and a batch must not lock the neighbours of its rows. Locks of the hot
-- table and the history are not escalated to table locks, because a transaction that stores
-- thousands of rows would block all other writers until it ends.
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    AND SERVERPROPERTY('Babelfish') IS NULL
BEGIN
    EXEC (N'ALTER INDEX ALL ON [EverTask].[QueuedTasks] SET (ALLOW_PAGE_LOCKS = OFF)');
    EXEC (N'ALTER TABLE [EverTask].[QueuedTasks] SET (LOCK_ESCALATION = DISABLE)');
    EXEC (N'ALTER TABLE [EverTask].[RateLimits] SET (LOCK_ESCALATION = DISABLE)');
    EXEC (N'ALTER TABLE [EverTask].[StatusAudit] SET (LOCK_ESCALATION = DISABLE)');
    EXEC (N'ALTER TABLE [EverTask].[RunsAudit] SET (LOCK_ESCALATION = DISABLE)');
    EXEC (N'ALTER TABLE [EverTask].[TaskExecutionLog] SET (LOCK_ESCALATION = DISABLE)');
END;
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 3)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (3, SYSUTCDATETIME());
GO
