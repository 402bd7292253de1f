// deno-fmt-ignore-file
// Generated from sql/sqlserver/ by `deno task sql`. Change the .sql files, not this one.

/** The names of the files in sql/sqlserver/. */
export type SqlFileName = "0001_tables.sql" | "0002_adopt_upstream_tables.sql" | "0003_indexes.sql" | "0004_types.sql" | "0005_returned_rate_slots.sql" | "0006_series_corrections.sql" | "0007_worker_serves.sql" | "0008_tags.sql" | "0009_event_relay.sql" | "0010_operations.sql" | "0011_work_reports.sql" | "0012_rate_limit_pace.sql" | "0013_worker_drains.sql" | "0014_failure_counts.sql" | "0015_log_retention_order.sql" | "usp_ClaimTasks.sql" | "usp_CompleteRecurringRun.sql" | "usp_CorrectSeries.sql" | "usp_DrainWorker.sql" | "usp_EditTasks.sql" | "usp_ForgetActions.sql" | "usp_Heartbeat.sql" | "usp_MakeDue.sql" | "usp_NextDueAt.sql" | "usp_PersistTasks.sql" | "usp_PublishEvents.sql" | "usp_Purge.sql" | "usp_ReadEvents.sql" | "usp_RegisterWorker.sql" | "usp_ReleaseLost.sql" | "usp_ReleaseRateLimit.sql" | "usp_ReleaseTasks.sql" | "usp_ReleaseUnknown.sql" | "usp_ReportWork.sql" | "usp_RequestCancel.sql" | "usp_ReturnRateSlots.sql" | "usp_SaveExecutionLogs.sql" | "usp_SetQueuePaused.sql" | "usp_SetQueuePausedBy.sql" | "usp_SetTaskStatus.sql" | "usp_SetTaskStatuses.sql" | "usp_SweepEvents.sql" | "usp_TagTasks.sql" | "usp_TakeRateSlots.sql" | "usp_UnregisterWorker.sql" | "usp_UnwatchEvents.sql" | "usp_UpdateCurrentRun.sql" | "usp_UpdateCurrentRuns.sql" | "usp_WatchEvents.sql";

/** The files of sql/sqlserver/, in the order of their names. */
export const sqlFiles: Readonly<Record<SqlFileName, string>> = {
  "0001_tables.sql": `-- Creates the tables that do not exist yet. Tables and columns have the names of EverTask for .NET
-- ("upstream"), so that SQL written for its schema keeps working; the columns after "ours" are
-- additions. README.md explains keys, types and options.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

IF NOT EXISTS (SELECT 1 FROM sys.schemas WHERE QUOTENAME(name) = N'[EverTask]')
    EXEC (N'CREATE SCHEMA [EverTask]');
GO

-- The numbers of the applied files. The procedures (usp_*.sql) need all of these files.
IF OBJECT_ID(N'[EverTask].[SchemaVersions]') IS NULL
    CREATE TABLE [EverTask].[SchemaVersions] (
        [Version]      int               NOT NULL CONSTRAINT [PK_SchemaVersions] PRIMARY KEY,
        [AppliedAtUtc] datetimeoffset(3) NOT NULL
    );
GO

-- One row per task or recurring series.
IF OBJECT_ID(N'[EverTask].[QueuedTasks]') IS NULL
    CREATE TABLE [EverTask].[QueuedTasks] (
        [Id]                    uniqueidentifier  NOT NULL,
        [CreatedAtUtc]          datetimeoffset    NOT NULL,
        [LastExecutionUtc]      datetimeoffset    NULL,
        [ExecutionTimeMs]       float             NOT NULL CONSTRAINT [DF_QueuedTasks_ExecutionTimeMs] DEFAULT 0,
        [ScheduledExecutionUtc] datetimeoffset    NULL,
        [Type]                  nvarchar(500)     COLLATE Latin1_General_BIN2 NOT NULL,
        [Request]               nvarchar(max)     NOT NULL,
        [Handler]               nvarchar(500)     NOT NULL,
        [Exception]             nvarchar(max)     NULL,
        [IsRecurring]           bit               NOT NULL CONSTRAINT [DF_QueuedTasks_IsRecurring] DEFAULT 0,
        [RecurringTask]         nvarchar(max)     NULL, -- the schedule as canonical JSON text
        [RecurringInfo]         nvarchar(max)     NULL, -- the schedule as a sentence
        [CurrentRunCount]       int               NULL,
        [MaxRuns]               int               NULL,
        [RunUntil]              datetimeoffset    NULL,
        [NextRunUtc]            datetimeoffset    NULL,
        [QueueName]             nvarchar(200)     COLLATE Latin1_General_BIN2 NULL, -- NULL: default
        [TaskKey]               nvarchar(200)     COLLATE Latin1_General_BIN2 NULL,
        [AuditLevel]            int               NULL, -- 0 Full, 1 Minimal, 2 ErrorsOnly, 3 None; NULL: Full
        [Status]                nvarchar(15)      NOT NULL,
        -- ours
        [Priority]              smallint          NOT NULL CONSTRAINT [DF_QueuedTasks_Priority] DEFAULT 0,
        [DueAtUtc]              datetimeoffset(3) NULL, -- the instant from which it can be claimed; NULL: claimed or ended
        [ClaimedDueUtc]         datetimeoffset(3) NULL, -- the value of DueAtUtc before the last claim
        [Attempt]               int               NOT NULL CONSTRAINT [DF_QueuedTasks_Attempt] DEFAULT 0,
        [LostCount]             int               NOT NULL CONSTRAINT [DF_QueuedTasks_LostCount] DEFAULT 0,
        [WorkerId]              nvarchar(100)     COLLATE Latin1_General_BIN2 NULL,
        [LeaseToken]            bigint            NOT NULL CONSTRAINT [DF_QueuedTasks_LeaseToken] DEFAULT 0,
        [CancelRequested]       bit               NOT NULL CONSTRAINT [DF_QueuedTasks_CancelRequested] DEFAULT 0,
        [RateSlotUtc]           datetimeoffset(3) NULL,
        [AnchorUtc]             datetimeoffset(3) NULL, -- the instant from which intervals are counted
        [TraceContext]          nvarchar(max)     NULL,
        [RetryPolicy]           nvarchar(max)     NULL, -- as JSON; NULL: the dispatch had none
        [LastLogSequence]       int               NOT NULL CONSTRAINT [DF_QueuedTasks_LastLogSequence] DEFAULT 0,
        CONSTRAINT [PK_QueuedTasks] PRIMARY KEY NONCLUSTERED ([Id])
    );
GO

-- IdOrder has the bytes of Id in the order of its text, so that version 7 ids sort by time. On
-- Babelfish, IdOrder has the text of Id, because \`+\` adds bytes as numbers there.
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'IdOrder') IS NULL AND SERVERPROPERTY('Babelfish') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [IdOrder] AS CONVERT(binary(16),
        SUBSTRING(CONVERT(binary(16), [Id]), 4, 1) + SUBSTRING(CONVERT(binary(16), [Id]), 3, 1)
        + SUBSTRING(CONVERT(binary(16), [Id]), 2, 1) + SUBSTRING(CONVERT(binary(16), [Id]), 1, 1)
        + SUBSTRING(CONVERT(binary(16), [Id]), 6, 1) + SUBSTRING(CONVERT(binary(16), [Id]), 5, 1)
        + SUBSTRING(CONVERT(binary(16), [Id]), 8, 1) + SUBSTRING(CONVERT(binary(16), [Id]), 7, 1)
        + SUBSTRING(CONVERT(binary(16), [Id]), 9, 8)) PERSISTED NOT NULL;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'IdOrder') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [IdOrder] AS CAST(CAST([Id] AS char(36)) AS binary(36)) PERSISTED NOT NULL;
GO

-- Clusters QueuedTasks on IdOrder if this file created the table. A table that upstream created
-- keeps its clustered primary key; it has no DueAtUtc yet.
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'DueAtUtc') IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 1)
    ALTER TABLE [EverTask].[QueuedTasks] ADD CONSTRAINT [UQ_QueuedTasks_IdOrder] UNIQUE CLUSTERED ([IdOrder]);
GO

-- One row per audited status change.
IF OBJECT_ID(N'[EverTask].[StatusAudit]') IS NULL
    CREATE TABLE [EverTask].[StatusAudit] (
        [Id]           bigint IDENTITY(1, 1) NOT NULL CONSTRAINT [PK_StatusAudit] PRIMARY KEY CLUSTERED,
        [QueuedTaskId] uniqueidentifier      NOT NULL
            CONSTRAINT [FK_StatusAudit_QueuedTasks] REFERENCES [EverTask].[QueuedTasks] ([Id]) ON DELETE CASCADE,
        [UpdatedAtUtc] datetimeoffset        NOT NULL,
        [NewStatus]    nvarchar(15)          NOT NULL,
        [Exception]    nvarchar(max)         NULL
    );
GO

-- One row per audited run of a recurring task.
IF OBJECT_ID(N'[EverTask].[RunsAudit]') IS NULL
    CREATE TABLE [EverTask].[RunsAudit] (
        [Id]              bigint IDENTITY(1, 1) NOT NULL CONSTRAINT [PK_RunsAudit] PRIMARY KEY CLUSTERED,
        [QueuedTaskId]    uniqueidentifier      NOT NULL
            CONSTRAINT [FK_RunsAudit_QueuedTasks] REFERENCES [EverTask].[QueuedTasks] ([Id]) ON DELETE CASCADE,
        [ExecutedAt]      datetimeoffset        NOT NULL,
        [ExecutionTimeMs] float                 NOT NULL,
        [Status]          nvarchar(15)          NOT NULL,
        [Exception]       nvarchar(max)         NULL
    );
GO

-- One row per log line of a handler.
IF OBJECT_ID(N'[EverTask].[TaskExecutionLog]') IS NULL
    CREATE TABLE [EverTask].[TaskExecutionLog] (
        [Id]               bigint IDENTITY(1, 1) NOT NULL CONSTRAINT [PK_TaskExecutionLog] PRIMARY KEY CLUSTERED,
        [TaskId]           uniqueidentifier      NOT NULL
            CONSTRAINT [FK_TaskExecutionLog_QueuedTasks] REFERENCES [EverTask].[QueuedTasks] ([Id]) ON DELETE CASCADE,
        [TimestampUtc]     datetimeoffset        NOT NULL,
        [Level]            nvarchar(20)          NOT NULL,
        [Message]          nvarchar(max)         NOT NULL,
        [ExceptionDetails] nvarchar(max)         NULL,
        [SequenceNumber]   int                   NOT NULL,
        [RunNumber]        bigint                NOT NULL
    );
GO

-- One small row per live worker process. A heartbeat writes to the clustered index alone, because
-- no other index contains its columns.
IF OBJECT_ID(N'[EverTask].[Workers]') IS NULL
    CREATE TABLE [EverTask].[Workers] (
        [Id]           nvarchar(100)     COLLATE Latin1_General_BIN2 NOT NULL CONSTRAINT [PK_Workers] PRIMARY KEY,
        [Host]         nvarchar(400)     NOT NULL,
        [StartedUtc]   datetimeoffset(3) NOT NULL,
        [HeartbeatUtc] datetimeoffset(3) NOT NULL
    );
GO

IF OBJECT_ID(N'[EverTask].[PausedQueues]') IS NULL
    CREATE TABLE [EverTask].[PausedQueues] (
        [QueueName]   nvarchar(200)     COLLATE Latin1_General_BIN2 NOT NULL CONSTRAINT [PK_PausedQueues] PRIMARY KEY,
        [PausedAtUtc] datetimeoffset(3) NOT NULL
    );
GO

-- One small row per key of a rate limit: the theoretical arrival times of reserved and of started
-- tasks, in fractional epoch milliseconds.
IF OBJECT_ID(N'[EverTask].[RateLimits]') IS NULL
    CREATE TABLE [EverTask].[RateLimits] (
        [RateKey] nvarchar(400) COLLATE Latin1_General_BIN2 NOT NULL CONSTRAINT [PK_RateLimits] PRIMARY KEY,
        [ReservedTatMs] float   NOT NULL,
        [StartedTatMs]  float   NOT NULL
    );
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 1)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (1, SYSUTCDATETIME());
GO
`,
  "0002_adopt_upstream_tables.sql": `-- Adopts tables of EverTask for .NET ("upstream"): adds what 0001 creates in new tables, and keeps
-- every row. Does nothing to tables that 0001 has created. Keeps upstream's key, which is clustered
-- on Id (README.md explains how to change it), and its table TaskExecutionLogs.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

-- Columns that later versions of upstream have added.
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'ExecutionTimeMs') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [ExecutionTimeMs] float NOT NULL
        CONSTRAINT [DF_QueuedTasks_ExecutionTimeMs] DEFAULT 0;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'RunUntil') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [RunUntil] datetimeoffset NULL;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'AuditLevel') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [AuditLevel] int NULL;
GO
IF COL_LENGTH(N'[EverTask].[RunsAudit]', N'ExecutionTimeMs') IS NULL
    ALTER TABLE [EverTask].[RunsAudit] ADD [ExecutionTimeMs] float NOT NULL
        CONSTRAINT [DF_RunsAudit_ExecutionTimeMs] DEFAULT 0;
GO

-- Our columns. Adding them changes only metadata, because defaults that are constants rewrite no
-- rows.
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'Priority') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [Priority] smallint NOT NULL
        CONSTRAINT [DF_QueuedTasks_Priority] DEFAULT 0;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'ClaimedDueUtc') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [ClaimedDueUtc] datetimeoffset(3) NULL;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'Attempt') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [Attempt] int NOT NULL
        CONSTRAINT [DF_QueuedTasks_Attempt] DEFAULT 0;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'LostCount') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [LostCount] int NOT NULL
        CONSTRAINT [DF_QueuedTasks_LostCount] DEFAULT 0;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'WorkerId') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [WorkerId] nvarchar(100) COLLATE Latin1_General_BIN2 NULL;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'LeaseToken') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [LeaseToken] bigint NOT NULL
        CONSTRAINT [DF_QueuedTasks_LeaseToken] DEFAULT 0;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'CancelRequested') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [CancelRequested] bit NOT NULL
        CONSTRAINT [DF_QueuedTasks_CancelRequested] DEFAULT 0;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'RateSlotUtc') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [RateSlotUtc] datetimeoffset(3) NULL;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'AnchorUtc') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [AnchorUtc] datetimeoffset(3) NULL;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'TraceContext') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [TraceContext] nvarchar(max) NULL;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'RetryPolicy') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [RetryPolicy] nvarchar(max) NULL;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'LastLogSequence') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [LastLogSequence] int NOT NULL
        CONSTRAINT [DF_QueuedTasks_LastLogSequence] DEFAULT 0;
GO

-- Keys and queue names must be compared with case and accents, regardless of the database's
-- collation, and a queue name must fit into an index. Each is copied to a new column, which then
-- gets the name of the old one. This has been done if DueAtUtc exists, which is added last.
-- Upstream's index on the key is dropped, because it would prevent dropping the column; 0003
-- creates another one.
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'DueAtUtc') IS NULL
    DROP INDEX IF EXISTS [IX_QueuedTasks_TaskKey] ON [EverTask].[QueuedTasks];
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'DueAtUtc') IS NULL
    AND COL_LENGTH(N'[EverTask].[QueuedTasks]', N'ExactTaskKey') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [ExactTaskKey] nvarchar(200) COLLATE Latin1_General_BIN2 NULL;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'ExactTaskKey') IS NOT NULL
    AND COL_LENGTH(N'[EverTask].[QueuedTasks]', N'TaskKey') IS NOT NULL
BEGIN
    EXEC (N'UPDATE [EverTask].[QueuedTasks] SET [ExactTaskKey] = [TaskKey] WHERE [TaskKey] IS NOT NULL');
    EXEC (N'ALTER TABLE [EverTask].[QueuedTasks] DROP COLUMN [TaskKey]');
END;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'ExactTaskKey') IS NOT NULL
    EXEC sp_rename N'[EverTask].[QueuedTasks].[ExactTaskKey]', N'TaskKey', N'COLUMN';
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'DueAtUtc') IS NULL
    AND COL_LENGTH(N'[EverTask].[QueuedTasks]', N'ExactQueueName') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [ExactQueueName] nvarchar(200) COLLATE Latin1_General_BIN2 NULL;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'ExactQueueName') IS NOT NULL
    AND COL_LENGTH(N'[EverTask].[QueuedTasks]', N'QueueName') IS NOT NULL
BEGIN
    -- DATALENGTH measures as the column does, regardless of the collation; on Babelfish, it counts
    -- bytes of UTF-8.
    EXEC (N'UPDATE [EverTask].[QueuedTasks] SET [ExactQueueName] = [QueueName]
        WHERE DATALENGTH([QueueName]) <= 400 AND LEN([QueueName] + N''.'') <= 201');
    -- A name that does not fit fails its task, if the task has not ended. No other task fails.
    EXEC (N'INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
        SELECT t.[Id], SYSUTCDATETIME(), N''Failed'', N''The name of the queue has more than 200 characters.''
        FROM [EverTask].[QueuedTasks] AS t
        WHERE t.[ExactQueueName] IS NULL AND t.[QueueName] IS NOT NULL AND ISNULL(t.[AuditLevel], 0) <> 3
            AND (t.[Status] IN (N''WaitingQueue'', N''Queued'', N''InProgress'', N''Pending'', N''ServiceStopped'')
                OR (t.[IsRecurring] = 1 AND t.[NextRunUtc] IS NOT NULL AND t.[Status] <> N''Cancelled''))');
    EXEC (N'UPDATE [EverTask].[QueuedTasks]
        SET [Status] = N''Failed'', [NextRunUtc] = NULL, [Exception] = N''The name of the queue has more than 200 characters. ''
            + N''Dispatch the task again, to a queue with a shorter name than '' + [QueueName]
        WHERE [ExactQueueName] IS NULL AND [QueueName] IS NOT NULL
            AND ([Status] IN (N''WaitingQueue'', N''Queued'', N''InProgress'', N''Pending'', N''ServiceStopped'')
                OR ([IsRecurring] = 1 AND [NextRunUtc] IS NOT NULL AND [Status] <> N''Cancelled''))');
    EXEC (N'UPDATE [EverTask].[QueuedTasks] SET [ExactQueueName] = LEFT([QueueName], 100)
        WHERE [ExactQueueName] IS NULL AND [QueueName] IS NOT NULL');
    EXEC (N'ALTER TABLE [EverTask].[QueuedTasks] DROP COLUMN [QueueName]');
END;
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'ExactQueueName') IS NOT NULL
    EXEC sp_rename N'[EverTask].[QueuedTasks].[ExactQueueName]', N'QueueName', N'COLUMN';
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'DueAtUtc') IS NULL
    CREATE UNIQUE INDEX [UX_QueuedTasks_IdOrder] ON [EverTask].[QueuedTasks] ([IdOrder]);
GO
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'DueAtUtc') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [DueAtUtc] datetimeoffset(3) NULL;
GO

-- A cancelled series stays cancelled, although upstream keeps its next run.
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 2)
    UPDATE [EverTask].[QueuedTasks]
    SET [NextRunUtc] = NULL
    WHERE [IsRecurring] = 1 AND [Status] = N'Cancelled' AND [NextRunUtc] IS NOT NULL;
GO

-- Unfinished tasks become due: a series at its next run, any other task, and a series without a
-- next run, at the instant for which it was scheduled. A task in progress is due, too, because
-- upstream has a single process, which has stopped. The intervals of a series are counted from its
-- next run, because upstream adds a whole interval to the first run, so that the phase of "every 3
-- days" is not that of the series' creation.
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 2)
    UPDATE [EverTask].[QueuedTasks]
    SET [DueAtUtc] = COALESCE(CASE WHEN [IsRecurring] = 1 THEN [NextRunUtc] END, [ScheduledExecutionUtc], [CreatedAtUtc]),
        [NextRunUtc] = CASE WHEN [IsRecurring] = 1 THEN COALESCE([NextRunUtc], [ScheduledExecutionUtc], [CreatedAtUtc]) END,
        [AnchorUtc] = CASE WHEN [IsRecurring] = 1 THEN COALESCE([NextRunUtc], [ScheduledExecutionUtc], [CreatedAtUtc]) END,
        [QueueName] = COALESCE([QueueName], CASE WHEN [IsRecurring] = 1 THEN N'recurring' ELSE N'default' END)
    WHERE [DueAtUtc] IS NULL AND [WorkerId] IS NULL
        AND ([Status] IN (N'WaitingQueue', N'Queued', N'InProgress', N'Pending', N'ServiceStopped')
            OR ([IsRecurring] = 1 AND [NextRunUtc] IS NOT NULL AND [Status] <> N'Cancelled'));
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 2)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (2, SYSUTCDATETIME());
GO
`,
  "0003_indexes.sql": `-- The indexes. The hot table has few. Those that change with each task contain only waiting or held
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
`,
  "0004_types.sql": `-- The types of the procedures' batches. A table-valued parameter is typed, passes any text
-- unchanged, and needs no compatibility level, unlike OPENJSON. Instants in batches are texts in
-- UTC ('2030-01-01T00:00:00.000Z'), because Babelfish cannot read a datetimeoffset in a
-- table-valued parameter. A type that procedures use cannot be changed, so a later version of a
-- batch gets a new type.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

IF TYPE_ID(N'[EverTask].[TaskIdList]') IS NULL
    CREATE TYPE [EverTask].[TaskIdList] AS TABLE (
        [Ordinal] int              NOT NULL PRIMARY KEY,
        [TaskId]  uniqueidentifier NOT NULL
    );
GO

-- Task types, or queues with a limit each.
IF TYPE_ID(N'[EverTask].[NameList]') IS NULL
    CREATE TYPE [EverTask].[NameList] AS TABLE (
        [Ordinal] int           NOT NULL PRIMARY KEY,
        [Name]    nvarchar(500) COLLATE Latin1_General_BIN2 NOT NULL,
        [Limit]   int           NULL
    );
GO

IF TYPE_ID(N'[EverTask].[NewTaskList]') IS NULL
    CREATE TYPE [EverTask].[NewTaskList] AS TABLE (
        [Ordinal]       int              NOT NULL PRIMARY KEY, -- from 1
        [Id]            uniqueidentifier NOT NULL,
        [Type]          nvarchar(500)    NOT NULL,
        [Handler]       nvarchar(500)    NOT NULL,
        [Request]       nvarchar(max)    NOT NULL,
        [Status]        nvarchar(15)     NOT NULL, -- Queued or WaitingQueue
        [DueInMs]       bigint           NULL,     -- either this or DueAtUtc
        [DueAtUtc]      varchar(30)      NULL,
        [AuditLevel]    int              NOT NULL,
        [QueueName]     nvarchar(200)    COLLATE Latin1_General_BIN2 NOT NULL,
        [Priority]      smallint         NOT NULL,
        [TaskKey]       nvarchar(200)    COLLATE Latin1_General_BIN2 NULL,
        [TraceContext]  nvarchar(max)    NULL,
        [RetryPolicy]   nvarchar(max)    NULL,
        [ClaimFor]      nvarchar(100)    COLLATE Latin1_General_BIN2 NULL,
        [IsRecurring]   bit              NOT NULL,
        [RecurringTask] nvarchar(max)    COLLATE Latin1_General_BIN2 NULL,
        [RecurringInfo] nvarchar(max)    NULL,
        [AnchorUtc]     varchar(30)      NULL,
        [MaxRuns]       int              NULL,
        [RunUntil]      varchar(30)      NULL,
        [NextRunUtc]    varchar(30)      NULL,
        UNIQUE ([Id], [Ordinal])
    );
GO

-- Status changes of tasks. The step with the number LastStep has the task's final status.
IF TYPE_ID(N'[EverTask].[StatusChangeList]') IS NULL
    CREATE TYPE [EverTask].[StatusChangeList] AS TABLE (
        [TaskId]          uniqueidentifier NOT NULL PRIMARY KEY,
        [Ordinal]         int              NOT NULL UNIQUE,
        [LastStep]        int              NOT NULL,
        [AuditLevel]      int              NULL,
        [WorkerId]        nvarchar(100)    COLLATE Latin1_General_BIN2 NULL,
        [LeaseToken]      bigint           NULL,
        [DueInMs]         bigint           NULL,
        [ReturnAttempt]   bit              NOT NULL,
        [RateSlotUtc]     varchar(30)      NULL,
        [ExecutionTimeMs] float            NULL
    );
GO

IF TYPE_ID(N'[EverTask].[RunEndList]') IS NULL
    CREATE TYPE [EverTask].[RunEndList] AS TABLE (
        [TaskId]          uniqueidentifier NOT NULL PRIMARY KEY,
        [Ordinal]         int              NOT NULL UNIQUE,
        [LastStep]        int              NOT NULL,
        [AuditLevel]      int              NULL,
        [WorkerId]        nvarchar(100)    COLLATE Latin1_General_BIN2 NULL,
        [LeaseToken]      bigint           NULL,
        [ExecutionTimeMs] float            NOT NULL,
        [NextRunUtc]      varchar(30)      NULL,
        [Counts]          bit              NOT NULL
    );
GO

-- The steps of the tasks of one of the lists above, in order: one per status.
IF TYPE_ID(N'[EverTask].[StatusStepList]') IS NULL
    CREATE TYPE [EverTask].[StatusStepList] AS TABLE (
        [Ordinal]   int           NOT NULL, -- of the change
        [Step]      int           NOT NULL,
        [Status]    nvarchar(15)  NOT NULL,
        [Exception] nvarchar(max) NULL,
        [AgoMs]     bigint        NOT NULL,
        PRIMARY KEY ([Ordinal], [Step])
    );
GO

IF TYPE_ID(N'[EverTask].[ReleasedTaskList]') IS NULL
    CREATE TYPE [EverTask].[ReleasedTaskList] AS TABLE (
        [Ordinal]    int              NOT NULL,
        [TaskId]     uniqueidentifier NOT NULL PRIMARY KEY,
        [LeaseToken] bigint           NOT NULL,
        [DueAtUtc]   varchar(30)      NOT NULL
    );
GO

IF TYPE_ID(N'[EverTask].[RateSlotRequestList]') IS NULL
    CREATE TYPE [EverTask].[RateSlotRequestList] AS TABLE (
        [Ordinal]    int           NOT NULL PRIMARY KEY, -- from 1
        [RateKey]    nvarchar(400) COLLATE Latin1_General_BIN2 NOT NULL,
        [IntervalMs] float         NOT NULL,
        [Burst]      float         NOT NULL,
        [StartEmpty] bit           NOT NULL,
        [HorizonMs]  float         NOT NULL,
        [ReservedMs] float         NULL,     -- the slot that was reserved before, in epoch milliseconds
        [GraceMs]    float         NOT NULL,
        [StartWithinMs] float      NOT NULL
    );
GO

IF TYPE_ID(N'[EverTask].[LogLineList]') IS NULL
    CREATE TYPE [EverTask].[LogLineList] AS TABLE (
        [Ordinal]   int              NOT NULL PRIMARY KEY,
        [TaskId]    uniqueidentifier NOT NULL,
        [AgoMs]     bigint           NOT NULL,
        [Level]     nvarchar(20)     NOT NULL,
        [Message]   nvarchar(max)    NOT NULL,
        [Exception] nvarchar(max)    NULL,
        [RunNumber] bigint           NOT NULL
    );
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 4)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (4, SYSUTCDATETIME());
GO
`,
  "0005_returned_rate_slots.sql": `-- Stores the rate limit slots that tasks reserved and gave back, in epoch milliseconds. A row is
-- deleted when another task takes the slot. There is no foreign key to RateLimits, because
-- Babelfish cannot compare strings when it checks a foreign key.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

IF OBJECT_ID(N'[EverTask].[ReturnedRateSlots]') IS NULL
    CREATE TABLE [EverTask].[ReturnedRateSlots] (
        [RateKey] nvarchar(400) COLLATE Latin1_General_BIN2 NOT NULL,
        [SlotMs]  float NOT NULL,
        CONSTRAINT [PK_ReturnedRateSlots] PRIMARY KEY ([RateKey], [SlotMs])
    );
GO

IF TYPE_ID(N'[EverTask].[ReturnedRateSlotList]') IS NULL
    CREATE TYPE [EverTask].[ReturnedRateSlotList] AS TABLE (
        [Ordinal] int           NOT NULL PRIMARY KEY,
        [RateKey] nvarchar(400) COLLATE Latin1_General_BIN2 NOT NULL,
        [SlotMs]  float         NOT NULL
    );
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 5)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (5, SYSUTCDATETIME());
GO
`,
  "0006_series_corrections.sql": `-- Lets workers correct series whose next run was planned while the server's clock was ahead: the
-- index that finds all series, and the type of the batch of usp_CorrectSeries.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

-- Finds all series without reading ended tasks, because each worker reads them when it starts.
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 6)
    CREATE INDEX [IX_QueuedTasks_Series]
        ON [EverTask].[QueuedTasks] ([IdOrder])
        WHERE [IsRecurring] = 1;
GO

IF TYPE_ID(N'[EverTask].[SeriesCorrectionList]') IS NULL
    CREATE TYPE [EverTask].[SeriesCorrectionList] AS TABLE (
        [TaskId]     uniqueidentifier NOT NULL PRIMARY KEY,
        [Ordinal]    int              NOT NULL UNIQUE,
        [PlannedUtc] varchar(30)      NOT NULL,
        [NextRunUtc] varchar(30)      NOT NULL,
        [AnchorUtc]  varchar(30)      NOT NULL,
        [DueAtUtc]   varchar(30)      NOT NULL
    );
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 6)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (6, SYSUTCDATETIME());
GO
`,
  "0007_worker_serves.sql": `-- The queues and types that a worker serves, as JSON; NULL for version 0.1, which does not report
-- them.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

IF COL_LENGTH(N'[EverTask].[Workers]', N'Serves') IS NULL
    ALTER TABLE [EverTask].[Workers] ADD [Serves] nvarchar(max) NULL;
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 7)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (7, SYSUTCDATETIME());
GO
`,
  "0008_tags.sql": `-- Stores the tags of tasks twice. QueuedTasks.Tags is a JSON array in the order of the dispatch.
-- TaskTags is for searches, and has one row per tag of a task. IdOrder is copied from QueuedTasks.
-- TaskTags has no foreign key, because Babelfish does not always find the table that it references.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'Tags') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [Tags] nvarchar(max) NULL;
GO

IF OBJECT_ID(N'[EverTask].[TaskTags]') IS NULL
    CREATE TABLE [EverTask].[TaskTags] (
        [Tag]     nvarchar(201)    COLLATE Latin1_General_BIN2 NOT NULL,
        [IdOrder] varbinary(36)    NOT NULL,
        [TaskId]  uniqueidentifier NOT NULL,
        CONSTRAINT [PK_TaskTags] PRIMARY KEY CLUSTERED ([Tag], [IdOrder])
    );
GO

-- Deleting a task deletes its tags, and updating one replaces them.
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 8)
    CREATE INDEX [IX_TaskTags_TaskId] ON [EverTask].[TaskTags] ([TaskId]);
GO

-- Tags of tasks. The first row of a task has all of its tags, as JSON.
IF TYPE_ID(N'[EverTask].[TaskTagList]') IS NULL
    CREATE TYPE [EverTask].[TaskTagList] AS TABLE (
        [Ordinal] int              NOT NULL, -- of the task
        [TaskId]  uniqueidentifier NOT NULL,
        [Place]   int              NOT NULL, -- from 1
        [Tag]     nvarchar(201)    COLLATE Latin1_General_BIN2 NOT NULL,
        [Tags]    nvarchar(max)    NULL,
        PRIMARY KEY ([Ordinal], [Place])
    );
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 8)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (8, SYSUTCDATETIME());
GO
`,
  "0009_event_relay.sql": `-- The events that processes exchange while a process watches them. They are deleted after a minute,
-- and nothing else depends on them.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

-- One row per process that watches events.
IF OBJECT_ID(N'[EverTask].[EventWatchers]') IS NULL
    CREATE TABLE [EverTask].[EventWatchers] (
        [Id]         nvarchar(100)     COLLATE Latin1_General_BIN2 NOT NULL CONSTRAINT [PK_EventWatchers] PRIMARY KEY,
        [ExpiresUtc] datetimeoffset(3) NOT NULL,
        [Parameters] bit               NOT NULL -- whether it also receives payloads
    );
GO

-- One row per batch. Each writer numbers its events. The number of the last event is in the key, so
-- that readers find the new batches of each writer.
IF OBJECT_ID(N'[EverTask].[RelayedEvents]') IS NULL
    CREATE TABLE [EverTask].[RelayedEvents] (
        [WriterId]   nvarchar(100)     COLLATE Latin1_General_BIN2 NOT NULL,
        [UpTo]       bigint            NOT NULL,
        [Since]      bigint            NOT NULL, -- the number of the last event before the batch
        [WrittenUtc] datetimeoffset(3) NOT NULL,
        [WorkerId]   nvarchar(100)     COLLATE Latin1_General_BIN2 NULL,
        [Host]       nvarchar(400)     NOT NULL,
        [Events]     nvarchar(max)     NOT NULL, -- as JSON
        CONSTRAINT [PK_RelayedEvents] PRIMARY KEY ([WriterId], [UpTo])
    );
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 9)
    CREATE INDEX [IX_RelayedEvents_WrittenUtc] ON [EverTask].[RelayedEvents] ([WrittenUtc]);
GO

IF TYPE_ID(N'[EverTask].[EventPositionList]') IS NULL
    CREATE TYPE [EverTask].[EventPositionList] AS TABLE (
        [Ordinal]  int           NOT NULL PRIMARY KEY,
        [WriterId] nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
        [UpTo]     bigint        NOT NULL
    );
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 9)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (9, SYSUTCDATETIME());
GO
`,
  "0010_operations.sql": `-- Changes by operators, and the record of their actions.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

-- The columns Edits and IsPaused are NULL for tasks that no operator has edited, so that adding the
-- columns changes only the catalog. No index contains them, and claims, status changes and
-- heartbeats do not write them.
IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'Edits') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [Edits] int NULL; -- the number of edits by operators, and of updates by dispatches with the task's key
GO

IF COL_LENGTH(N'[EverTask].[QueuedTasks]', N'IsPaused') IS NULL
    ALTER TABLE [EverTask].[QueuedTasks] ADD [IsPaused] bit NULL; -- of a series: an operator has paused it
GO

-- One row per action. The batches of an action share its row.
IF OBJECT_ID(N'[EverTask].[OperatorActions]') IS NULL
    CREATE TABLE [EverTask].[OperatorActions] (
        [Id]         bigint IDENTITY(1, 1) NOT NULL CONSTRAINT [PK_OperatorActions] PRIMARY KEY CLUSTERED,
        [AtUtc]      datetimeoffset(3)     NOT NULL,
        [Verb]       nvarchar(20)          COLLATE Latin1_General_BIN2 NOT NULL,
        [Actor]      nvarchar(400)         COLLATE Latin1_General_BIN2 NOT NULL,
        [Reason]     nvarchar(max)         NULL,
        [TargetKind] nvarchar(10)          COLLATE Latin1_General_BIN2 NOT NULL, -- task, queue, or tasks: all that match a filter
        [Target]     nvarchar(200)         COLLATE Latin1_General_BIN2 NULL,     -- the id of the task or the name of the queue
        [Before]     nvarchar(max)         NULL,                                 -- as JSON
        [After]      nvarchar(max)         NULL,                                 -- as JSON
        [Changed]    bigint                NOT NULL,
        [Skipped]    bigint                NOT NULL,
        [Next]       nvarchar(100)         COLLATE Latin1_General_BIN2 NULL      -- where the next batch begins; NULL: the action is complete
    );
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 10)
    CREATE INDEX [IX_OperatorActions_Target] ON [EverTask].[OperatorActions] ([Target], [Id]) WHERE [Target] IS NOT NULL;
GO

-- Edits of tasks. NULL leaves a column of the task unchanged.
IF TYPE_ID(N'[EverTask].[TaskEditList]') IS NULL
    CREATE TYPE [EverTask].[TaskEditList] AS TABLE (
        [TaskId]          uniqueidentifier NOT NULL PRIMARY KEY,
        [Ordinal]         int              NOT NULL UNIQUE,
        [Version]         nvarchar(200)    COLLATE Latin1_General_BIN2 NOT NULL,
        [Deletes]         bit              NOT NULL,
        [Request]         nvarchar(max)    NULL,
        [QueueName]       nvarchar(200)    COLLATE Latin1_General_BIN2 NULL,
        [Priority]        smallint         NULL,
        [Status]          nvarchar(15)     NULL,
        [StartsAnew]      bit              NOT NULL,
        [CancelRequested] bit              NULL,
        [MovesDue]        bit              NOT NULL, -- 1: the task becomes due ...
        [Soonest]         bit              NOT NULL, -- at once, or
        [DueInMs]         bigint           NULL,     -- after this time, or
        [DueAtUtc]        varchar(30)      NULL,     -- at this instant, or never if this is also NULL
        [RecurringTask]   nvarchar(max)    COLLATE Latin1_General_BIN2 NULL, -- if not NULL, the next five columns also change
        [RecurringInfo]   nvarchar(max)    NULL,
        [AnchorUtc]       varchar(30)      NULL,
        [MaxRuns]         int              NULL,
        [RunUntil]        varchar(30)      NULL,
        [NextRunUtc]      varchar(30)      NULL,
        [EndsSeries]      bit              NOT NULL,
        [IsPaused]        bit              NULL
    );
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 10)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (10, SYSUTCDATETIME());
GO
`,
  "0011_work_reports.sql": `-- Stores the reports of workers about their work. A recent minute has one row per worker
-- ([Source]), type and queue. An older hour has one row per type and queue, with the source ''. The
-- columns of figures are activityColumns in src/storage/work_reports.ts.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

IF OBJECT_ID(N'[EverTask].[Activity]') IS NULL
    CREATE TABLE [EverTask].[Activity] (
        [AtMs]      bigint        NOT NULL, -- epoch milliseconds
        [Type]      nvarchar(500) COLLATE Latin1_General_BIN2 NOT NULL,
        [QueueName] nvarchar(200) COLLATE Latin1_General_BIN2 NOT NULL,
        [Source]    nvarchar(36)  COLLATE Latin1_General_BIN2 NOT NULL,
        [Started] float NOT NULL, [Completed] float NOT NULL, [Failed] float NOT NULL, [Cancelled] float NOT NULL,
        [Retried] float NOT NULL, [Lost] float NOT NULL, [RunMs] float NOT NULL, [RunMsMax] float NOT NULL,
        [Run0] float NOT NULL, [Run1] float NOT NULL, [Run2] float NOT NULL, [Run3] float NOT NULL, [Run4] float NOT NULL,
        [Run5] float NOT NULL, [Run6] float NOT NULL, [Run7] float NOT NULL, [Run8] float NOT NULL, [Run9] float NOT NULL,
        [Run10] float NOT NULL, [Run11] float NOT NULL, [WaitMs] float NOT NULL, [WaitMsMax] float NOT NULL,
        [Wait0] float NOT NULL, [Wait1] float NOT NULL, [Wait2] float NOT NULL, [Wait3] float NOT NULL,
        [Wait4] float NOT NULL, [Wait5] float NOT NULL, [Wait6] float NOT NULL, [Wait7] float NOT NULL,
        [Wait8] float NOT NULL, [Wait9] float NOT NULL, [Wait10] float NOT NULL, [Wait11] float NOT NULL
    );
GO
-- The index key omits the type, which is too long for an index.
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 11)
    CREATE CLUSTERED INDEX [IX_Activity_AtMs] ON [EverTask].[Activity] ([AtMs], [Source]);
GO

-- Failed tasks by type and error.
IF OBJECT_ID(N'[EverTask].[FailureGroups]') IS NULL
    CREATE TABLE [EverTask].[FailureGroups] (
        [Id]        nvarchar(16)     COLLATE Latin1_General_BIN2 NOT NULL CONSTRAINT [PK_FailureGroups] PRIMARY KEY,
        [Type]      nvarchar(500)    NOT NULL,
        [Summary]   nvarchar(max)    NOT NULL,
        [Failures]  bigint           NOT NULL,
        [FirstMs]   bigint           NOT NULL,
        [LastMs]    bigint           NOT NULL,
        [TaskId]    uniqueidentifier NOT NULL,
        [Exception] nvarchar(max)    NOT NULL
    );
GO
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 11)
    CREATE INDEX [IX_FailureGroups_LastMs] ON [EverTask].[FailureGroups] ([LastMs], [Id]);
GO

IF TYPE_ID(N'[EverTask].[ActivityList]') IS NULL
    CREATE TYPE [EverTask].[ActivityList] AS TABLE (
        [Ordinal]   int           NOT NULL PRIMARY KEY,
        [AtMs]      bigint        NOT NULL,
        [Type]      nvarchar(500) COLLATE Latin1_General_BIN2 NOT NULL,
        [QueueName] nvarchar(200) COLLATE Latin1_General_BIN2 NOT NULL,
        [Started] float NOT NULL,
        [Completed] float NOT NULL,
        [Failed] float NOT NULL,
        [Cancelled] float NOT NULL,
        [Retried] float NOT NULL,
        [Lost] float NOT NULL,
        [RunMs] float NOT NULL,
        [RunMsMax] float NOT NULL,
        [Run0] float NOT NULL,
        [Run1] float NOT NULL,
        [Run2] float NOT NULL,
        [Run3] float NOT NULL,
        [Run4] float NOT NULL,
        [Run5] float NOT NULL,
        [Run6] float NOT NULL,
        [Run7] float NOT NULL,
        [Run8] float NOT NULL,
        [Run9] float NOT NULL,
        [Run10] float NOT NULL,
        [Run11] float NOT NULL,
        [WaitMs] float NOT NULL,
        [WaitMsMax] float NOT NULL,
        [Wait0] float NOT NULL,
        [Wait1] float NOT NULL,
        [Wait2] float NOT NULL,
        [Wait3] float NOT NULL,
        [Wait4] float NOT NULL,
        [Wait5] float NOT NULL,
        [Wait6] float NOT NULL,
        [Wait7] float NOT NULL,
        [Wait8] float NOT NULL,
        [Wait9] float NOT NULL,
        [Wait10] float NOT NULL,
        [Wait11] float NOT NULL
    );
GO

IF TYPE_ID(N'[EverTask].[FailureList]') IS NULL
    CREATE TYPE [EverTask].[FailureList] AS TABLE (
        [Ordinal]   int              NOT NULL PRIMARY KEY,
        [Id]        nvarchar(16)     COLLATE Latin1_General_BIN2 NOT NULL,
        [Type]      nvarchar(500)    NOT NULL,
        [Summary]   nvarchar(max)    NOT NULL,
        [Failures]  bigint           NOT NULL,
        [FirstMs]   bigint           NOT NULL,
        [LastMs]    bigint           NOT NULL,
        [TaskId]    uniqueidentifier NOT NULL,
        [Exception] nvarchar(max)    NOT NULL
    );
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 11)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (11, SYSUTCDATETIME());
GO
`,
  "0012_rate_limit_pace.sql": `-- Stores the interval and the burst of the last request for each rate limit key, from which
-- operators see how many tasks wait for a slot. They are NULL for a key without a request since
-- this migration.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

IF COL_LENGTH(N'[EverTask].[RateLimits]', N'IntervalMs') IS NULL
    ALTER TABLE [EverTask].[RateLimits] ADD [IntervalMs] float NULL;
GO
IF COL_LENGTH(N'[EverTask].[RateLimits]', N'Burst') IS NULL
    ALTER TABLE [EverTask].[RateLimits] ADD [Burst] float NULL;
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 12)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (12, SYSUTCDATETIME());
GO
`,
  "0013_worker_drains.sql": `-- Workers that an operator has asked to stop.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

IF COL_LENGTH(N'[EverTask].[Workers]', N'IsDraining') IS NULL
    ALTER TABLE [EverTask].[Workers] ADD [IsDraining] bit NULL; -- 1: it finishes its tasks and stops
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 13)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (13, SYSUTCDATETIME());
GO
`,
  "0014_failure_counts.sql": `-- The failures of each group by hour, and the versions of the application that failed.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

IF OBJECT_ID(N'[EverTask].[FailureCounts]') IS NULL
    CREATE TABLE [EverTask].[FailureCounts] (
        [GroupId]  nvarchar(16) COLLATE Latin1_General_BIN2 NOT NULL,
        [HourMs]   bigint       NOT NULL, -- epoch milliseconds
        [Failures] bigint       NOT NULL,
        CONSTRAINT [PK_FailureCounts] PRIMARY KEY ([GroupId], [HourMs])
    );
GO
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 14)
    CREATE INDEX [IX_FailureCounts_HourMs] ON [EverTask].[FailureCounts] ([HourMs]);
GO

IF COL_LENGTH(N'[EverTask].[FailureGroups]', N'FirstVersion') IS NULL
    ALTER TABLE [EverTask].[FailureGroups] ADD [FirstVersion] nvarchar(201) NULL;
GO
IF COL_LENGTH(N'[EverTask].[FailureGroups]', N'LastVersion') IS NULL
    ALTER TABLE [EverTask].[FailureGroups] ADD [LastVersion] nvarchar(201) NULL;
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 14)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (14, SYSUTCDATETIME());
GO
`,
  "0015_log_retention_order.sql": `-- Rebuilds the index for the retention of log lines by number with IdOrder as its second column,
-- which is the order in which usp_Purge reads. In a table that is clustered on IdOrder, each index
-- ends with IdOrder anyway. In upstream's table and on Babelfish, each step of a purge would read
-- and sort all tasks with the same number of lines.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 15)
    DROP INDEX IF EXISTS [IX_QueuedTasks_LastLogSequence] ON [EverTask].[QueuedTasks];
GO
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 15)
    CREATE INDEX [IX_QueuedTasks_LastLogSequence]
        ON [EverTask].[QueuedTasks] ([LastLogSequence], [IdOrder])
        INCLUDE ([Id])
        WHERE [LastLogSequence] > 0;
GO

-- As for the other indexes of the hot table (0003_indexes.sql).
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 15)
    AND SERVERPROPERTY('Babelfish') IS NULL
    EXEC (N'ALTER INDEX ALL ON [EverTask].[QueuedTasks] SET (ALLOW_PAGE_LOCKS = OFF)');
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 15)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (15, SYSUTCDATETIME());
GO
`,
  "usp_ClaimTasks.sql": `-- Claims due tasks for a worker: in each queue highest priority first, then longest due, then
-- lowest id.
--
--   @Types   the types that the worker has handlers for
--   @Queues  at most Limit tasks of each queue
--
-- Returns two recordsets: Now and Known (0: the worker is not registered, and nothing was claimed);
-- the tasks.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ClaimTasks];
GO
CREATE PROCEDURE [EverTask].[usp_ClaimTasks]
    @WorkerId nvarchar(100),
    @Types    [EverTask].[NameList] READONLY,
    @Queues   [EverTask].[NameList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    -- Sets the isolation level that READPAST requires. An earlier transaction may have left the
    -- session at another one.
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Known bit = CASE WHEN EXISTS (SELECT 1 FROM [EverTask].[Workers] WHERE [Id] = @WorkerId) THEN 1 ELSE 0 END;
    DECLARE @Queue TABLE ([Ordinal] int NOT NULL PRIMARY KEY, [QueueName] nvarchar(200) NOT NULL, [Limit] int NOT NULL);
    DECLARE @Taken TABLE ([Id] uniqueidentifier NOT NULL PRIMARY KEY);
    DECLARE @Ordinal int, @QueueName nvarchar(200), @Limit int, @Priority int;

    IF @Known = 1
        INSERT INTO @Queue ([Ordinal], [QueueName], [Limit])
        SELECT q.[Ordinal], q.[Name], q.[Limit]
        FROM @Queues AS q
        WHERE NOT EXISTS (SELECT 1 FROM [EverTask].[PausedQueues] AS p WHERE p.[QueueName] = q.[Name]);

    BEGIN TRANSACTION;

    SELECT @Ordinal = MIN([Ordinal]) FROM @Queue;
    WHILE @Ordinal IS NOT NULL
    BEGIN
        SELECT @QueueName = [QueueName], @Limit = [Limit] FROM @Queue WHERE [Ordinal] = @Ordinal;

        -- Searches each priority separately, by a seek. A scan in the order of priority and due
        -- instant would read all future tasks of a higher priority before the due tasks of a lower
        -- one.
        SELECT @Priority = MAX(d.[Priority])
        FROM [EverTask].[QueuedTasks] AS d WITH (READPAST, READCOMMITTEDLOCK)
        WHERE d.[QueueName] = @QueueName AND d.[DueAtUtc] IS NOT NULL;

        WHILE @Priority IS NOT NULL AND @Limit > 0
        BEGIN
            -- READPAST skips tasks that others are claiming, UPDLOCK keeps others from the tasks
            -- that this claim selects, and READCOMMITTEDLOCK does the same in a database with row
            -- versioning. The target also has READPAST, because the row may be locked when its
            -- index entry is not. The second condition on DueAtUtc prevents a task from being
            -- claimed twice if the engine ignores hints: a claim that waited for another one sees
            -- that the task is claimed.
            UPDATE [EverTask].[QueuedTasks]
            SET [WorkerId] = @WorkerId,
                [ClaimedDueUtc] = [QueuedTasks].[DueAtUtc],
                [DueAtUtc] = NULL,
                -- Counters stop at their maximum, so that a damaged row does not make the claim of
                -- other tasks fail.
                [Attempt] = CASE WHEN [QueuedTasks].[Attempt] < 2147483647
                                 THEN [QueuedTasks].[Attempt] + 1 ELSE [QueuedTasks].[Attempt] END,
                [LeaseToken] = CASE WHEN [QueuedTasks].[LeaseToken] < 2147483647
                                    THEN [QueuedTasks].[LeaseToken] + 1 ELSE [QueuedTasks].[LeaseToken] END
            OUTPUT inserted.[Id] INTO @Taken ([Id])
            FROM (
                SELECT TOP (@Limit) q.[IdOrder]
                FROM [EverTask].[QueuedTasks] AS q WITH (UPDLOCK, READPAST, ROWLOCK, READCOMMITTEDLOCK)
                WHERE q.[QueueName] = @QueueName AND q.[Priority] = @Priority
                    AND q.[DueAtUtc] IS NOT NULL AND q.[DueAtUtc] <= @Now
                    AND q.[Type] COLLATE Latin1_General_BIN2 IN (SELECT y.[Name] FROM @Types AS y)
                ORDER BY q.[DueAtUtc], q.[IdOrder]
            ) AS c, [EverTask].[QueuedTasks] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK, FORCESEEK)
            WHERE [QueuedTasks].[IdOrder] = c.[IdOrder]
                AND [QueuedTasks].[DueAtUtc] <= @Now AND [QueuedTasks].[WorkerId] IS NULL
            OPTION (LOOP JOIN, FORCE ORDER);

            SET @Limit = @Limit - @@ROWCOUNT;

            SELECT @Priority = MAX(d.[Priority])
            FROM [EverTask].[QueuedTasks] AS d WITH (READPAST, READCOMMITTEDLOCK)
            WHERE d.[QueueName] = @QueueName AND d.[Priority] < @Priority AND d.[DueAtUtc] IS NOT NULL;
        END;

        SELECT @Ordinal = MIN([Ordinal]) FROM @Queue WHERE [Ordinal] > @Ordinal;
    END;

    COMMIT TRANSACTION;

    SELECT @Now AS [Now], @Known AS [Known];

    SELECT t.[Id] AS [Id], t.[Type] AS [Type], t.[Request] AS [Request], t.[Status] AS [Status],
        t.[AuditLevel] AS [AuditLevel], t.[QueueName] AS [QueueName], t.[Priority] AS [Priority], t.[TaskKey] AS [TaskKey],
        t.[CreatedAtUtc] AS [CreatedAtUtc], t.[ClaimedDueUtc] AS [DueAtUtc], t.[Attempt] AS [Attempt], t.[LostCount] AS [LostCount],
        t.[LeaseToken] AS [LeaseToken], t.[CancelRequested] AS [CancelRequested], t.[RateSlotUtc] AS [RateSlotUtc],
        t.[TraceContext] AS [TraceContext], t.[RetryPolicy] AS [RetryPolicy], t.[IsRecurring] AS [IsRecurring], t.[RecurringTask] AS [RecurringTask],
        t.[RecurringInfo] AS [RecurringInfo], t.[AnchorUtc] AS [AnchorUtc], t.[MaxRuns] AS [MaxRuns],
        t.[RunUntil] AS [RunUntil], t.[NextRunUtc] AS [NextRunUtc], t.[CurrentRunCount] AS [CurrentRunCount]
    FROM @Taken AS k
    INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = k.[Id]
    WHERE t.[WorkerId] = @WorkerId
    ORDER BY t.[QueueName], t.[Priority] DESC, t.[ClaimedDueUtc], t.[IdOrder]
    OPTION (LOOP JOIN, FORCE ORDER);
END
GO
`,
  "usp_CompleteRecurringRun.sql": `-- Ends a successful run of a recurring task: usp_UpdateCurrentRun with the status Completed, under
-- the name that EverTask for .NET uses.
--
--   EXEC [EverTask].[usp_CompleteRecurringRun] @TaskId = '01900000-0000-7000-8000-000000000001', @ExecutionTimeMs = 12.5,
--       @NextRunUtc = '2030-01-01T00:00:00Z';
--
-- Returns one row: Applied (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_CompleteRecurringRun];
GO
CREATE PROCEDURE [EverTask].[usp_CompleteRecurringRun]
    @TaskId          uniqueidentifier,
    @ExecutionTimeMs float,
    @NextRunUtc      datetimeoffset(3) = NULL,
    @AuditLevel      int = 0               -- 0 Full, 1 Minimal, 2 ErrorsOnly, 3 None; NULL: Full
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    EXEC [EverTask].[usp_UpdateCurrentRun] @TaskId = @TaskId, @ExecutionTimeMs = @ExecutionTimeMs,
        @NextRunUtc = @NextRunUtc, @AuditLevel = @AuditLevel, @Status = N'Completed';
END
GO
`,
  "usp_CorrectSeries.sql": `-- Changes the next run and the anchor of waiting series, and makes each due at DueAtUtc, unless it
-- is due sooner. Skips series that a worker holds, or whose next run is not PlannedUtc, to the
-- millisecond.
--
-- Returns one row per correction, in order: Corrected (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_CorrectSeries];
GO
CREATE PROCEDURE [EverTask].[usp_CorrectSeries]
    @Corrections [EverTask].[SeriesCorrectionList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Corrected TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);

    -- A held task has no due instant.
    UPDATE [EverTask].[QueuedTasks]
    SET [NextRunUtc] = CONVERT(datetimeoffset(3), c.[NextRunUtc]),
        [AnchorUtc] = CONVERT(datetimeoffset(3), c.[AnchorUtc]),
        [DueAtUtc] = CASE WHEN [QueuedTasks].[DueAtUtc] < CONVERT(datetimeoffset(3), c.[DueAtUtc])
            THEN [QueuedTasks].[DueAtUtc] ELSE CONVERT(datetimeoffset(3), c.[DueAtUtc]) END
    OUTPUT inserted.[Id] INTO @Corrected ([TaskId])
    FROM @Corrections AS c, [EverTask].[QueuedTasks] WITH (FORCESEEK)
    WHERE [QueuedTasks].[Id] = c.[TaskId] AND [QueuedTasks].[IsRecurring] = 1 AND [QueuedTasks].[DueAtUtc] IS NOT NULL
        AND CAST([QueuedTasks].[NextRunUtc] AS datetimeoffset(3)) = CONVERT(datetimeoffset(3), c.[PlannedUtc])
    OPTION (LOOP JOIN, FORCE ORDER);

    SELECT CASE WHEN c.[TaskId] IN (SELECT [TaskId] FROM @Corrected) THEN 1 ELSE 0 END AS [Corrected]
    FROM @Corrections AS c
    ORDER BY c.[Ordinal];
END
GO
`,
  "usp_DrainWorker.sql": `-- Asks a worker to finish its tasks and stop, and records the action, in one transaction.
--
-- Returns one row: Registered (1, or 0: there is no such worker, and nothing was recorded).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_DrainWorker];
GO
CREATE PROCEDURE [EverTask].[usp_DrainWorker]
    @WorkerId   nvarchar(100),
    @Verb       nvarchar(20),
    @Actor      nvarchar(400),
    @Reason     nvarchar(max),
    @TargetKind nvarchar(10),
    @Target     nvarchar(200),
    @Before     nvarchar(max),
    @After      nvarchar(max)
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Registered bit = 0;

    BEGIN TRANSACTION;

    UPDATE [EverTask].[Workers] SET [IsDraining] = 1 WHERE [Id] = @WorkerId;
    IF @@ROWCOUNT > 0
    BEGIN
        SET @Registered = 1;
        INSERT INTO [EverTask].[OperatorActions] ([AtUtc], [Verb], [Actor], [Reason], [TargetKind], [Target], [Before], [After],
            [Changed], [Skipped], [Next])
        VALUES (SYSUTCDATETIME(), @Verb, @Actor, @Reason, @TargetKind, @Target, @Before, @After, 1, 0, NULL);
    END;

    COMMIT TRANSACTION;

    SELECT @Registered AS [Registered];
END
GO
`,
  "usp_EditTasks.sql": `-- Changes tasks for an operator, and records the action, in one transaction. A task is changed only
-- if it still has the version that the operator has seen. A version consists of the count of edits,
-- and of columns that claims, status changes and new due instants write in any case.
--
--   @IsBatch       0: the action is recorded if a task was changed; 1: in any case
--   @ContinuesId   the action that this batch continues; nothing is done unless its Next is
--                  @ContinuesNext
--   @Skipped       the number of tasks that the caller has left unchanged
--   @Next          the start of the next batch; NULL: this is the last one
--
-- Returns two recordsets: ActionId (NULL: nothing was changed or recorded); one row per edit, in
-- order: Applied (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_EditTasks];
GO
CREATE PROCEDURE [EverTask].[usp_EditTasks]
    @Edits         [EverTask].[TaskEditList] READONLY,
    @Verb          nvarchar(20),
    @Actor         nvarchar(400),
    @Reason        nvarchar(max),
    @TargetKind    nvarchar(10),
    @Target        nvarchar(200),
    @Before        nvarchar(max),
    @After         nvarchar(max),
    @IsBatch       bit,
    @ContinuesId   bigint,
    @ContinuesNext nvarchar(100),
    @Skipped       bigint,
    @Next          nvarchar(100)
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @ActionId bigint, @Changed bigint = 0, @IsInTurn bit = 1;
    DECLARE @Applied TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);

    BEGIN TRANSACTION;

    -- Locks the action's row, so that only one of two batches that continue it at the same place is
    -- done.
    IF @ContinuesId IS NOT NULL
    BEGIN
        UPDATE [EverTask].[OperatorActions] SET [Next] = @Next WHERE [Id] = @ContinuesId AND [Next] = @ContinuesNext;
        IF @@ROWCOUNT = 0 SET @IsInTurn = 0;
    END;

    IF @IsInTurn = 1
    BEGIN
        UPDATE [EverTask].[QueuedTasks]
        SET [Edits] = ISNULL([QueuedTasks].[Edits], 0) + 1,
            [Request] = ISNULL(e.[Request], [QueuedTasks].[Request]),
            [QueueName] = ISNULL(e.[QueueName], [QueuedTasks].[QueueName]),
            [Priority] = ISNULL(e.[Priority], [QueuedTasks].[Priority]),
            [Status] = ISNULL(e.[Status], [QueuedTasks].[Status]),
            [Exception] = CASE WHEN e.[Status] IS NULL THEN [QueuedTasks].[Exception] END,
            [Attempt] = CASE WHEN e.[StartsAnew] = 1 THEN 0 ELSE [QueuedTasks].[Attempt] END,
            [LostCount] = CASE WHEN e.[StartsAnew] = 1 THEN 0 ELSE [QueuedTasks].[LostCount] END,
            [RateSlotUtc] = CASE WHEN e.[StartsAnew] = 1 THEN NULL ELSE [QueuedTasks].[RateSlotUtc] END,
            [CancelRequested] = CASE WHEN e.[CancelRequested] IS NOT NULL THEN e.[CancelRequested] WHEN e.[StartsAnew] = 1 THEN 0
                                     ELSE [QueuedTasks].[CancelRequested] END,
            [DueAtUtc] = CASE
                WHEN e.[MovesDue] = 0 THEN [QueuedTasks].[DueAtUtc]
                WHEN e.[Soonest] = 1 AND [QueuedTasks].[DueAtUtc] < @Now THEN [QueuedTasks].[DueAtUtc]
                WHEN e.[Soonest] = 1 THEN @Now
                WHEN e.[DueInMs] IS NOT NULL
                    THEN DATEADD(millisecond, e.[DueInMs] % 86400000, DATEADD(day, e.[DueInMs] / 86400000, @Now))
                ELSE CONVERT(datetimeoffset(3), e.[DueAtUtc]) END,
            [RecurringTask] = ISNULL(e.[RecurringTask], [QueuedTasks].[RecurringTask]),
            [RecurringInfo] = CASE WHEN e.[RecurringTask] IS NULL THEN [QueuedTasks].[RecurringInfo] ELSE e.[RecurringInfo] END,
            [AnchorUtc] = CASE WHEN e.[RecurringTask] IS NULL THEN [QueuedTasks].[AnchorUtc]
                               ELSE CONVERT(datetimeoffset(3), e.[AnchorUtc]) END,
            [MaxRuns] = CASE WHEN e.[RecurringTask] IS NULL THEN [QueuedTasks].[MaxRuns] ELSE e.[MaxRuns] END,
            [RunUntil] = CASE WHEN e.[RecurringTask] IS NULL THEN [QueuedTasks].[RunUntil]
                              ELSE CONVERT(datetimeoffset(3), e.[RunUntil]) END,
            [NextRunUtc] = CASE WHEN e.[EndsSeries] = 1 THEN NULL WHEN e.[RecurringTask] IS NULL THEN [QueuedTasks].[NextRunUtc]
                                ELSE CONVERT(datetimeoffset(3), e.[NextRunUtc]) END,
            [IsPaused] = CASE WHEN e.[IsPaused] IS NULL THEN [QueuedTasks].[IsPaused] WHEN e.[IsPaused] = 1 THEN 1 END
        OUTPUT inserted.[Id] INTO @Applied ([TaskId])
        FROM @Edits AS e, [EverTask].[QueuedTasks] WITH (FORCESEEK)
        WHERE [QueuedTasks].[Id] = e.[TaskId]
            AND e.[Version] = CONCAT(ISNULL([QueuedTasks].[Edits], 0), N'.', [QueuedTasks].[LeaseToken], N'.', [QueuedTasks].[Status],
                N'.', DATEDIFF_BIG(millisecond, CONVERT(datetime2(3), '1970-01-01'), CONVERT(datetime2(3), [QueuedTasks].[DueAtUtc])),
                N'.', DATEDIFF_BIG(millisecond, CONVERT(datetime2(3), '1970-01-01'), CONVERT(datetime2(3), [QueuedTasks].[NextRunUtc])),
                N'.', CASE WHEN [QueuedTasks].[WorkerId] IS NULL THEN 0 ELSE 1 END + 2 * [QueuedTasks].[CancelRequested])
        OPTION (LOOP JOIN, FORCE ORDER);

        -- No status that an operator sets is an error, so only Full audits it.
        INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
        SELECT e.[TaskId], @Now, e.[Status], NULL
        FROM @Edits AS e
        INNER JOIN @Applied AS a ON a.[TaskId] = e.[TaskId]
        INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = e.[TaskId]
        WHERE e.[Status] IS NOT NULL AND ISNULL(t.[AuditLevel], 0) NOT IN (1, 2, 3)
        OPTION (LOOP JOIN, FORCE ORDER);

        DELETE [EverTask].[TaskTags]
        FROM @Edits AS e, @Applied AS a, [EverTask].[TaskTags] WITH (FORCESEEK)
        WHERE a.[TaskId] = e.[TaskId] AND [TaskTags].[TaskId] = e.[TaskId] AND e.[Deletes] = 1
        OPTION (LOOP JOIN, FORCE ORDER);

        -- The UPDATE has locked the tasks to delete, and has checked their versions.
        DELETE [EverTask].[QueuedTasks]
        FROM @Edits AS e, @Applied AS a, [EverTask].[QueuedTasks] WITH (FORCESEEK)
        WHERE a.[TaskId] = e.[TaskId] AND [QueuedTasks].[Id] = e.[TaskId] AND e.[Deletes] = 1
        OPTION (LOOP JOIN, FORCE ORDER);

        SELECT @Changed = COUNT(*) FROM @Applied;
        IF @IsBatch = 1 SELECT @Skipped = @Skipped + COUNT(*) - @Changed FROM @Edits;

        IF @ContinuesId IS NOT NULL
        BEGIN
            UPDATE [EverTask].[OperatorActions]
            SET [Changed] = [Changed] + @Changed, [Skipped] = [Skipped] + @Skipped
            WHERE [Id] = @ContinuesId;
            SET @ActionId = @ContinuesId;
        END;
        ELSE IF @IsBatch = 1 OR @Changed > 0
        BEGIN
            INSERT INTO [EverTask].[OperatorActions] ([AtUtc], [Verb], [Actor], [Reason], [TargetKind], [Target], [Before],
                [After], [Changed], [Skipped], [Next])
            VALUES (@Now, @Verb, @Actor, @Reason, @TargetKind, @Target, @Before, @After, @Changed, @Skipped, @Next);
            SET @ActionId = SCOPE_IDENTITY();
        END;
    END;

    COMMIT TRANSACTION;

    SELECT @ActionId AS [ActionId];
    SELECT CASE WHEN a.[TaskId] IS NULL THEN 0 ELSE 1 END AS [Applied]
    FROM @Edits AS e
    LEFT JOIN @Applied AS a ON a.[TaskId] = e.[TaskId]
    ORDER BY e.[Ordinal];
END
GO
`,
  "usp_ForgetActions.sql": `-- Deletes operator actions that are older than @Seconds. Later actions have larger ids, so only
-- deleted rows are read. Returns nothing.
--
--   EXEC [EverTask].[usp_ForgetActions] @Seconds = 31536000; -- 365 days

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ForgetActions];
GO
CREATE PROCEDURE [EverTask].[usp_ForgetActions]
    @Seconds int,
    @Deleted bigint = NULL OUTPUT -- the number of deleted rows
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Before datetimeoffset(3) = DATEADD(second, -@Seconds, SYSUTCDATETIME());
    DECLARE @Oldest bigint = 9223372036854775807;

    SELECT TOP (1) @Oldest = [Id] FROM [EverTask].[OperatorActions] WHERE [AtUtc] >= @Before ORDER BY [Id];
    DELETE FROM [EverTask].[OperatorActions] WHERE [Id] < @Oldest;
    SET @Deleted = @@ROWCOUNT;
END
GO
`,
  "usp_Heartbeat.sql": `-- Records that a worker is alive. Does not register a lost worker again.
--
-- Returns four recordsets: Now, Alive (1 or 0), Draining (1: the worker must finish its tasks and
-- stop) and OthersLost (1: usp_ReleaseLost has work); the
-- TaskId of each held task with a cancel request; the QueueName of each paused queue; the Id and
-- Parameters of each watcher of events.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_Heartbeat];
GO
CREATE PROCEDURE [EverTask].[usp_Heartbeat]
    @WorkerId nvarchar(100),
    @LeaseMs  bigint -- a worker whose heartbeat is older than this is late
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    -- Sets the isolation level that READPAST requires. An earlier transaction may have left the
    -- session at another one.
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Late datetimeoffset(3) = DATEADD(millisecond, -(@LeaseMs % 86400000), DATEADD(day, -(@LeaseMs / 86400000), @Now));
    DECLARE @Ahead datetimeoffset(3) = DATEADD(millisecond, @LeaseMs % 86400000, DATEADD(day, @LeaseMs / 86400000, @Now));
    DECLARE @Alive bit = 0, @Draining bit = 0, @OthersLost bit = 0;

    UPDATE [EverTask].[Workers] SET [HeartbeatUtc] = @Now WHERE [Id] = @WorkerId;
    IF @@ROWCOUNT > 0
        SET @Alive = 1;
    -- A statement of its own, because Babelfish rejects an UPDATE that sets a variable.
    SELECT @Draining = [IsDraining] FROM [EverTask].[Workers] WHERE [Id] = @WorkerId AND [IsDraining] = 1;

    -- Skips locked tasks, because a heartbeat must not wait.
    IF EXISTS (SELECT 1 FROM [EverTask].[Workers] AS w WHERE w.[Id] <> @WorkerId AND w.[HeartbeatUtc] NOT BETWEEN @Late AND @Ahead)
        OR EXISTS (SELECT 1 FROM [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK)
                   WHERE t.[WorkerId] IS NOT NULL
                       AND NOT EXISTS (SELECT 1 FROM [EverTask].[Workers] AS w WHERE w.[Id] = t.[WorkerId]))
        SET @OthersLost = 1;

    SELECT @Now AS [Now], @Alive AS [Alive], @Draining AS [Draining], @OthersLost AS [OthersLost];

    SELECT t.[Id] AS [TaskId]
    FROM [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK)
    WHERE t.[WorkerId] = @WorkerId AND t.[WorkerId] IS NOT NULL AND t.[CancelRequested] = 1 AND @Alive = 1;

    SELECT p.[QueueName] AS [QueueName] FROM [EverTask].[PausedQueues] AS p ORDER BY p.[QueueName];

    SELECT w.[Id] AS [Id], w.[Parameters] AS [Parameters]
    FROM [EverTask].[EventWatchers] AS w WITH (NOLOCK) WHERE w.[ExpiresUtc] > @Now ORDER BY w.[Id];
END
GO
`,
  "usp_MakeDue.sql": `-- Makes unclaimed tasks due now. A series gets an extra run; a waiting task runs early; a one-shot
-- task that is Failed, Cancelled or ServiceStopped is Queued again, with the StatusAudit row of its
-- audit level.
--
--   DECLARE @TaskIds [EverTask].[TaskIdList];
--   INSERT INTO @TaskIds VALUES (1, '01900000-0000-7000-8000-000000000001');
--   EXEC [EverTask].[usp_MakeDue] @TaskIds;
--
-- Returns one row per id, in order: Due (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_MakeDue];
GO
CREATE PROCEDURE [EverTask].[usp_MakeDue]
    @TaskIds [EverTask].[TaskIdList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Due TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);
    DECLARE @Requeued TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);

    BEGIN TRANSACTION;

    UPDATE [EverTask].[QueuedTasks]
    SET [DueAtUtc] = CASE WHEN [DueAtUtc] < @Now THEN [DueAtUtc] ELSE @Now END
    OUTPUT inserted.[Id] INTO @Due ([TaskId])
    FROM @TaskIds AS w, [EverTask].[QueuedTasks] WITH (FORCESEEK)
    WHERE [QueuedTasks].[Id] = w.[TaskId] AND [WorkerId] IS NULL
        AND ([DueAtUtc] IS NOT NULL OR [NextRunUtc] IS NOT NULL)
    OPTION (LOOP JOIN, FORCE ORDER);

    UPDATE [EverTask].[QueuedTasks]
    SET [Status] = N'Queued',
        [Exception] = NULL,
        [DueAtUtc] = @Now,
        [Attempt] = 0,
        [LostCount] = 0,
        [CancelRequested] = 0,
        [RateSlotUtc] = NULL
    OUTPUT inserted.[Id] INTO @Requeued ([TaskId])
    FROM @TaskIds AS w, [EverTask].[QueuedTasks] WITH (FORCESEEK)
    WHERE [QueuedTasks].[Id] = w.[TaskId] AND [WorkerId] IS NULL
        AND [DueAtUtc] IS NULL AND [IsRecurring] = 0
        AND [Status] IN (N'Failed', N'Cancelled', N'ServiceStopped')
    OPTION (LOOP JOIN, FORCE ORDER);

    -- Queued is not an error, so only Full audits it.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT r.[TaskId], @Now, N'Queued', NULL
    FROM @Requeued AS r
    INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = r.[TaskId]
    WHERE ISNULL(t.[AuditLevel], 0) NOT IN (1, 2, 3)
    OPTION (LOOP JOIN, FORCE ORDER);

    COMMIT TRANSACTION;

    SELECT CASE WHEN w.[TaskId] IN (SELECT [TaskId] FROM @Due) OR w.[TaskId] IN (SELECT [TaskId] FROM @Requeued)
                THEN 1 ELSE 0 END AS [Due]
    FROM @TaskIds AS w
    ORDER BY w.[Ordinal];
END
GO
`,
  "usp_NextDueAt.sql": `-- Finds the earliest instant at which a task of one of these types becomes due in one of these
-- queues, except paused ones.
--
-- Returns one row: DueAtUtc (NULL: none).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_NextDueAt];
GO
CREATE PROCEDURE [EverTask].[usp_NextDueAt]
    @Queues [EverTask].[NameList] READONLY,
    @Types  [EverTask].[NameList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    -- Sets the isolation level that READPAST requires. An earlier transaction may have left the
    -- session at another one.
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

    DECLARE @Queue TABLE ([QueueName] nvarchar(200) COLLATE Latin1_General_BIN2 NOT NULL PRIMARY KEY);
    DECLARE @QueueName nvarchar(200), @Priority int, @DueAt datetimeoffset(3), @Earliest datetimeoffset(3);

    INSERT INTO @Queue ([QueueName])
    SELECT DISTINCT q.[Name]
    FROM @Queues AS q
    WHERE NOT EXISTS (SELECT 1 FROM [EverTask].[PausedQueues] AS p WHERE p.[QueueName] = q.[Name]);

    -- As in usp_ClaimTasks: a seek for each queue and priority. Skips locked rows, which cannot be
    -- claimed either.
    SELECT @QueueName = MIN([QueueName]) FROM @Queue;
    WHILE @QueueName IS NOT NULL
    BEGIN
        SELECT @Priority = MAX(d.[Priority])
        FROM [EverTask].[QueuedTasks] AS d WITH (READPAST, READCOMMITTEDLOCK)
        WHERE d.[QueueName] = @QueueName AND d.[DueAtUtc] IS NOT NULL;

        WHILE @Priority IS NOT NULL
        BEGIN
            SET @DueAt = NULL;
            SELECT TOP (1) @DueAt = d.[DueAtUtc]
            FROM [EverTask].[QueuedTasks] AS d WITH (READPAST, READCOMMITTEDLOCK)
            WHERE d.[QueueName] = @QueueName AND d.[Priority] = @Priority AND d.[DueAtUtc] IS NOT NULL
                AND d.[Type] COLLATE Latin1_General_BIN2 IN (SELECT y.[Name] FROM @Types AS y)
            ORDER BY d.[DueAtUtc];

            IF @DueAt IS NOT NULL AND (@Earliest IS NULL OR @DueAt < @Earliest)
                SET @Earliest = @DueAt;

            SELECT @Priority = MAX(d.[Priority])
            FROM [EverTask].[QueuedTasks] AS d WITH (READPAST, READCOMMITTEDLOCK)
            WHERE d.[QueueName] = @QueueName AND d.[Priority] < @Priority AND d.[DueAtUtc] IS NOT NULL;
        END;

        SELECT @QueueName = MIN([QueueName]) FROM @Queue WHERE [QueueName] > @QueueName;
    END;

    SELECT @Earliest AS [DueAtUtc];
END
GO
`,
  "usp_PersistTasks.sql": `-- Stores new tasks with their first audit rows by the task-key rules, in one transaction. Keys are
-- locked in their order, so that two lists with the same new keys cannot deadlock. The tasks of one
-- key are stored in the order of the list.
--
-- A task whose key a stored task has:
--   stored task in progress (or claimed)             -> existing
--   stored series, new one-shot                      -> existing
--   stored series alive, new series                  -> updated; with the same schedule, its next run stays
--   stored series without next run, new series       -> updated, alive again, run count 0
--   stored one-shot that waits                       -> updated
--   stored one-shot that has ended                   -> gives up its key; created
--
-- Removes the tags of an updated task. usp_TagTasks adds those of the new one.
--
-- Returns one row per task, in order: Id, Outcome (created, updated, existing), Claimed (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_PersistTasks];
GO
CREATE PROCEDURE [EverTask].[usp_PersistTasks]
    @Tasks [EverTask].[NewTaskList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    -- The values that the server adds to each task.
    DECLARE @New TABLE (
        [Ordinal]  int               NOT NULL PRIMARY KEY,
        [Turn]     int               NOT NULL, -- 0: without a key, stored with all such tasks; else its position by key
        [DueAtUtc] datetimeoffset(3) NOT NULL,
        [ClaimFor] nvarchar(100)     COLLATE Latin1_General_BIN2 NULL,
        [RowId]    uniqueidentifier  NOT NULL, -- the task's row: its own, or that of an existing task
        [Outcome]  varchar(8)        NOT NULL,
        UNIQUE ([Turn], [Ordinal])
    );
    DECLARE @Created TABLE (
        [Id]         uniqueidentifier NOT NULL PRIMARY KEY,
        [Status]     nvarchar(15)     NOT NULL,
        [AuditLevel] int              NOT NULL
    );

    INSERT INTO @New ([Ordinal], [Turn], [DueAtUtc], [ClaimFor], [RowId], [Outcome])
    SELECT j.[Ordinal],
        CASE WHEN j.[TaskKey] IS NULL THEN 0
             ELSE ROW_NUMBER() OVER (PARTITION BY CASE WHEN j.[TaskKey] IS NULL THEN 0 ELSE 1 END
                                     ORDER BY j.[TaskKey], j.[Ordinal]) END,
        COALESCE(CONVERT(datetimeoffset(3), j.[DueAtUtc]),
            DATEADD(millisecond, j.[DueInMs] % 86400000, DATEADD(day, j.[DueInMs] / 86400000, @Now))),
        -- Only a task that runs at once is stored as claimed, if its queue is not paused and the
        -- worker is registered.
        CASE WHEN j.[Status] = N'Queued'
                AND EXISTS (SELECT 1 FROM [EverTask].[Workers] AS w WHERE w.[Id] = j.[ClaimFor])
                AND NOT EXISTS (SELECT 1 FROM [EverTask].[PausedQueues] AS p WHERE p.[QueueName] = j.[QueueName])
            THEN j.[ClaimFor] END,
        j.[Id], 'created'
    FROM @Tasks AS j;

    DECLARE @Turn int = 0, @Ordinal int;
    DECLARE @TaskKey nvarchar(200), @Stores bit, @StoredId uniqueidentifier, @StoredStatus nvarchar(15), @StoredIsRecurring bit, @StoredIsTagged bit, @Busy bit, @Ended bit,
        @Alive bit, @SameSchedule bit, @Keeps bit, @NewIsRecurring bit, @NewStatus nvarchar(15), @NewLevel int, @Outcome varchar(8);

    BEGIN TRANSACTION;

    -- Turn 0 stores all tasks without a key by one INSERT. Each task with a key has a turn of its
    -- own.
    WHILE @Turn IS NOT NULL
    BEGIN
        SET @Stores = 1;

        SELECT @Ordinal = e.[Ordinal] FROM @New AS e WHERE e.[Turn] = @Turn;

        IF @Turn > 0 AND NOT EXISTS (SELECT 1 FROM [EverTask].[QueuedTasks] AS t
                                     INNER JOIN @Tasks AS n ON n.[Id] = t.[Id] WHERE n.[Ordinal] = @Ordinal)
        BEGIN
            SET @StoredId = NULL;
            SELECT @TaskKey = n.[TaskKey] FROM @Tasks AS n WHERE n.[Ordinal] = @Ordinal;
            -- The range lock makes another process with the same new key wait until this one has
            -- stored it. The conditions (a variable, and IS NOT NULL) ensure that the filtered
            -- index is used; otherwise the whole table would be locked.
            SELECT @StoredId = t.[Id], @StoredStatus = t.[Status], @StoredIsRecurring = t.[IsRecurring],
                @StoredIsTagged = CASE WHEN t.[Tags] IS NULL THEN 0 ELSE 1 END,
                @Busy = CASE WHEN t.[WorkerId] IS NOT NULL OR t.[Status] = N'InProgress' THEN 1 ELSE 0 END,
                @Ended = CASE WHEN t.[DueAtUtc] IS NULL
                    AND t.[Status] IN (N'Completed', N'Failed', N'Cancelled', N'ServiceStopped') THEN 1 ELSE 0 END,
                @Alive = CASE WHEN t.[NextRunUtc] IS NULL THEN 0 ELSE 1 END,
                @SameSchedule = CASE WHEN t.[RecurringTask] COLLATE Latin1_General_BIN2 = n.[RecurringTask]
                    AND DATALENGTH(t.[RecurringTask]) = DATALENGTH(n.[RecurringTask]) THEN 1 ELSE 0 END,
                @NewIsRecurring = n.[IsRecurring], @NewStatus = n.[Status], @NewLevel = n.[AuditLevel]
            FROM [EverTask].[QueuedTasks] AS t WITH (UPDLOCK, HOLDLOCK)
            INNER JOIN @Tasks AS n ON n.[Ordinal] = @Ordinal
            WHERE t.[TaskKey] = @TaskKey AND t.[TaskKey] IS NOT NULL
            OPTION (LOOP JOIN, FORCE ORDER);

            IF @StoredId IS NOT NULL AND @Busy = 0 AND @StoredIsRecurring = 0 AND @Ended = 1
                UPDATE [EverTask].[QueuedTasks] SET [TaskKey] = NULL WHERE [Id] = @StoredId;
            ELSE IF @StoredId IS NOT NULL
            BEGIN
                SET @Stores = 0;
                SET @Outcome = 'existing';
                IF @Busy = 0 AND NOT (@StoredIsRecurring = 1 AND @NewIsRecurring = 0)
                BEGIN
                    -- If a series continues with the same schedule, the columns that the schedule
                    -- determines stay.
                    SET @Keeps = CASE WHEN @StoredIsRecurring = 1 AND @Alive = 1 AND @SameSchedule = 1 THEN 1 ELSE 0 END;
                    UPDATE t
                    SET [Type] = n.[Type], [Handler] = n.[Handler], [Request] = n.[Request], [QueueName] = n.[QueueName],
                        [Priority] = n.[Priority], [AuditLevel] = n.[AuditLevel], [TraceContext] = n.[TraceContext], [RetryPolicy] = n.[RetryPolicy],
                        [Exception] = NULL, [CancelRequested] = 0, [Edits] = ISNULL(t.[Edits], 0) + 1,
                        [IsPaused] = CASE WHEN t.[NextRunUtc] IS NOT NULL THEN t.[IsPaused] END,
                        [IsRecurring] = n.[IsRecurring], [RecurringTask] = n.[RecurringTask], [RecurringInfo] = n.[RecurringInfo],
                        [MaxRuns] = n.[MaxRuns], [RunUntil] = CONVERT(datetimeoffset(3), n.[RunUntil]),
                        [CurrentRunCount] = CASE WHEN n.[IsRecurring] = 0 THEN NULL
                            WHEN @StoredIsRecurring = 1 AND @Alive = 1 THEN t.[CurrentRunCount] ELSE 0 END,
                        [AnchorUtc] = CASE WHEN @Keeps = 1 THEN t.[AnchorUtc] ELSE CONVERT(datetimeoffset(3), n.[AnchorUtc]) END,
                        [NextRunUtc] = CASE WHEN @Keeps = 1 THEN t.[NextRunUtc] ELSE CONVERT(datetimeoffset(3), n.[NextRunUtc]) END,
                        [Status] = CASE WHEN @Keeps = 1 THEN t.[Status] ELSE n.[Status] END,
                        [DueAtUtc] = CASE WHEN @Keeps = 1 OR (t.[IsPaused] = 1 AND t.[NextRunUtc] IS NOT NULL) THEN t.[DueAtUtc]
                            ELSE e.[DueAtUtc] END,
                        [ScheduledExecutionUtc] = CASE WHEN @Keeps = 1 THEN t.[ScheduledExecutionUtc]
                            WHEN n.[Status] = N'WaitingQueue' THEN e.[DueAtUtc] END,
                        [Attempt] = CASE WHEN @Keeps = 1 THEN t.[Attempt] ELSE 0 END,
                        [LostCount] = CASE WHEN @Keeps = 1 THEN t.[LostCount] ELSE 0 END,
                        [RateSlotUtc] = CASE WHEN @Keeps = 1 THEN t.[RateSlotUtc] END
                    FROM [EverTask].[QueuedTasks] AS t
                    INNER JOIN @Tasks AS n ON n.[Ordinal] = @Ordinal
                    INNER JOIN @New AS e ON e.[Ordinal] = n.[Ordinal]
                    WHERE t.[Id] = @StoredId AND t.[WorkerId] IS NULL AND t.[Status] <> N'InProgress';
                    IF @@ROWCOUNT > 0 SET @Outcome = 'updated';
                    IF @Outcome = 'updated' AND @StoredIsTagged = 1
                    BEGIN
                        DELETE FROM [EverTask].[TaskTags] WHERE [TaskId] = @StoredId;
                        UPDATE [EverTask].[QueuedTasks] SET [Tags] = NULL WHERE [Id] = @StoredId;
                    END;

                    -- The first status is not an error, so only Full audits it.
                    IF @Outcome = 'updated' AND @Keeps = 0 AND @NewStatus <> @StoredStatus AND @NewLevel NOT IN (1, 2, 3)
                        INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
                        VALUES (@StoredId, @Now, @NewStatus, NULL);
                END;
                UPDATE @New SET [RowId] = @StoredId, [Outcome] = @Outcome WHERE [Ordinal] = @Ordinal;
            END;
        END;

        IF @Stores = 1
            INSERT INTO [EverTask].[QueuedTasks] ([Id], [CreatedAtUtc], [ExecutionTimeMs], [ScheduledExecutionUtc], [Type], [Request], [Handler],
                [IsRecurring], [RecurringTask], [RecurringInfo], [CurrentRunCount], [MaxRuns], [RunUntil], [NextRunUtc],
                [QueueName], [TaskKey], [AuditLevel], [Status], [Priority], [DueAtUtc], [Attempt], [WorkerId],
                [LeaseToken], [AnchorUtc], [TraceContext], [RetryPolicy])
            OUTPUT inserted.[Id], inserted.[Status], inserted.[AuditLevel] INTO @Created ([Id], [Status], [AuditLevel])
            SELECT n.[Id], @Now, 0, CASE WHEN n.[Status] = N'WaitingQueue' THEN e.[DueAtUtc] END, n.[Type], n.[Request],
                n.[Handler], n.[IsRecurring], n.[RecurringTask], n.[RecurringInfo],
                CASE WHEN n.[IsRecurring] = 1 THEN 0 END, n.[MaxRuns], CONVERT(datetimeoffset(3), n.[RunUntil]),
                CONVERT(datetimeoffset(3), n.[NextRunUtc]), n.[QueueName], n.[TaskKey], n.[AuditLevel], n.[Status], n.[Priority],
                CASE WHEN e.[ClaimFor] IS NULL THEN e.[DueAtUtc] END, CASE WHEN e.[ClaimFor] IS NULL THEN 0 ELSE 1 END,
                e.[ClaimFor], CASE WHEN e.[ClaimFor] IS NULL THEN 0 ELSE 1 END, CONVERT(datetimeoffset(3), n.[AnchorUtc]),
                n.[TraceContext], n.[RetryPolicy]
            FROM @New AS e
            INNER JOIN @Tasks AS n ON n.[Ordinal] = e.[Ordinal]
            WHERE e.[Turn] = @Turn
                AND NOT EXISTS (SELECT 1 FROM [EverTask].[QueuedTasks] AS t WHERE t.[Id] = n.[Id])
                AND NOT EXISTS (SELECT 1 FROM @Tasks AS b WHERE b.[Id] = n.[Id] AND b.[Ordinal] < n.[Ordinal])
            OPTION (LOOP JOIN, FORCE ORDER);

        SELECT @Turn = MIN(n.[Turn]) FROM @New AS n WHERE n.[Turn] > @Turn;
    END;

    -- The first status is not an error, so only Full audits it.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT c.[Id], @Now, c.[Status], NULL
    FROM @Created AS c
    WHERE c.[AuditLevel] NOT IN (1, 2, 3);

    COMMIT TRANSACTION;

    SELECT n.[RowId] AS [Id], n.[Outcome] AS [Outcome],
        CASE WHEN n.[Outcome] = 'created' AND t.[WorkerId] = k.[ClaimFor] AND t.[LeaseToken] = 1 THEN 1 ELSE 0 END AS [Claimed]
    FROM @New AS n
    INNER JOIN @Tasks AS k ON k.[Ordinal] = n.[Ordinal]
    LEFT JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = n.[RowId]
    ORDER BY n.[Ordinal]
    OPTION (LOOP JOIN, FORCE ORDER);
END
GO
`,
  "usp_PublishEvents.sql": `-- Stores a batch of events if there is a watcher. A batch that is already stored stays unchanged.
--
-- Returns the Id and Parameters of all watchers.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_PublishEvents];
GO
CREATE PROCEDURE [EverTask].[usp_PublishEvents]
    @WriterId nvarchar(100),
    @Since    bigint, -- the number of the last event before the batch
    @UpTo     bigint, -- the number of the last event of the batch
    @WorkerId nvarchar(100),
    @Host     nvarchar(400),
    @Events   nvarchar(max) -- as JSON
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    SET LOCK_TIMEOUT 1000; -- must not delay the other work of the process

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();

    INSERT INTO [EverTask].[RelayedEvents] ([WriterId], [UpTo], [Since], [WrittenUtc], [WorkerId], [Host], [Events])
    SELECT @WriterId, @UpTo, @Since, @Now, @WorkerId, @Host, @Events
    WHERE EXISTS (SELECT 1 FROM [EverTask].[EventWatchers] AS w WITH (NOLOCK) WHERE w.[ExpiresUtc] > @Now)
        AND NOT EXISTS (SELECT 1 FROM [EverTask].[RelayedEvents] AS e WHERE e.[WriterId] = @WriterId AND e.[UpTo] = @UpTo);

    SELECT w.[Id] AS [Id], w.[Parameters] AS [Parameters]
    FROM [EverTask].[EventWatchers] AS w WITH (NOLOCK) WHERE w.[ExpiresUtc] > @Now ORDER BY w.[Id];
END
GO
`,
  "usp_Purge.sql": `-- Deletes expired rows by the retention policy, in one short transaction: at most @Limit rows of
-- all tables together. Then deletes the keys of rate limits that have been idle for a day. Call it
-- again until Done is 1. Rows are kept without a limit if the number of days is omitted, NULL, zero
-- or negative.
--
--   EXEC [EverTask].[usp_Purge] @StatusAuditDays = 30, @RunsAuditDays = 7, @ErrorAuditDays = 90;
--
-- Walks through the tables in steps of some thousand rows: first the history in the order of
-- its instants, then the tasks in the order of their ids, which is by age. A call that passes the
-- place that the previous one returned (@Walk to @AfterOrder) reads no row again. A call without a
-- place begins at the first rows.
--
-- With @Verb, it belongs to an operator's action: it adds its rows to the one with @ContinuesId, or
-- records a new one.
--
-- Returns one row: StatusAudit, RunsAudit, ExecutionLog, Tasks and OperatorActions (numbers of
-- deleted rows), Done (1: nothing is left to delete), Busy (1: another process is purging; nothing
-- was done), ActionId (NULL with @Verb: @ContinuesId is not an unfinished purge; nothing was done),
-- and the place where the next call begins.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_Purge];
GO
CREATE PROCEDURE [EverTask].[usp_Purge]
    @StatusAuditDays         float = NULL,
    @RunsAuditDays           float = NULL,
    @ErrorAuditDays          float = NULL, -- overrides both for rows that have an exception
    @ExecutionLogDays        float = NULL,
    @MaxExecutionLogsPerTask int = NULL,   -- the number of lines that are kept per task: the newest
    @DeleteCompletedTasks    bit = 0,      -- one-shot tasks that were completed or cancelled before @StatusAuditDays
    @Limit                   int = 1000,
    @DryRun                  bit = 0,      -- only counts the expired rows, without the limit
    @MostMs                  int = NULL,   -- stops after about this time; NULL: at the limit or at the end
    @ReadsAll                bit = 1,      -- 0: stops at the tasks whose ids are too young for expired tasks
    @Walk                    int = 1,      -- the table: 1 to 5, in the order below
    @AfterUtc                varchar(40) = NULL,
    @AfterNumber             bigint = NULL,
    @AfterOrder              binary(36) = NULL,
    @OperatorActionSeconds   int = NULL,   -- not subject to the limit
    @ContinuesId             bigint = NULL,
    @Verb                    nvarchar(20) = NULL,
    @Actor                   nvarchar(400) = NULL,
    @Reason                  nvarchar(max) = NULL,
    @TargetKind              nvarchar(10) = NULL,
    @Target                  nvarchar(200) = NULL,
    @Before                  nvarchar(max) = NULL,
    @After                   nvarchar(max) = NULL
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    -- Sets the isolation level that READPAST requires. An earlier transaction may have left the
    -- session at another one.
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Status datetimeoffset(3), @StatusErrors datetimeoffset(3), @StatusLatest datetimeoffset(3),
        @Runs datetimeoffset(3), @RunsErrors datetimeoffset(3), @RunsLatest datetimeoffset(3),
        @Logs datetimeoffset(3), @Tasks datetimeoffset(3), @MaxLogs int, @IdleTatMs float, @Lock int = 0;
    DECLARE @StatusCount int = 0, @RunsCount int = 0, @LogCount int = 0, @TaskCount int = 0, @Done bit = 0;
    DECLARE @ActionCount bigint = 0, @Deleted bigint, @Next nvarchar(100), @ActionId bigint;
    -- The number of rows that a step reads. Below 5000, its locks stay row locks.
    DECLARE @Rows int = 1000;
    DECLARE @Left int = @Limit, @Found int, @Expired int, @IsCut bit, @StopsAt datetime2(3);
    DECLARE @AfterAt datetimeoffset(7), @AheadMs bigint, @UntilMs bigint, @NewestMs bigint, @Until binary(36), @Newest binary(36),
        @UntilText varchar(36) = '', @NewestText varchar(36) = '';
    DECLARE @Read TABLE ([Id] bigint NOT NULL PRIMARY KEY, [At] datetimeoffset(7) NOT NULL, [Expired] bit NOT NULL);
    DECLARE @ReadTasks TABLE (
        [IdOrder]         binary(36)       NOT NULL PRIMARY KEY,
        [Id]              uniqueidentifier NOT NULL,
        [LastLogSequence] int              NOT NULL,
        [MayGo]           bit              NOT NULL
    );
    DECLARE @Doomed TABLE ([IdOrder] binary(36) NOT NULL PRIMARY KEY, [Id] uniqueidentifier NOT NULL);

    -- The instants before which rows expire. NULL, with which no comparison is true, keeps all
    -- rows. So does a limit of a thousand years or more.
    SET @ErrorAuditDays = CASE WHEN @ErrorAuditDays > 0 THEN @ErrorAuditDays END;
    SELECT @Status = MAX(CASE WHEN c.[Kind] = 1 THEN c.[Before] END), @Runs = MAX(CASE WHEN c.[Kind] = 2 THEN c.[Before] END),
        @StatusErrors = MAX(CASE WHEN c.[Kind] = 3 THEN c.[Before] END), @RunsErrors = MAX(CASE WHEN c.[Kind] = 4 THEN c.[Before] END),
        @Logs = MAX(CASE WHEN c.[Kind] = 5 THEN c.[Before] END)
    FROM (
        SELECT d.[Kind], DATEADD(millisecond, -(d.[Ms] % 86400000), DATEADD(day, -(d.[Ms] / 86400000), @Now)) AS [Before]
        FROM (
            SELECT v.[Kind], CONVERT(bigint, CASE WHEN v.[Days] > 0 AND v.[Days] < 365000 THEN v.[Days] * 86400000 END) AS [Ms]
            FROM (VALUES (1, @StatusAuditDays), (2, @RunsAuditDays), (3, COALESCE(@ErrorAuditDays, @StatusAuditDays)),
                (4, COALESCE(@ErrorAuditDays, @RunsAuditDays)), (5, @ExecutionLogDays)) AS v ([Kind], [Days])
        ) AS d
    ) AS c;
    SET @StatusLatest = CASE WHEN @Status > @StatusErrors THEN @Status ELSE COALESCE(@StatusErrors, @Status) END;
    SET @RunsLatest = CASE WHEN @Runs > @RunsErrors THEN @Runs ELSE COALESCE(@RunsErrors, @Runs) END;
    SET @Tasks = CASE WHEN @DeleteCompletedTasks = 1 THEN @Status END;
    SET @MaxLogs = CASE WHEN @MaxExecutionLogsPerTask > 0 THEN @MaxExecutionLogsPerTask END;

    BEGIN TRANSACTION;

    -- One process purges at a time; the end of the transaction releases the lock in any case. If
    -- the lock is not granted, nothing has been written, so COMMIT ends this transaction. ROLLBACK
    -- would also end the caller's.
    IF @DryRun = 0
        EXEC @Lock = sp_getapplock @Resource = N'[EverTask].purge', @LockMode = 'Exclusive', @LockOwner = 'Transaction',
            @LockTimeout = 100;
    IF @Lock < 0
    BEGIN
        COMMIT TRANSACTION;
        SELECT 0 AS [StatusAudit], 0 AS [RunsAudit], 0 AS [ExecutionLog], 0 AS [Tasks], 0 AS [OperatorActions], 0 AS [Done],
            1 AS [Busy], NULL AS [ActionId], @Walk AS [Walk], @AfterUtc AS [AfterUtc], @AfterNumber AS [AfterNumber],
            @AfterOrder AS [AfterOrder];
        RETURN;
    END;

    IF @ContinuesId IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM [EverTask].[OperatorActions] WHERE [Id] = @ContinuesId AND [Next] = N'more')
    BEGIN
        COMMIT TRANSACTION;
        SELECT 0 AS [StatusAudit], 0 AS [RunsAudit], 0 AS [ExecutionLog], 0 AS [Tasks], 0 AS [OperatorActions], 0 AS [Done],
            0 AS [Busy], NULL AS [ActionId], @Walk AS [Walk], @AfterUtc AS [AfterUtc], @AfterNumber AS [AfterNumber],
            @AfterOrder AS [AfterOrder];
        RETURN;
    END;

    -- The end of the walk through the tasks. An id begins with the time of its creation by the clock
    -- of the process that made it, which may be ahead by @AheadMs. All tasks are read if the newest
    -- id is ahead by more.
    SET @Until = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF;
    IF @ReadsAll = 0 AND @Tasks IS NOT NULL
    BEGIN
        SET @AheadMs = DATEDIFF_BIG(millisecond, @Tasks, @Now) / 10;
        IF @AheadMs > 60000 SET @AheadMs = 60000;
        SET @UntilMs = DATEDIFF_BIG(millisecond, '1970-01-01', @Tasks) + @AheadMs;
        SET @NewestMs = DATEDIFF_BIG(millisecond, '1970-01-01', @Now) + @AheadMs;
        IF SERVERPROPERTY('Babelfish') IS NULL
        BEGIN
            SET @Newest = CONVERT(binary(6), @NewestMs);
            IF NOT EXISTS (SELECT 1 FROM [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK) WHERE t.[IdOrder] > @Newest)
                SET @Until = CONVERT(binary(6), @UntilMs);
        END;
        ELSE
        BEGIN
            -- IdOrder has the id's text there, whose first 12 digits are the time.
            WHILE LEN(@UntilText) < 13
            BEGIN
                SET @UntilText = SUBSTRING('0123456789ABCDEF', CONVERT(int, @UntilMs % 16) + 1, 1) + @UntilText;
                SET @NewestText = SUBSTRING('0123456789ABCDEF', CONVERT(int, @NewestMs % 16) + 1, 1) + @NewestText;
                IF LEN(@UntilText) = 4 SELECT @UntilText = '-' + @UntilText, @NewestText = '-' + @NewestText;
                SELECT @UntilMs = @UntilMs / 16, @NewestMs = @NewestMs / 16;
            END;
            SET @Newest = CAST(CAST(@NewestText AS char(36)) AS binary(36));
            IF NOT EXISTS (SELECT 1 FROM [EverTask].[QueuedTasks] AS t WHERE t.[IdOrder] > @Newest)
                SET @Until = CAST(CAST(@UntilText AS char(36)) AS binary(36));
        END;
    END;

    SET @AfterAt = CONVERT(datetimeoffset(7), COALESCE(@AfterUtc, '0001-01-01'));
    SET @AfterNumber = COALESCE(@AfterNumber, 0);
    SET @AfterOrder = COALESCE(@AfterOrder, 0x00);
    SET @StopsAt = DATEADD(millisecond, @MostMs, SYSUTCDATETIME());
    WHILE @Walk <= 5 AND @Left > 0 AND (@StopsAt IS NULL OR SYSUTCDATETIME() < @StopsAt)
    BEGIN
        DELETE FROM @Read;
        DELETE FROM @ReadTasks;
        DELETE FROM @Doomed;

        -- The next rows of history in the order of its index on the instant. Skips locked rows, which
        -- the next walk reads again.
        IF @Walk = 1
            INSERT INTO @Read ([Id], [At], [Expired])
            SELECT TOP (@Rows) s.[Id], s.[UpdatedAtUtc],
                CASE WHEN s.[UpdatedAtUtc] < CASE WHEN s.[Exception] IS NULL THEN @Status ELSE @StatusErrors END THEN 1 ELSE 0 END
            FROM [EverTask].[StatusAudit] AS s WITH (READPAST, READCOMMITTEDLOCK)
            WHERE s.[UpdatedAtUtc] < @StatusLatest AND s.[UpdatedAtUtc] >= @AfterAt
                AND (s.[UpdatedAtUtc] > @AfterAt OR s.[Id] > @AfterNumber)
            ORDER BY s.[UpdatedAtUtc], s.[Id];
        IF @Walk = 2
            INSERT INTO @Read ([Id], [At], [Expired])
            SELECT TOP (@Rows) s.[Id], s.[ExecutedAt],
                CASE WHEN s.[ExecutedAt] < CASE WHEN s.[Exception] IS NULL THEN @Runs ELSE @RunsErrors END THEN 1 ELSE 0 END
            FROM [EverTask].[RunsAudit] AS s WITH (READPAST, READCOMMITTEDLOCK)
            WHERE s.[ExecutedAt] < @RunsLatest AND s.[ExecutedAt] >= @AfterAt
                AND (s.[ExecutedAt] > @AfterAt OR s.[Id] > @AfterNumber)
            ORDER BY s.[ExecutedAt], s.[Id];
        IF @Walk = 3
            INSERT INTO @Read ([Id], [At], [Expired])
            SELECT TOP (@Rows) l.[Id], l.[TimestampUtc], 1
            FROM [EverTask].[TaskExecutionLog] AS l WITH (READPAST, READCOMMITTEDLOCK)
            WHERE l.[TimestampUtc] < @Logs AND l.[TimestampUtc] >= @AfterAt
                AND (l.[TimestampUtc] > @AfterAt OR l.[Id] > @AfterNumber)
            ORDER BY l.[TimestampUtc], l.[Id];

        -- The next tasks with too many lines, in the order of the index on the number of the last
        -- line, and their superfluous lines. In a dry run, the expired lines are still there.
        IF @Walk = 4
        BEGIN
            -- Two statements, because one with OR would read all tasks with this number again.
            INSERT INTO @ReadTasks ([IdOrder], [Id], [LastLogSequence], [MayGo])
            SELECT TOP (@Rows) t.[IdOrder], t.[Id], t.[LastLogSequence], 0
            FROM [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK)
            WHERE t.[LastLogSequence] = @AfterNumber AND t.[LastLogSequence] > @MaxLogs AND t.[LastLogSequence] > 0
                AND t.[IdOrder] > @AfterOrder
            ORDER BY t.[IdOrder];
            SET @Found = @@ROWCOUNT;
            INSERT INTO @ReadTasks ([IdOrder], [Id], [LastLogSequence], [MayGo])
            SELECT TOP (@Rows - @Found) t.[IdOrder], t.[Id], t.[LastLogSequence], 0
            FROM [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK)
            WHERE t.[LastLogSequence] > @AfterNumber AND t.[LastLogSequence] > @MaxLogs AND t.[LastLogSequence] > 0
            ORDER BY t.[LastLogSequence], t.[IdOrder];
            INSERT INTO @Read ([Id], [At], [Expired])
            SELECT TOP (CASE WHEN @DryRun = 1 THEN 2147483647 WHEN @Left < @Rows THEN @Left ELSE @Rows END) l.[Id], l.[TimestampUtc], 1
            FROM @ReadTasks AS r
            INNER JOIN [EverTask].[TaskExecutionLog] AS l WITH (READPAST, READCOMMITTEDLOCK, FORCESEEK)
                ON l.[TaskId] = r.[Id] AND l.[SequenceNumber] <= r.[LastLogSequence] - @MaxLogs
            WHERE @DryRun = 0 OR @Logs IS NULL OR NOT l.[TimestampUtc] < @Logs
            OPTION (LOOP JOIN, FORCE ORDER);
        END;

        -- The next tasks in the order of ids, and those of them without remaining rows of history.
        IF @Walk = 5 AND @Tasks IS NOT NULL
        BEGIN
            INSERT INTO @ReadTasks ([IdOrder], [Id], [LastLogSequence], [MayGo])
            SELECT TOP (@Rows) t.[IdOrder], t.[Id], t.[LastLogSequence],
                CASE WHEN t.[IsRecurring] = 0 AND t.[WorkerId] IS NULL AND t.[DueAtUtc] IS NULL
                    AND t.[Status] IN (N'Completed', N'Cancelled')
                    AND COALESCE(t.[LastExecutionUtc], t.[CreatedAtUtc]) < @Tasks THEN 1 ELSE 0 END
            FROM [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK)
            WHERE t.[IdOrder] > @AfterOrder AND t.[IdOrder] < @Until
            ORDER BY t.[IdOrder];
            INSERT INTO @Doomed ([IdOrder], [Id])
            SELECT r.[IdOrder], r.[Id]
            FROM @ReadTasks AS r
            WHERE r.[MayGo] = 1
                AND NOT EXISTS (SELECT 1 FROM [EverTask].[StatusAudit] AS s WHERE s.[QueuedTaskId] = r.[Id]
                    AND NOT s.[UpdatedAtUtc] < CASE WHEN s.[Exception] IS NULL THEN @Status ELSE @StatusErrors END)
                AND NOT EXISTS (SELECT 1 FROM [EverTask].[RunsAudit] AS s WHERE s.[QueuedTaskId] = r.[Id]
                    AND (CASE WHEN s.[Exception] IS NULL THEN @Runs ELSE @RunsErrors END IS NULL
                        OR NOT s.[ExecutedAt] < CASE WHEN s.[Exception] IS NULL THEN @Runs ELSE @RunsErrors END))
                AND NOT EXISTS (SELECT 1 FROM [EverTask].[TaskExecutionLog] AS l WHERE l.[TaskId] = r.[Id]
                    AND (@Logs IS NULL OR NOT l.[TimestampUtc] < @Logs)
                    AND (@MaxLogs IS NULL OR r.[LastLogSequence] - @MaxLogs < l.[SequenceNumber]));
        END;

        -- The place after these rows. @IsCut: the limit leaves some of them to the next call.
        IF @Walk <= 3
        BEGIN
            SELECT @Found = COUNT(*), @Expired = COUNT(CASE WHEN r.[Expired] = 1 THEN 1 END) FROM @Read AS r;
            SET @IsCut = CASE WHEN @DryRun = 0 AND @Expired > @Left THEN 1 ELSE 0 END;
            IF @IsCut = 1
            BEGIN
                SELECT TOP (1) @AfterAt = x.[At], @AfterNumber = x.[Id]
                FROM (SELECT TOP (@Left) r.[At], r.[Id] FROM @Read AS r WHERE r.[Expired] = 1 ORDER BY r.[At], r.[Id]) AS x
                ORDER BY x.[At] DESC, x.[Id] DESC;
                DELETE FROM @Read WHERE [At] > @AfterAt OR ([At] = @AfterAt AND [Id] > @AfterNumber);
            END;
            ELSE
                SELECT TOP (1) @AfterAt = r.[At], @AfterNumber = r.[Id] FROM @Read AS r ORDER BY r.[At] DESC, r.[Id] DESC;
        END;
        IF @Walk = 4
        BEGIN
            SELECT @Expired = COUNT(*) FROM @Read AS r;
            SELECT @Found = COUNT(*) FROM @ReadTasks AS r;
            SET @IsCut = CASE WHEN @DryRun = 0 AND (@Expired = @Left OR @Expired = @Rows) THEN 1 ELSE 0 END;
            IF @IsCut = 0
                SELECT TOP (1) @AfterNumber = r.[LastLogSequence], @AfterOrder = r.[IdOrder]
                FROM @ReadTasks AS r
                ORDER BY r.[LastLogSequence] DESC, r.[IdOrder] DESC;
        END;
        IF @Walk = 5
        BEGIN
            SELECT @Expired = COUNT(*) FROM @Doomed AS d;
            SELECT @Found = COUNT(*) FROM @ReadTasks AS r;
            SET @IsCut = CASE WHEN @DryRun = 0 AND @Expired > @Left THEN 1 ELSE 0 END;
            IF @IsCut = 1
            BEGIN
                SELECT TOP (1) @AfterOrder = x.[IdOrder]
                FROM (SELECT TOP (@Left) d.[IdOrder] FROM @Doomed AS d ORDER BY d.[IdOrder]) AS x
                ORDER BY x.[IdOrder] DESC;
                DELETE FROM @Doomed WHERE [IdOrder] > @AfterOrder;
            END;
            ELSE
                SELECT TOP (1) @AfterOrder = r.[IdOrder] FROM @ReadTasks AS r ORDER BY r.[IdOrder] DESC;
        END;

        IF @DryRun = 0
        BEGIN
            IF @Walk = 1
                DELETE FROM [EverTask].[StatusAudit] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
                WHERE [Id] IN (SELECT r.[Id] FROM @Read AS r WHERE r.[Expired] = 1);
            ELSE IF @Walk = 2
                DELETE FROM [EverTask].[RunsAudit] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
                WHERE [Id] IN (SELECT r.[Id] FROM @Read AS r WHERE r.[Expired] = 1);
            ELSE IF @Walk IN (3, 4)
                DELETE FROM [EverTask].[TaskExecutionLog] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
                WHERE [Id] IN (SELECT r.[Id] FROM @Read AS r);
            ELSE
                -- The conditions are checked again, because the task may have been queued or have
                -- run in the meantime.
                DELETE FROM [EverTask].[QueuedTasks] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
                WHERE [Id] IN (SELECT d.[Id] FROM @Doomed AS d)
                    AND [IsRecurring] = 0 AND [WorkerId] IS NULL AND [DueAtUtc] IS NULL
                    AND [Status] IN (N'Completed', N'Cancelled')
                    AND COALESCE([LastExecutionUtc], [CreatedAtUtc]) < @Tasks;
            SET @Expired = @@ROWCOUNT;
            SET @Left = @Left - @Expired;
            -- Deletes the tags of deleted tasks. Whether a task's row exists can be read while
            -- another transaction changes it.
            IF @Walk = 5
                DELETE FROM [EverTask].[TaskTags]
                WHERE [TaskId] IN (SELECT d.[Id] FROM @Doomed AS d)
                    AND NOT EXISTS (SELECT 1 FROM [EverTask].[QueuedTasks] AS t WITH (NOLOCK) WHERE t.[Id] = [TaskTags].[TaskId]);
        END;
        IF @Walk = 1 SET @StatusCount = @StatusCount + @Expired;
        IF @Walk = 2 SET @RunsCount = @RunsCount + @Expired;
        IF @Walk IN (3, 4) SET @LogCount = @LogCount + @Expired;
        IF @Walk = 5 SET @TaskCount = @TaskCount + @Expired;

        IF @IsCut = 0 AND @Found < @Rows
        BEGIN
            SET @Walk = @Walk + 1;
            SET @AfterAt = '0001-01-01';
            SET @AfterNumber = 0;
            SET @AfterOrder = 0x00;
        END;
        -- Rows that stay are only read, so more of them fit into a step.
        SET @Rows = CASE WHEN @Expired = 0 THEN 4000 ELSE 1000 END;
    END;
    SET @Done = CASE WHEN @Walk > 5 THEN 1 ELSE 0 END;
    SET @AfterUtc = CONVERT(varchar(40), @AfterAt, 121);

    -- A key that has had a full budget for a day is equivalent to a new key.
    IF @Done = 1 AND @DryRun = 0
    BEGIN
        SET @IdleTatMs = DATEDIFF_BIG(millisecond, CONVERT(datetime2(3), '1970-01-01'), CONVERT(datetime2(3), SYSUTCDATETIME())) - 86400000;
        DELETE FROM [EverTask].[RateLimits] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
        WHERE [ReservedTatMs] < @IdleTatMs AND [StartedTatMs] < @IdleTatMs;

        -- Returned slots that no task has taken are deleted, too.
        DELETE FROM [EverTask].[ReturnedRateSlots] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
        WHERE [SlotMs] < @IdleTatMs;
    END;

    IF @OperatorActionSeconds > 0 AND @DryRun = 0
        EXEC [EverTask].[usp_ForgetActions] @Seconds = @OperatorActionSeconds, @Deleted = @ActionCount OUTPUT;
    IF @OperatorActionSeconds > 0 AND @DryRun = 1 AND @Done = 1
        SELECT @ActionCount = COUNT_BIG(*) FROM [EverTask].[OperatorActions]
        WHERE [AtUtc] < DATEADD(second, -@OperatorActionSeconds, SYSUTCDATETIME());

    SET @Deleted = @StatusCount + @RunsCount + @LogCount + @TaskCount + @ActionCount;
    SET @Next = CASE WHEN @Done = 0 THEN N'more' END;
    IF @Verb IS NOT NULL AND @ContinuesId IS NULL
    BEGIN
        INSERT INTO [EverTask].[OperatorActions] ([AtUtc], [Verb], [Actor], [Reason], [TargetKind], [Target], [Before], [After],
            [Changed], [Skipped], [Next])
        VALUES (SYSUTCDATETIME(), @Verb, @Actor, @Reason, @TargetKind, @Target, @Before, @After, @Deleted, 0, @Next);
        SET @ActionId = SCOPE_IDENTITY();
    END;
    ELSE IF @ContinuesId IS NOT NULL
    BEGIN
        UPDATE [EverTask].[OperatorActions] SET [Changed] = [Changed] + @Deleted, [Next] = @Next WHERE [Id] = @ContinuesId;
        SET @ActionId = @ContinuesId;
    END;

    COMMIT TRANSACTION;

    SELECT @StatusCount AS [StatusAudit], @RunsCount AS [RunsAudit], @LogCount AS [ExecutionLog], @TaskCount AS [Tasks],
        @ActionCount AS [OperatorActions], @Done AS [Done], 0 AS [Busy], @ActionId AS [ActionId],
        @Walk AS [Walk], @AfterUtc AS [AfterUtc], @AfterNumber AS [AfterNumber], @AfterOrder AS [AfterOrder];
END
GO
`,
  "usp_ReadEvents.sql": `-- Reads, for each writer except @ExceptFrom, the first @Limit batches of events after the number in
-- @After.
--
-- Returns two recordsets: Now; the batches, for each writer in the order of their numbers.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ReadEvents];
GO
CREATE PROCEDURE [EverTask].[usp_ReadEvents]
    @After      [EverTask].[EventPositionList] READONLY, -- writers that are not listed are read from their first batch on
    @ExceptFrom nvarchar(100),
    @Limit      int
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    SET LOCK_TIMEOUT 1000; -- must not delay the other work of the process

    SELECT CAST(SYSUTCDATETIME() AS datetimeoffset(3)) AS [Now]; -- before reading, so that batches stored later are not older

    SELECT e.[WriterId] AS [WriterId], e.[Since] AS [Since], e.[UpTo] AS [UpTo], e.[WorkerId] AS [WorkerId],
        e.[Host] AS [Host], e.[Events] AS [Events]
    FROM (
        SELECT r.[WriterId], r.[Since], r.[UpTo], r.[WorkerId], r.[Host], r.[Events],
            ROW_NUMBER() OVER (PARTITION BY r.[WriterId] ORDER BY r.[UpTo]) AS [Number]
        FROM [EverTask].[RelayedEvents] AS r
        LEFT JOIN @After AS a ON a.[WriterId] = r.[WriterId]
        WHERE r.[WriterId] <> @ExceptFrom AND (a.[UpTo] IS NULL OR r.[UpTo] > a.[UpTo])
    ) AS e
    WHERE e.[Number] <= @Limit
    ORDER BY e.[WriterId], e.[UpTo];
END
GO
`,
  "usp_RegisterWorker.sql": `-- Registers a worker as alive now. For a registered worker it is a heartbeat. Returns nothing.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_RegisterWorker];
GO
CREATE PROCEDURE [EverTask].[usp_RegisterWorker]
    @WorkerId nvarchar(100),
    @Host     nvarchar(400),
    @Serves   nvarchar(max) = NULL -- the queues and types that it serves, as JSON; version 0.1 does not report them
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();

    BEGIN TRANSACTION;

    UPDATE [EverTask].[Workers] SET [HeartbeatUtc] = @Now, [Host] = @Host, [Serves] = @Serves WHERE [Id] = @WorkerId;
    IF @@ROWCOUNT = 0
        INSERT INTO [EverTask].[Workers] ([Id], [Host], [Serves], [StartedUtc], [HeartbeatUtc])
        VALUES (@WorkerId, @Host, @Serves, @Now, @Now);

    COMMIT TRANSACTION;
END
GO
`,
  "usp_ReleaseLost.sql": `-- Removes workers whose heartbeat is too old, and releases the tasks of all workers that are not
-- registered: the tasks become ServiceStopped and due now. The LostCount of a task that was running
-- (InProgress) is incremented. Above the poison limit, the task becomes Failed and is not due
-- again, and a series ends. A task that was only claimed gets the LostCount 1 if it was 0;
-- otherwise its Attempt is decremented, because the claim does not count. Writes the StatusAudit
-- row of each task's audit level.
--
-- Skips locked tasks, because the worker may have frozen in a transaction that completes the task.
-- A later call releases them if they are still held then.
--
-- Returns one row per task: TaskId, Type, QueueName, WorkerId, LostCount, Poisoned (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ReleaseLost];
GO
CREATE PROCEDURE [EverTask].[usp_ReleaseLost]
    @LeaseMs      bigint,
    @PoisonLimit  int,
    @LostReason   nvarchar(max),
    @PoisonReason nvarchar(max)
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    -- Sets the isolation level that READPAST requires. An earlier transaction may have left the
    -- session at another one.
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Late datetimeoffset(3) = DATEADD(millisecond, -(@LeaseMs % 86400000), DATEADD(day, -(@LeaseMs / 86400000), @Now));
    DECLARE @Ahead datetimeoffset(3) = DATEADD(millisecond, @LeaseMs % 86400000, DATEADD(day, @LeaseMs / 86400000, @Now));
    DECLARE @Gone TABLE ([WorkerId] nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL PRIMARY KEY);
    DECLARE @Held TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY, [WorkerId] nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL);
    DECLARE @Lost TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);
    DECLARE @Answer TABLE (
        [IdOrder]   binary(36)       NOT NULL PRIMARY KEY,
        [TaskId]    uniqueidentifier NOT NULL,
        [Type]      nvarchar(500)    COLLATE Latin1_General_BIN2 NOT NULL,
        [QueueName] nvarchar(200)    COLLATE Latin1_General_BIN2 NULL,
        [WorkerId]  nvarchar(100)    COLLATE Latin1_General_BIN2 NOT NULL,
        [LostCount] int              NOT NULL,
        [Poisoned]  bit              NOT NULL
    );

    BEGIN TRANSACTION;

    -- Heartbeats in the future, by a clock that was ahead, are set to now. Skips rows that others
    -- have locked.
    UPDATE [EverTask].[Workers] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK) SET [HeartbeatUtc] = @Now WHERE [HeartbeatUtc] > @Ahead;

    DELETE FROM [EverTask].[Workers] WHERE [HeartbeatUtc] < @Late;

    -- First finds the workers that hold tasks, then those of them that are not registered. In the
    -- other order, or in one statement, a worker that registers and claims in between would be
    -- treated as lost.
    INSERT INTO @Gone ([WorkerId])
    SELECT DISTINCT t.[WorkerId]
    FROM [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK)
    WHERE t.[WorkerId] IS NOT NULL;

    DELETE FROM @Gone WHERE [WorkerId] IN (SELECT w.[Id] FROM [EverTask].[Workers] AS w);

    INSERT INTO @Held ([TaskId], [WorkerId])
    SELECT t.[Id], t.[WorkerId]
    FROM @Gone AS g
    INNER JOIN [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK) ON t.[WorkerId] = g.[WorkerId]
    WHERE t.[WorkerId] IS NOT NULL
    ORDER BY t.[Id]
    OPTION (LOOP JOIN, FORCE ORDER);

    -- Compares the worker again, so that of two processes that find the same lost task only one
    -- releases it.
    UPDATE [EverTask].[QueuedTasks]
    SET [LostCount] = CASE WHEN ([QueuedTasks].[Status] = N'InProgress' OR [QueuedTasks].[LostCount] = 0) AND [QueuedTasks].[LostCount] < 2147483647
            THEN [QueuedTasks].[LostCount] + 1 ELSE [QueuedTasks].[LostCount] END,
        [Attempt] = CASE WHEN [QueuedTasks].[Status] = N'InProgress' OR [QueuedTasks].[LostCount] = 0 OR [QueuedTasks].[Attempt] = 0
            THEN [QueuedTasks].[Attempt] ELSE [QueuedTasks].[Attempt] - 1 END,
        [Status] = CASE WHEN [QueuedTasks].[Status] = N'InProgress' AND [QueuedTasks].[LostCount] >= @PoisonLimit THEN N'Failed' ELSE N'ServiceStopped' END,
        [Exception] = CASE WHEN [QueuedTasks].[Status] = N'InProgress' AND [QueuedTasks].[LostCount] >= @PoisonLimit THEN @PoisonReason ELSE @LostReason END,
        [WorkerId] = NULL,
        [DueAtUtc] = CASE WHEN [QueuedTasks].[Status] = N'InProgress' AND [QueuedTasks].[LostCount] >= @PoisonLimit THEN NULL ELSE @Now END,
        [NextRunUtc] = CASE WHEN [QueuedTasks].[Status] = N'InProgress' AND [QueuedTasks].[LostCount] >= @PoisonLimit THEN NULL ELSE [QueuedTasks].[NextRunUtc] END,
        [CancelRequested] = CASE WHEN [QueuedTasks].[Status] = N'InProgress' AND [QueuedTasks].[LostCount] >= @PoisonLimit THEN 0 ELSE [QueuedTasks].[CancelRequested] END
    OUTPUT inserted.[Id] INTO @Lost ([TaskId])
    FROM @Held AS h, [EverTask].[QueuedTasks] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK, FORCESEEK)
    WHERE [QueuedTasks].[Id] = h.[TaskId] AND [QueuedTasks].[WorkerId] = h.[WorkerId]
    OPTION (LOOP JOIN, FORCE ORDER);

    -- A lost worker is an error, so Full, Minimal and ErrorsOnly audit it.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT t.[Id], @Now, t.[Status], t.[Exception]
    FROM @Lost AS l
    INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = l.[TaskId]
    WHERE ISNULL(t.[AuditLevel], 0) <> 3
    OPTION (LOOP JOIN, FORCE ORDER);

    -- The result is sent after the commit, because a caller that does not read it must not keep the
    -- rows locked.
    INSERT INTO @Answer ([IdOrder], [TaskId], [Type], [QueueName], [WorkerId], [LostCount], [Poisoned])
    SELECT t.[IdOrder], t.[Id], t.[Type], t.[QueueName], h.[WorkerId], t.[LostCount],
        CASE WHEN t.[Status] = N'Failed' THEN 1 ELSE 0 END
    FROM @Lost AS l
    INNER JOIN @Held AS h ON h.[TaskId] = l.[TaskId]
    INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = l.[TaskId]
    OPTION (LOOP JOIN, FORCE ORDER);

    COMMIT TRANSACTION;

    SELECT a.[TaskId] AS [TaskId], a.[Type] AS [Type], a.[QueueName] AS [QueueName], a.[WorkerId] AS [WorkerId],
        a.[LostCount] AS [LostCount], a.[Poisoned] AS [Poisoned]
    FROM @Answer AS a
    ORDER BY a.[WorkerId], a.[IdOrder];
END
GO
`,
  "usp_ReleaseRateLimit.sql": `-- Gives back all reserved slots of a rate limit's key, and its used budget, and records the action,
-- in one transaction.
--
-- Returns one row: Known (1, or 0: the key has no budget, and nothing was recorded).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ReleaseRateLimit];
GO
CREATE PROCEDURE [EverTask].[usp_ReleaseRateLimit]
    @RateKey    nvarchar(400),
    @Verb       nvarchar(20),
    @Actor      nvarchar(400),
    @Reason     nvarchar(max),
    @TargetKind nvarchar(10),
    @Target     nvarchar(200),
    @Before     nvarchar(max),
    @After      nvarchar(max)
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Known bit = 0;
    DECLARE @NowMs float = DATEDIFF_BIG(millisecond, CONVERT(datetime2(3), '1970-01-01'), CONVERT(datetime2(3), SYSUTCDATETIME()));

    BEGIN TRANSACTION;

    UPDATE [EverTask].[RateLimits] SET [ReservedTatMs] = @NowMs, [StartedTatMs] = @NowMs WHERE [RateKey] = @RateKey;
    IF @@ROWCOUNT > 0
    BEGIN
        SET @Known = 1;
        DELETE FROM [EverTask].[ReturnedRateSlots] WHERE [RateKey] = @RateKey;
        INSERT INTO [EverTask].[OperatorActions] ([AtUtc], [Verb], [Actor], [Reason], [TargetKind], [Target], [Before], [After],
            [Changed], [Skipped], [Next])
        VALUES (SYSUTCDATETIME(), @Verb, @Actor, @Reason, @TargetKind, @Target, @Before, @After, 1, 0, NULL);
    END;

    COMMIT TRANSACTION;

    SELECT @Known AS [Known];
END
GO
`,
  "usp_ReleaseTasks.sql": `-- Gives back claimed tasks that have not started: sets the due instant, decrements the attempt, and
-- changes nothing else. Skips tasks that the worker does not hold with this token.
--
-- Returns nothing.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ReleaseTasks];
GO
CREATE PROCEDURE [EverTask].[usp_ReleaseTasks]
    @WorkerId nvarchar(100),
    @Tasks    [EverTask].[ReleasedTaskList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();

    UPDATE t
    SET [WorkerId] = NULL,
        [Attempt] = CASE WHEN t.[Attempt] > 0 THEN t.[Attempt] - 1 ELSE 0 END,
        [DueAtUtc] = CASE WHEN t.[CancelRequested] = 1 THEN @Now ELSE CONVERT(datetimeoffset(3), r.[DueAtUtc]) END
    FROM @Tasks AS r
    INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = r.[TaskId]
    WHERE t.[WorkerId] = @WorkerId AND t.[LeaseToken] = r.[LeaseToken]
    OPTION (LOOP JOIN, FORCE ORDER);
END
GO
`,
  "usp_ReleaseUnknown.sql": `-- Gives back the tasks that a worker holds without knowing it, because a claim was committed and
-- its answer was lost: makes them due now, decrements the attempt, and keeps the status. Skips
-- locked tasks, which the worker knows.
--
--   @Known  the tasks that the worker knows it holds
--
-- Returns one row: Released (the number of tasks given back).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ReleaseUnknown];
GO
CREATE PROCEDURE [EverTask].[usp_ReleaseUnknown]
    @WorkerId nvarchar(100),
    @Known    [EverTask].[TaskIdList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    -- Sets the isolation level that READPAST requires. An earlier transaction may have left the
    -- session at another one.
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();

    UPDATE [EverTask].[QueuedTasks] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
    SET [WorkerId] = NULL,
        [Attempt] = CASE WHEN [Attempt] > 0 THEN [Attempt] - 1 ELSE 0 END,
        [DueAtUtc] = @Now
    WHERE [WorkerId] = @WorkerId AND [WorkerId] IS NOT NULL AND [Id] NOT IN (SELECT k.[TaskId] FROM @Known AS k);

    SELECT @@ROWCOUNT AS [Released];
END
GO
`,
  "usp_ReportWork.sql": `-- Stores a worker's report. Replaces the rows of minutes that the worker has reported before, and
-- adds failures to their groups and hours, in the order of @Failures: by ascending id, so that reports
-- cannot deadlock. With a retention, combines the rows of minutes older than
-- @MinutesMs into rows of hours, and deletes expired rows. Returns nothing.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ReportWork];
GO
CREATE PROCEDURE [EverTask].[usp_ReportWork]
    @Source     nvarchar(36),
    @Activity   [EverTask].[ActivityList] READONLY,
    @Failures   [EverTask].[FailureList] READONLY,
    @MinutesMs  bigint = NULL, -- NULL: no retention
    @HoursMs    bigint = NULL,
    @FailuresMs bigint = NULL,
    @Version    nvarchar(201) = NULL -- of the application
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @NowMs bigint = DATEDIFF_BIG(millisecond, CONVERT(datetime2(3), '1970-01-01'), CONVERT(datetime2(3), SYSUTCDATETIME()));
    DECLARE @Hours TABLE (
        [AtMs] bigint NOT NULL, [Type] nvarchar(500) COLLATE Latin1_General_BIN2 NOT NULL,
        [QueueName] nvarchar(200) COLLATE Latin1_General_BIN2 NOT NULL,
        [Started] float NOT NULL, [Completed] float NOT NULL, [Failed] float NOT NULL, [Cancelled] float NOT NULL,
        [Retried] float NOT NULL, [Lost] float NOT NULL, [RunMs] float NOT NULL, [RunMsMax] float NOT NULL,
        [Run0] float NOT NULL, [Run1] float NOT NULL, [Run2] float NOT NULL, [Run3] float NOT NULL, [Run4] float NOT NULL,
        [Run5] float NOT NULL, [Run6] float NOT NULL, [Run7] float NOT NULL, [Run8] float NOT NULL, [Run9] float NOT NULL,
        [Run10] float NOT NULL, [Run11] float NOT NULL, [WaitMs] float NOT NULL, [WaitMsMax] float NOT NULL,
        [Wait0] float NOT NULL, [Wait1] float NOT NULL, [Wait2] float NOT NULL, [Wait3] float NOT NULL,
        [Wait4] float NOT NULL, [Wait5] float NOT NULL, [Wait6] float NOT NULL, [Wait7] float NOT NULL,
        [Wait8] float NOT NULL, [Wait9] float NOT NULL, [Wait10] float NOT NULL, [Wait11] float NOT NULL
    );

    BEGIN TRANSACTION;

    DELETE FROM [EverTask].[Activity]
    WHERE [Source] = @Source AND [Source] <> N'' AND EXISTS (SELECT 1 FROM @Activity AS n
        WHERE n.[AtMs] = [Activity].[AtMs] AND n.[Type] = [Activity].[Type] AND n.[QueueName] = [Activity].[QueueName])
        AND [AtMs] >= (SELECT MIN(n.[AtMs]) FROM @Activity AS n);

    INSERT INTO [EverTask].[Activity] ([AtMs], [Type], [QueueName], [Source],
        [Started], [Completed], [Failed], [Cancelled], [Retried], [Lost], [RunMs], [RunMsMax], [Run0], [Run1], [Run2],
        [Run3], [Run4], [Run5], [Run6], [Run7], [Run8], [Run9], [Run10], [Run11], [WaitMs], [WaitMsMax], [Wait0], [Wait1],
        [Wait2], [Wait3], [Wait4], [Wait5], [Wait6], [Wait7], [Wait8], [Wait9], [Wait10], [Wait11])
    SELECT n.[AtMs], n.[Type], n.[QueueName], @Source,
        n.[Started], n.[Completed], n.[Failed], n.[Cancelled], n.[Retried], n.[Lost], n.[RunMs], n.[RunMsMax], n.[Run0],
        n.[Run1], n.[Run2], n.[Run3], n.[Run4], n.[Run5], n.[Run6], n.[Run7], n.[Run8], n.[Run9], n.[Run10], n.[Run11],
        n.[WaitMs], n.[WaitMsMax], n.[Wait0], n.[Wait1], n.[Wait2], n.[Wait3], n.[Wait4], n.[Wait5], n.[Wait6], n.[Wait7],
        n.[Wait8], n.[Wait9], n.[Wait10], n.[Wait11]
    FROM @Activity AS n;

    UPDATE g
    SET [Summary] = n.[Summary], [Failures] = g.[Failures] + n.[Failures],
        [FirstMs] = CASE WHEN n.[FirstMs] < g.[FirstMs] THEN n.[FirstMs] ELSE g.[FirstMs] END,
        [LastMs] = CASE WHEN n.[LastMs] > g.[LastMs] THEN n.[LastMs] ELSE g.[LastMs] END,
        [FirstVersion] = CASE WHEN n.[FirstMs] < g.[FirstMs] THEN @Version ELSE g.[FirstVersion] END,
        [LastVersion] = CASE WHEN n.[LastMs] < g.[LastMs] THEN g.[LastVersion] ELSE @Version END,
        [TaskId] = n.[TaskId], [Exception] = n.[Exception]
    FROM @Failures AS n
    INNER JOIN [EverTask].[FailureGroups] AS g WITH (FORCESEEK) ON g.[Id] = n.[Id]
    OPTION (LOOP JOIN, FORCE ORDER);

    INSERT INTO [EverTask].[FailureGroups] ([Id], [Type], [Summary], [Failures], [FirstMs], [LastMs], [FirstVersion],
        [LastVersion], [TaskId], [Exception])
    SELECT n.[Id], n.[Type], n.[Summary], n.[Failures], n.[FirstMs], n.[LastMs], @Version, @Version, n.[TaskId], n.[Exception]
    FROM @Failures AS n
    WHERE NOT EXISTS (SELECT 1 FROM [EverTask].[FailureGroups] AS g WHERE g.[Id] = n.[Id])
    ORDER BY n.[Id];

    UPDATE c
    SET [Failures] = c.[Failures] + n.[Failures]
    FROM @Failures AS n
    INNER JOIN [EverTask].[FailureCounts] AS c WITH (FORCESEEK)
        ON c.[GroupId] = n.[Id] AND c.[HourMs] = n.[LastMs] - n.[LastMs] % 3600000
    OPTION (LOOP JOIN, FORCE ORDER);

    INSERT INTO [EverTask].[FailureCounts] ([GroupId], [HourMs], [Failures])
    SELECT n.[Id], n.[LastMs] - n.[LastMs] % 3600000, n.[Failures]
    FROM @Failures AS n
    WHERE NOT EXISTS (SELECT 1 FROM [EverTask].[FailureCounts] AS c
        WHERE c.[GroupId] = n.[Id] AND c.[HourMs] = n.[LastMs] - n.[LastMs] % 3600000)
    ORDER BY n.[Id];

    IF @MinutesMs IS NOT NULL
    BEGIN
        INSERT INTO @Hours ([AtMs], [Type], [QueueName],
            [Started], [Completed], [Failed], [Cancelled], [Retried], [Lost], [RunMs], [RunMsMax], [Run0], [Run1], [Run2],
            [Run3], [Run4], [Run5], [Run6], [Run7], [Run8], [Run9], [Run10], [Run11], [WaitMs], [WaitMsMax], [Wait0],
            [Wait1], [Wait2], [Wait3], [Wait4], [Wait5], [Wait6], [Wait7], [Wait8], [Wait9], [Wait10], [Wait11])
        SELECT a.[AtMs] - a.[AtMs] % 3600000, a.[Type], a.[QueueName],
            SUM(a.[Started]), SUM(a.[Completed]), SUM(a.[Failed]), SUM(a.[Cancelled]), SUM(a.[Retried]), SUM(a.[Lost]),
            SUM(a.[RunMs]), MAX(a.[RunMsMax]), SUM(a.[Run0]), SUM(a.[Run1]), SUM(a.[Run2]), SUM(a.[Run3]), SUM(a.[Run4]),
            SUM(a.[Run5]), SUM(a.[Run6]), SUM(a.[Run7]), SUM(a.[Run8]), SUM(a.[Run9]), SUM(a.[Run10]), SUM(a.[Run11]),
            SUM(a.[WaitMs]), MAX(a.[WaitMsMax]), SUM(a.[Wait0]), SUM(a.[Wait1]), SUM(a.[Wait2]), SUM(a.[Wait3]),
            SUM(a.[Wait4]), SUM(a.[Wait5]), SUM(a.[Wait6]), SUM(a.[Wait7]), SUM(a.[Wait8]), SUM(a.[Wait9]), SUM(a.[Wait10]),
            SUM(a.[Wait11])
        FROM [EverTask].[Activity] AS a WITH (UPDLOCK, HOLDLOCK)
        WHERE a.[AtMs] < @NowMs - @MinutesMs AND a.[Source] <> N''
        GROUP BY a.[AtMs] - a.[AtMs] % 3600000, a.[Type], a.[QueueName];

        DELETE FROM [EverTask].[Activity] WHERE [AtMs] < @NowMs - @MinutesMs AND [Source] <> N'';

        UPDATE a
        SET [Started] = a.[Started] + n.[Started], [Completed] = a.[Completed] + n.[Completed], [Failed] = a.[Failed] +
            n.[Failed], [Cancelled] = a.[Cancelled] + n.[Cancelled], [Retried] = a.[Retried] + n.[Retried], [Lost] =
            a.[Lost] + n.[Lost], [RunMs] = a.[RunMs] + n.[RunMs], [RunMsMax] = CASE WHEN n.[RunMsMax] > a.[RunMsMax] THEN
            n.[RunMsMax] ELSE a.[RunMsMax] END, [Run0] = a.[Run0] + n.[Run0], [Run1] = a.[Run1] + n.[Run1], [Run2] =
            a.[Run2] + n.[Run2], [Run3] = a.[Run3] + n.[Run3], [Run4] = a.[Run4] + n.[Run4], [Run5] = a.[Run5] + n.[Run5],
            [Run6] = a.[Run6] + n.[Run6], [Run7] = a.[Run7] + n.[Run7], [Run8] = a.[Run8] + n.[Run8], [Run9] = a.[Run9] +
            n.[Run9], [Run10] = a.[Run10] + n.[Run10], [Run11] = a.[Run11] + n.[Run11], [WaitMs] = a.[WaitMs] + n.[WaitMs],
            [WaitMsMax] = CASE WHEN n.[WaitMsMax] > a.[WaitMsMax] THEN n.[WaitMsMax] ELSE a.[WaitMsMax] END, [Wait0] =
            a.[Wait0] + n.[Wait0], [Wait1] = a.[Wait1] + n.[Wait1], [Wait2] = a.[Wait2] + n.[Wait2], [Wait3] = a.[Wait3] +
            n.[Wait3], [Wait4] = a.[Wait4] + n.[Wait4], [Wait5] = a.[Wait5] + n.[Wait5], [Wait6] = a.[Wait6] + n.[Wait6],
            [Wait7] = a.[Wait7] + n.[Wait7], [Wait8] = a.[Wait8] + n.[Wait8], [Wait9] = a.[Wait9] + n.[Wait9], [Wait10] =
            a.[Wait10] + n.[Wait10], [Wait11] = a.[Wait11] + n.[Wait11]
        FROM [EverTask].[Activity] AS a
        INNER JOIN @Hours AS n ON n.[AtMs] = a.[AtMs] AND n.[Type] = a.[Type] AND n.[QueueName] = a.[QueueName]
        WHERE a.[Source] = N'';

        INSERT INTO [EverTask].[Activity] ([AtMs], [Type], [QueueName], [Source],
            [Started], [Completed], [Failed], [Cancelled], [Retried], [Lost], [RunMs], [RunMsMax], [Run0], [Run1], [Run2],
            [Run3], [Run4], [Run5], [Run6], [Run7], [Run8], [Run9], [Run10], [Run11], [WaitMs], [WaitMsMax], [Wait0],
            [Wait1], [Wait2], [Wait3], [Wait4], [Wait5], [Wait6], [Wait7], [Wait8], [Wait9], [Wait10], [Wait11])
        SELECT n.[AtMs], n.[Type], n.[QueueName], N'',
            n.[Started], n.[Completed], n.[Failed], n.[Cancelled], n.[Retried], n.[Lost], n.[RunMs], n.[RunMsMax], n.[Run0],
            n.[Run1], n.[Run2], n.[Run3], n.[Run4], n.[Run5], n.[Run6], n.[Run7], n.[Run8], n.[Run9], n.[Run10], n.[Run11],
            n.[WaitMs], n.[WaitMsMax], n.[Wait0], n.[Wait1], n.[Wait2], n.[Wait3], n.[Wait4], n.[Wait5], n.[Wait6],
            n.[Wait7], n.[Wait8], n.[Wait9], n.[Wait10], n.[Wait11]
        FROM @Hours AS n
        WHERE NOT EXISTS (SELECT 1 FROM [EverTask].[Activity] AS a WHERE a.[Source] = N''
            AND a.[AtMs] = n.[AtMs] AND a.[Type] = n.[Type] AND a.[QueueName] = n.[QueueName]);

        DELETE FROM [EverTask].[Activity] WHERE [AtMs] < @NowMs - @HoursMs;
        DELETE FROM [EverTask].[FailureGroups] WHERE [LastMs] < @NowMs - @FailuresMs;
        -- No hour of a group begins after its last failure, so these are all counts of deleted groups, too.
        DELETE FROM [EverTask].[FailureCounts] WHERE [HourMs] < @NowMs - @FailuresMs;
    END;

    COMMIT TRANSACTION;
END
GO
`,
  "usp_RequestCancel.sql": `-- Requests the cancellation of tasks. Waiting tasks are Cancelled at once, with the StatusAudit row
-- of their audit level. Held tasks are marked, and their worker sees the request at its next
-- heartbeat. A cancelled task keeps its rate limit slot, so that the caller can read it and give it
-- back.
--
--   DECLARE @TaskIds [EverTask].[TaskIdList];
--   INSERT INTO @TaskIds VALUES (1, '01900000-0000-7000-8000-000000000001');
--   EXEC [EverTask].[usp_RequestCancel] @TaskIds;
--
-- Returns one row per id, in order: Outcome (cancelled, requested, ended, unknown).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_RequestCancel];
GO
CREATE PROCEDURE [EverTask].[usp_RequestCancel]
    @TaskIds [EverTask].[TaskIdList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Touched TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);
    DECLARE @Answer TABLE ([Ordinal] int NOT NULL PRIMARY KEY, [Outcome] varchar(9) NOT NULL);

    BEGIN TRANSACTION;

    -- If an UPDATE waits for another writer, Babelfish fills OUTPUT with values from before the
    -- wait. Therefore this and the other procedures use OUTPUT only to learn which rows were
    -- changed. One UPDATE handles waiting and held tasks, so that no task is missed if it is
    -- claimed or given back concurrently.
    UPDATE [EverTask].[QueuedTasks]
    SET [CancelRequested] = CASE WHEN [WorkerId] IS NULL THEN 0 ELSE 1 END,
        [Status] = CASE WHEN [WorkerId] IS NULL THEN N'Cancelled' ELSE [Status] END,
        [Exception] = CASE WHEN [WorkerId] IS NULL THEN NULL ELSE [Exception] END,
        [DueAtUtc] = NULL,
        [NextRunUtc] = CASE WHEN [WorkerId] IS NULL THEN NULL ELSE [NextRunUtc] END
    OUTPUT inserted.[Id] INTO @Touched ([TaskId])
    FROM @TaskIds AS w, [EverTask].[QueuedTasks] WITH (FORCESEEK)
    WHERE [QueuedTasks].[Id] = w.[TaskId]
        AND ([WorkerId] IS NOT NULL OR [DueAtUtc] IS NOT NULL OR [NextRunUtc] IS NOT NULL
            OR [Status] NOT IN (N'Completed', N'Failed', N'Cancelled', N'ServiceStopped'))
    OPTION (LOOP JOIN, FORCE ORDER);

    -- Cancelled is not an error, so only Full audits it.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT c.[TaskId], @Now, N'Cancelled', NULL
    FROM @Touched AS c
    INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = c.[TaskId]
    WHERE t.[WorkerId] IS NULL AND ISNULL(t.[AuditLevel], 0) NOT IN (1, 2, 3)
    OPTION (LOOP JOIN, FORCE ORDER);

    -- The result is sent after the commit, because a caller that does not read it must not keep the
    -- rows locked.
    INSERT INTO @Answer ([Ordinal], [Outcome])
    SELECT w.[Ordinal], CASE WHEN t.[Id] IS NULL THEN 'unknown' WHEN c.[TaskId] IS NULL THEN 'ended'
                WHEN t.[WorkerId] IS NULL THEN 'cancelled' ELSE 'requested' END
    FROM @TaskIds AS w
    LEFT JOIN @Touched AS c ON c.[TaskId] = w.[TaskId]
    LEFT JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = w.[TaskId]
    OPTION (LOOP JOIN, FORCE ORDER);

    COMMIT TRANSACTION;

    SELECT a.[Outcome] AS [Outcome] FROM @Answer AS a ORDER BY a.[Ordinal];
END
GO
`,
  "usp_ReturnRateSlots.sql": `-- Gives back reserved slots of rate limits that will not be used. Omits slots of keys that have no
-- row any more. Returns nothing.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ReturnRateSlots];
GO
CREATE PROCEDURE [EverTask].[usp_ReturnRateSlots]
    @Slots [EverTask].[ReturnedRateSlotList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Slot TABLE (
        [RateKey] nvarchar(400) COLLATE Latin1_General_BIN2 NOT NULL,
        [SlotMs]  float NOT NULL,
        PRIMARY KEY ([RateKey], [SlotMs])
    );

    INSERT INTO @Slot ([RateKey], [SlotMs]) SELECT DISTINCT s.[RateKey], s.[SlotMs] FROM @Slots AS s ORDER BY s.[RateKey];

    BEGIN TRANSACTION;

    -- Locks the keys first, in their order, as usp_TakeRateSlots does.
    UPDATE r
    SET [StartedTatMs] = r.[StartedTatMs]
    FROM @Slot AS s
    INNER JOIN [EverTask].[RateLimits] AS r WITH (FORCESEEK) ON r.[RateKey] = s.[RateKey]
    OPTION (LOOP JOIN, FORCE ORDER);

    INSERT INTO [EverTask].[ReturnedRateSlots] ([RateKey], [SlotMs])
    SELECT s.[RateKey], s.[SlotMs]
    FROM @Slot AS s
    INNER JOIN [EverTask].[RateLimits] AS r WITH (FORCESEEK) ON r.[RateKey] = s.[RateKey]
    LEFT JOIN [EverTask].[ReturnedRateSlots] AS k WITH (FORCESEEK) ON k.[RateKey] = s.[RateKey] AND k.[SlotMs] = s.[SlotMs]
    WHERE k.[RateKey] IS NULL
    OPTION (LOOP JOIN, FORCE ORDER);

    COMMIT TRANSACTION;
END
GO
`,
  "usp_SaveExecutionLogs.sql": `-- Stores log lines of any number of tasks, in one transaction. The lines of each task are numbered
-- in the order of the list, starting after its last line. Omits lines of tasks that do not exist.
--
-- Returns nothing.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_SaveExecutionLogs];
GO
CREATE PROCEDURE [EverTask].[usp_SaveExecutionLogs]
    @Lines [EverTask].[LogLineList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Counted TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY, [Lines] int NOT NULL);

    INSERT INTO @Counted ([TaskId], [Lines]) SELECT l.[TaskId], COUNT(*) FROM @Lines AS l GROUP BY l.[TaskId]
    ORDER BY l.[TaskId]; -- all lists lock their tasks in this order

    BEGIN TRANSACTION;

    -- The last number is in the task's row, which is locked until the lines are stored, so that no
    -- number is used twice. Retention does not change it.
    UPDATE t
    SET [LastLogSequence] = t.[LastLogSequence] + c.[Lines]
    FROM @Counted AS c
    INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = c.[TaskId]
    OPTION (LOOP JOIN, FORCE ORDER);

    INSERT INTO [EverTask].[TaskExecutionLog] ([TaskId], [TimestampUtc], [Level], [Message], [ExceptionDetails], [RunNumber], [SequenceNumber])
    SELECT l.[TaskId], DATEADD(millisecond, -(l.[AgoMs] % 86400000), DATEADD(day, -(l.[AgoMs] / 86400000), @Now)), l.[Level], l.[Message], l.[Exception], l.[RunNumber],
        t.[LastLogSequence] - c.[Lines] + ROW_NUMBER() OVER (PARTITION BY l.[TaskId] ORDER BY l.[Ordinal])
    FROM @Lines AS l
    INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = l.[TaskId]
    INNER JOIN @Counted AS c ON c.[TaskId] = l.[TaskId]
    ORDER BY l.[Ordinal]
    OPTION (LOOP JOIN, FORCE ORDER);

    COMMIT TRANSACTION;
END
GO
`,
  "usp_SetQueuePaused.sql": `-- Pauses or resumes a queue for all workers of the store. The tasks of a paused queue are not
-- claimed. Returns nothing.
--
--   EXEC [EverTask].[usp_SetQueuePaused] @QueueName = N'email', @Paused = 1;

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_SetQueuePaused];
GO
CREATE PROCEDURE [EverTask].[usp_SetQueuePaused]
    @QueueName nvarchar(200),
    @Paused    bit
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    IF @Paused = 0
        DELETE FROM [EverTask].[PausedQueues] WHERE [QueueName] = @QueueName;
    ELSE
        INSERT INTO [EverTask].[PausedQueues] ([QueueName], [PausedAtUtc])
        SELECT @QueueName, SYSUTCDATETIME()
        WHERE NOT EXISTS (SELECT 1 FROM [EverTask].[PausedQueues] WHERE [QueueName] = @QueueName);
END
GO
`,
  "usp_SetQueuePausedBy.sql": `-- Pauses or resumes a queue as usp_SetQueuePaused does, and records the action, in one transaction.
-- Returns nothing.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_SetQueuePausedBy];
GO
CREATE PROCEDURE [EverTask].[usp_SetQueuePausedBy]
    @QueueName  nvarchar(200),
    @Paused     bit,
    @Verb       nvarchar(20),
    @Actor      nvarchar(400),
    @Reason     nvarchar(max),
    @TargetKind nvarchar(10),
    @Target     nvarchar(200),
    @Before     nvarchar(max),
    @After      nvarchar(max)
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    BEGIN TRANSACTION;

    EXEC [EverTask].[usp_SetQueuePaused] @QueueName = @QueueName, @Paused = @Paused;
    INSERT INTO [EverTask].[OperatorActions] ([AtUtc], [Verb], [Actor], [Reason], [TargetKind], [Target], [Before], [After],
        [Changed], [Skipped], [Next])
    VALUES (SYSUTCDATETIME(), @Verb, @Actor, @Reason, @TargetKind, @Target, @Before, @After, 1, 0, NULL);

    COMMIT TRANSACTION;
END
GO
`,
  "usp_SetTaskStatus.sql": `-- Changes one task's status, and writes the StatusAudit row of the audit level, in one transaction
-- without a prior query. Writes nothing if the task does not exist, or if the given lease is not
-- held any more.
--
--   EXEC [EverTask].[usp_SetTaskStatus] @TaskId = '01900000-0000-7000-8000-000000000001', @Status = N'Completed';
--
-- The parameters after @AuditLevel are for workers. Without them, WaitingQueue, Queued and Pending
-- keep the due instant of a waiting task. A task that neither waits nor is held becomes due: a
-- series at its next run, another task at the instant for which it was dispatched, but not before
-- now. A status that does not exist raises error 50001.
--
-- Returns one row: Applied (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_SetTaskStatus];
GO
CREATE PROCEDURE [EverTask].[usp_SetTaskStatus]
    @TaskId          uniqueidentifier,
    @Status          nvarchar(15),         -- WaitingQueue, Queued, InProgress, Pending, Cancelled, Completed, Failed, ServiceStopped
    @Exception       nvarchar(max) = NULL,
    @AuditLevel      int = 0,              -- 0 Full, 1 Minimal, 2 ErrorsOnly, 3 None; NULL: Full
    @ExecutionTimeMs float = NULL,         -- of the execution that ended
    @AgoMs           bigint = 0,           -- the time since the change
    @WorkerId        nvarchar(100) = NULL, -- with @LeaseToken: only while the lease is held
    @LeaseToken      bigint = NULL,
    @DueInMs         bigint = NULL,        -- the time after which the task can be claimed
    @ReturnAttempt   bit = 0,              -- 1: the attempt does not count
    @RateSlotUtc     datetimeoffset(3) = NULL
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    -- The dot prevents a trailing space from being ignored.
    IF @Status IS NULL OR @Status + N'.' COLLATE Latin1_General_BIN2 NOT IN (N'WaitingQueue.', N'Queued.', N'InProgress.',
        N'Pending.', N'Cancelled.', N'Completed.', N'Failed.', N'ServiceStopped.')
    BEGIN
        DECLARE @Refusal nvarchar(400) = CONCAT(N'The status is ', COALESCE(QUOTENAME(@Status, ''''), N'NULL'),
            N', but must be one of WaitingQueue, Queued, InProgress, Pending, Cancelled, Completed, Failed, ServiceStopped.');
        THROW 50001, @Refusal, 1;
    END;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @At datetimeoffset(3) = DATEADD(millisecond, -(@AgoMs % 86400000), DATEADD(day, -(@AgoMs / 86400000), @Now));
    DECLARE @DueAt datetimeoffset(3) =
        DATEADD(millisecond, @DueInMs % 86400000, DATEADD(day, @DueInMs / 86400000, @Now));
    DECLARE @KeepsLease bit =
        CASE WHEN @Status IN (N'Queued', N'InProgress') AND @DueInMs IS NULL THEN 1 ELSE 0 END;
    DECLARE @StandsInLine bit =
        CASE WHEN @Status IN (N'WaitingQueue', N'Queued', N'Pending') AND @DueInMs IS NULL AND @WorkerId IS NULL THEN 1 ELSE 0 END;
    DECLARE @KeepsExecution bit = CASE WHEN @ExecutionTimeMs IS NULL OR @AuditLevel = 3 THEN 1 ELSE 0 END;
    DECLARE @Applied bit = 0;

    BEGIN TRANSACTION;

    UPDATE [EverTask].[QueuedTasks]
    SET [Status] = @Status,
        [Exception] = @Exception,
        [WorkerId] = CASE WHEN @KeepsLease = 1 THEN [WorkerId] END,
        -- A task with a cancel request is due at once, and the worker that claims it next cancels
        -- it.
        [DueAtUtc] = CASE
            WHEN @StandsInLine = 1 AND [DueAtUtc] IS NOT NULL THEN [DueAtUtc]
            WHEN @KeepsLease = 1 AND (@StandsInLine = 0 OR [WorkerId] IS NOT NULL) THEN [DueAtUtc]
            WHEN (@StandsInLine = 1 OR @DueInMs IS NOT NULL) AND [CancelRequested] = 1 THEN @Now
            WHEN @StandsInLine = 1 AND [IsRecurring] = 1 AND [NextRunUtc] > @Now THEN [NextRunUtc]
            WHEN @StandsInLine = 1 AND [IsRecurring] = 0 AND [ScheduledExecutionUtc] > @Now THEN [ScheduledExecutionUtc]
            WHEN @StandsInLine = 1 THEN @Now
            ELSE @DueAt END,
        [CancelRequested] = CASE WHEN @KeepsLease = 1 OR @StandsInLine = 1 OR @DueInMs IS NOT NULL THEN [CancelRequested] ELSE 0 END,
        [Attempt] = CASE WHEN @ReturnAttempt = 1 AND [Attempt] > 0 THEN [Attempt] - 1 ELSE [Attempt] END,
        [RateSlotUtc] = @RateSlotUtc,
        [ExecutionTimeMs] = CASE WHEN @KeepsExecution = 1 THEN [ExecutionTimeMs] ELSE @ExecutionTimeMs END,
        [LastExecutionUtc] = CASE WHEN @KeepsExecution = 1 THEN [LastExecutionUtc] ELSE @At END
    WHERE [Id] = @TaskId
        AND (@WorkerId IS NULL OR ([WorkerId] = @WorkerId AND [LeaseToken] = @LeaseToken
            AND NOT (@Status = N'InProgress' AND @DueInMs IS NULL AND [Status] = N'InProgress')));

    IF @@ROWCOUNT > 0
        SET @Applied = 1;

    -- Full audits every change; Minimal and ErrorsOnly audit errors; None audits nothing.
    IF @Applied = 1
        AND (ISNULL(@AuditLevel, 0) NOT IN (1, 2, 3)
            OR (@AuditLevel IN (1, 2) AND (@Status IN (N'Failed', N'ServiceStopped') OR @Exception IS NOT NULL)))
        INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
        VALUES (@TaskId, @At, @Status, @Exception);

    IF @Applied = 0 AND @Status = N'InProgress' AND @DueInMs IS NULL
        AND EXISTS (SELECT 1 FROM [EverTask].[QueuedTasks] WHERE [Id] = @TaskId AND [WorkerId] = @WorkerId
            AND [LeaseToken] = @LeaseToken AND [Status] = N'InProgress')
        SET @Applied = 1; -- the start of the attempt was reported before

    COMMIT TRANSACTION;

    SELECT @Applied AS [Applied];
END
GO
`,
  "usp_SetTaskStatuses.sql": `-- usp_SetTaskStatus for many tasks, in one transaction with one UPDATE. A task may have had several
-- statuses since the last write; each gets an audit row with its own time.
--
--   @Changes  at most one per task
--   @Steps    at least one per change; the one with the number Changes.LastStep has the final status
--
-- A worker may report the start of an attempt twice. If the status is InProgress, DueInMs is NULL
-- and the task is InProgress under the same lease, the change counts as applied, and has no effect.
--
-- Returns one row per change, in order: Applied (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_SetTaskStatuses];
GO
CREATE PROCEDURE [EverTask].[usp_SetTaskStatuses]
    @Changes [EverTask].[StatusChangeList] READONLY,
    @Steps   [EverTask].[StatusStepList]   READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    -- The dot prevents a trailing space from being ignored.
    DECLARE @Unknown nvarchar(15);
    SELECT TOP (1) @Unknown = s.[Status]
    FROM @Steps AS s
    WHERE s.[Status] + N'.' COLLATE Latin1_General_BIN2 NOT IN (N'WaitingQueue.', N'Queued.', N'InProgress.',
        N'Pending.', N'Cancelled.', N'Completed.', N'Failed.', N'ServiceStopped.');
    IF @Unknown IS NOT NULL
    BEGIN
        DECLARE @Refusal nvarchar(400) = CONCAT(N'The status is ', COALESCE(QUOTENAME(@Unknown, ''''), N'NULL'),
            N', but must be one of WaitingQueue, Queued, InProgress, Pending, Cancelled, Completed, Failed, ServiceStopped.');
        THROW 50001, @Refusal, 1;
    END;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Applied TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);

    BEGIN TRANSACTION;

    -- Here and wherever OUTPUT is used, the target has no alias and follows a comma, because
    -- Babelfish handles aliases and JOIN incorrectly there. The hints fix the plan regardless of
    -- statistics: it reads the list in its order, with a seek for each task.
    UPDATE [EverTask].[QueuedTasks]
    SET [Status] = c.[Status],
        [Exception] = c.[Exception],
        [WorkerId] = CASE WHEN c.[KeepsLease] = 1 THEN [QueuedTasks].[WorkerId] END,
        -- A task with a cancel request is due at once, and the worker that claims it next cancels
        -- it.
        [DueAtUtc] = CASE
            WHEN c.[StandsInLine] = 1 AND [QueuedTasks].[DueAtUtc] IS NOT NULL THEN [QueuedTasks].[DueAtUtc]
            WHEN c.[KeepsLease] = 1 AND (c.[StandsInLine] = 0 OR [QueuedTasks].[WorkerId] IS NOT NULL) THEN [QueuedTasks].[DueAtUtc]
            WHEN (c.[StandsInLine] = 1 OR c.[DueInMs] IS NOT NULL) AND [QueuedTasks].[CancelRequested] = 1 THEN @Now
            WHEN c.[StandsInLine] = 1 AND [QueuedTasks].[IsRecurring] = 1 AND [QueuedTasks].[NextRunUtc] > @Now
                THEN [QueuedTasks].[NextRunUtc]
            WHEN c.[StandsInLine] = 1 AND [QueuedTasks].[IsRecurring] = 0 AND [QueuedTasks].[ScheduledExecutionUtc] > @Now
                THEN [QueuedTasks].[ScheduledExecutionUtc]
            WHEN c.[StandsInLine] = 1 THEN @Now
            ELSE DATEADD(millisecond, c.[DueInMs] % 86400000, DATEADD(day, c.[DueInMs] / 86400000, @Now)) END,
        [CancelRequested] = CASE WHEN c.[KeepsLease] = 1 OR c.[StandsInLine] = 1 OR c.[DueInMs] IS NOT NULL
                                 THEN [QueuedTasks].[CancelRequested] ELSE 0 END,
        [Attempt] = CASE WHEN c.[ReturnAttempt] = 1 AND [QueuedTasks].[Attempt] > 0
                         THEN [QueuedTasks].[Attempt] - 1 ELSE [QueuedTasks].[Attempt] END,
        [RateSlotUtc] = CONVERT(datetimeoffset(3), c.[RateSlotUtc]),
        [ExecutionTimeMs] = CASE WHEN c.[KeepsExecution] = 1 THEN [QueuedTasks].[ExecutionTimeMs] ELSE c.[ExecutionTimeMs] END,
        [LastExecutionUtc] = CASE WHEN c.[KeepsExecution] = 1 THEN [QueuedTasks].[LastExecutionUtc]
            ELSE DATEADD(millisecond, -(c.[AgoMs] % 86400000), DATEADD(day, -(c.[AgoMs] / 86400000), @Now)) END
    OUTPUT inserted.[Id] INTO @Applied ([TaskId])
    FROM (
        SELECT l.[TaskId], l.[WorkerId], l.[LeaseToken], l.[DueInMs], l.[ReturnAttempt], l.[RateSlotUtc],
            l.[ExecutionTimeMs], s.[Status], s.[Exception], s.[AgoMs],
            CASE WHEN s.[Status] IN (N'Queued', N'InProgress') AND l.[DueInMs] IS NULL THEN 1 ELSE 0 END AS [KeepsLease],
            CASE WHEN s.[Status] IN (N'WaitingQueue', N'Queued', N'Pending') AND l.[DueInMs] IS NULL AND l.[WorkerId] IS NULL
                 THEN 1 ELSE 0 END AS [StandsInLine],
            CASE WHEN l.[ExecutionTimeMs] IS NULL OR l.[AuditLevel] = 3 THEN 1 ELSE 0 END AS [KeepsExecution]
        FROM @Changes AS l
        INNER JOIN @Steps AS s ON s.[Ordinal] = l.[Ordinal] AND s.[Step] = l.[LastStep]
    ) AS c, [EverTask].[QueuedTasks] WITH (FORCESEEK)
    WHERE [QueuedTasks].[Id] = c.[TaskId]
        AND (c.[WorkerId] IS NULL OR ([QueuedTasks].[WorkerId] = c.[WorkerId] AND [QueuedTasks].[LeaseToken] = c.[LeaseToken]
            AND NOT (c.[KeepsLease] = 1 AND c.[Status] = N'InProgress' AND [QueuedTasks].[Status] = N'InProgress')))
    OPTION (LOOP JOIN, FORCE ORDER);

    DECLARE @Updated int = @@ROWCOUNT;

    -- Full audits every change; Minimal and ErrorsOnly audit errors; None audits nothing.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT c.[TaskId], DATEADD(millisecond, -(s.[AgoMs] % 86400000), DATEADD(day, -(s.[AgoMs] / 86400000), @Now)),
        s.[Status], s.[Exception]
    FROM @Steps AS s
    INNER JOIN @Changes AS c ON c.[Ordinal] = s.[Ordinal]
    INNER JOIN @Applied AS a ON a.[TaskId] = c.[TaskId]
    WHERE ISNULL(c.[AuditLevel], 0) NOT IN (1, 2, 3)
        OR (c.[AuditLevel] IN (1, 2) AND (s.[Status] IN (N'Failed', N'ServiceStopped') OR s.[Exception] IS NOT NULL))
    ORDER BY s.[Ordinal], s.[Step];

    IF @Updated < (SELECT COUNT(*) FROM @Changes)
        INSERT INTO @Applied ([TaskId])
        SELECT c.[TaskId]
        FROM @Changes AS c
        INNER JOIN @Steps AS s ON s.[Ordinal] = c.[Ordinal] AND s.[Step] = c.[LastStep]
        INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK)
            ON t.[Id] = c.[TaskId] AND t.[WorkerId] = c.[WorkerId] AND t.[LeaseToken] = c.[LeaseToken]
        WHERE s.[Status] = N'InProgress' AND c.[DueInMs] IS NULL AND t.[Status] = N'InProgress'
            AND c.[TaskId] NOT IN (SELECT a.[TaskId] FROM @Applied AS a)
        OPTION (LOOP JOIN, FORCE ORDER);

    COMMIT TRANSACTION;

    SELECT CASE WHEN a.[TaskId] IS NULL THEN 0 ELSE 1 END AS [Applied]
    FROM @Changes AS c
    LEFT JOIN @Applied AS a ON a.[TaskId] = c.[TaskId]
    ORDER BY c.[Ordinal];
END
GO
`,
  "usp_SweepEvents.sql": `-- Removes expired watchers and the oldest batches of events, at most 100. Keeps batches of the last
-- minute if there is a watcher.
--
-- Returns one row: Swept (the number of removed batches).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_SweepEvents];
GO
CREATE PROCEDURE [EverTask].[usp_SweepEvents]
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    SET LOCK_TIMEOUT 1000; -- must not delay the other work of the process

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Before datetimeoffset(3) = DATEADD(second, -60, @Now);

    DELETE FROM [EverTask].[EventWatchers] WHERE [ExpiresUtc] <= @Now;
    IF NOT EXISTS (SELECT 1 FROM [EverTask].[EventWatchers])
        SET @Before = DATEADD(day, 1, @Now);

    DELETE FROM e FROM [EverTask].[RelayedEvents] AS e
    INNER JOIN (
        SELECT TOP (100) r.[WriterId], r.[UpTo] FROM [EverTask].[RelayedEvents] AS r
        WHERE r.[WrittenUtc] < @Before ORDER BY r.[WrittenUtc]
    ) AS o ON o.[WriterId] = e.[WriterId] AND o.[UpTo] = e.[UpTo];

    SELECT @@ROWCOUNT AS [Swept];
END
GO
`,
  "usp_TagTasks.sql": `-- Adds the tags of tasks, in the transaction in which usp_PersistTasks has stored the tasks. Skips
-- a task that already has tags: an earlier call, whose answer was lost, has added them. The tags
-- are not a parameter of usp_PersistTasks, because in Babelfish a call cannot omit a table-valued
-- parameter. The driver calls this procedure itself, and only for tasks with tags, because in
-- Babelfish a procedure that another one calls does not find the tables of foreign keys.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_TagTasks];
GO
CREATE PROCEDURE [EverTask].[usp_TagTasks]
    @Tags [EverTask].[TaskTagList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    BEGIN TRANSACTION;

    INSERT INTO [EverTask].[TaskTags] ([Tag], [IdOrder], [TaskId])
    SELECT g.[Tag], t.[IdOrder], t.[Id]
    FROM @Tags AS g
    INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = g.[TaskId]
    WHERE t.[Tags] IS NULL
    OPTION (LOOP JOIN, FORCE ORDER);

    UPDATE t
    SET [Tags] = g.[Tags]
    FROM @Tags AS g
    INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = g.[TaskId]
    WHERE g.[Place] = 1 AND t.[Tags] IS NULL
    OPTION (LOOP JOIN, FORCE ORDER);

    COMMIT TRANSACTION;
END
GO
`,
  "usp_TakeRateSlots.sql": `-- Takes rate limit slots by the generic cell rate algorithm with reservations (ITU-T I.371), in the
-- order of the list, by the server's clock. A small row per key has two theoretical arrival times
-- (TAT), those of reserved and of started tasks, in fractional epoch milliseconds.
-- src/storage/kit/gcra.ts explains the algorithm.
--
-- Returns two recordsets: NowMs; one row per request, in order: SlotMs and Granted (0: nothing was
-- reserved; else 1).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_TakeRateSlots];
GO
CREATE PROCEDURE [EverTask].[usp_TakeRateSlots]
    @Requests [EverTask].[RateSlotRequestList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Key TABLE ([RateKey] nvarchar(400) COLLATE Latin1_General_BIN2 NOT NULL PRIMARY KEY);
    DECLARE @Slot TABLE ([Ordinal] int NOT NULL PRIMARY KEY, [SlotMs] float NOT NULL, [Granted] bit NOT NULL);
    DECLARE @NowMs float, @Turn int, @RateKey nvarchar(400), @IntervalMs float, @Burst float, @ToleranceMs float, @StartEmpty bit, @HorizonMs float,
        @ReservedMs float, @GraceMs float, @StartsByMs float, @ReservedTatMs float, @StartedTatMs float, @LeewayMs float, @NextTatMs float, @SlotMs float,
        @EarliestMs float, @ReturnedMs float, @Left int, @HasReturned bit, @Granted bit, @Changed bit, @Stored bit;

    INSERT INTO @Key ([RateKey]) SELECT DISTINCT r.[RateKey] FROM @Requests AS r ORDER BY r.[RateKey];

    BEGIN TRANSACTION;

    -- Locks all rows first, by one statement in the order of keys, so that two lists with the same
    -- keys in different orders cannot deadlock. Reads the clock after that, so that it is not
    -- before the reservations of others.
    UPDATE r
    SET [StartedTatMs] = r.[StartedTatMs]
    FROM @Key AS k
    INNER JOIN [EverTask].[RateLimits] AS r WITH (FORCESEEK) ON r.[RateKey] = k.[RateKey]
    OPTION (LOOP JOIN, FORCE ORDER);

    SET @NowMs = DATEDIFF_BIG(millisecond, CONVERT(datetime2(3), '1970-01-01'), CONVERT(datetime2(3), SYSUTCDATETIME()));

    SELECT @Turn = MIN([Ordinal]) FROM @Requests;
    WHILE @Turn IS NOT NULL
    BEGIN
        SELECT @RateKey = [RateKey], @IntervalMs = [IntervalMs], @Burst = [Burst], @ToleranceMs = ([Burst] - 1) * [IntervalMs],
            @StartEmpty = [StartEmpty], @HorizonMs = [HorizonMs], @ReservedMs = [ReservedMs], @GraceMs = [GraceMs],
            @StartsByMs = @NowMs + [StartWithinMs]
        FROM @Requests WHERE [Ordinal] = @Turn;

        SET @ReservedTatMs = NULL;
        SELECT @ReservedTatMs = [ReservedTatMs], @StartedTatMs = [StartedTatMs]
        FROM [EverTask].[RateLimits] WHERE [RateKey] = @RateKey;
        SET @Stored = CASE WHEN @ReservedTatMs IS NULL THEN 0 ELSE 1 END;
        IF @Stored = 0
        BEGIN
            SET @ReservedTatMs = CASE WHEN @StartEmpty = 1 THEN @NowMs + @ToleranceMs ELSE @NowMs END;
            SET @StartedTatMs = @ReservedTatMs;
        END;

        SET @LeewayMs = @GraceMs + 1;
        SET @NextTatMs = CASE WHEN @StartedTatMs < @StartsByMs THEN @StartsByMs ELSE @StartedTatMs END + @IntervalMs;
        SET @Granted = 1;
        SET @Changed = 0;

        -- The key was released after this slot was reserved: no reservation is as late.
        IF @Stored = 1 AND @ReservedMs > @NowMs AND @ReservedMs > @ReservedTatMs + 1
            SET @ReservedMs = NULL;

        IF @ReservedMs > @NowMs
            SET @SlotMs = @ReservedMs;
        ELSE
        BEGIN
            IF @ReservedMs IS NOT NULL
                AND @StartedTatMs - @ToleranceMs - CASE WHEN @NowMs - @ReservedMs <= @GraceMs THEN @LeewayMs ELSE 0 END <= @NowMs
            BEGIN
                SET @SlotMs = @NowMs;
                SET @StartedTatMs = @NextTatMs;
                SET @Changed = 1;
            END;
            ELSE
            BEGIN
                -- Sums of fractions are inexact by up to a microsecond.
                SET @EarliestMs = CEILING(@StartedTatMs - @LeewayMs - @ToleranceMs - 0.001E0);
                IF @EarliestMs < @NowMs
                    SET @EarliestMs = @NowMs;

                SET @HasReturned = 0;
                IF @ReservedTatMs > @NowMs AND EXISTS (SELECT 1 FROM [EverTask].[ReturnedRateSlots] WHERE [RateKey] = @RateKey)
                BEGIN
                    SET @HasReturned = 1;
                    -- Removes returned slots from the end of the reservations, at most a few
                    -- hundred at a time.
                    SET @Left = 500;
                    WHILE @Left > 0
                    BEGIN
                        SELECT @ReturnedMs = MAX([SlotMs]) FROM [EverTask].[ReturnedRateSlots] WHERE [RateKey] = @RateKey;
                        IF @ReturnedMs IS NULL OR @ReturnedMs < @ReservedTatMs - @ToleranceMs - @IntervalMs - 1
                            BREAK;
                        DELETE FROM [EverTask].[ReturnedRateSlots] WHERE [RateKey] = @RateKey AND [SlotMs] = @ReturnedMs;
                        SET @ReservedTatMs = @ReturnedMs + @ToleranceMs;
                        SET @Changed = 1;
                        SET @Left = @Left - 1;
                    END;

                    DELETE FROM [EverTask].[ReturnedRateSlots]
                    WHERE [RateKey] = @RateKey AND ([SlotMs] <= @NowMs OR [SlotMs] < @EarliestMs);
                END;

                SET @SlotMs = CEILING(@ReservedTatMs - @ToleranceMs - 0.001E0);
                IF @SlotMs < @EarliestMs
                    SET @SlotMs = @EarliestMs;

                SET @ReturnedMs = NULL;
                IF @HasReturned = 1 AND @SlotMs > @NowMs
                    SELECT @ReturnedMs = MIN([SlotMs]) FROM [EverTask].[ReturnedRateSlots] WHERE [RateKey] = @RateKey;
                IF @ReturnedMs > @SlotMs OR @ReturnedMs > @NowMs + @HorizonMs
                    SET @ReturnedMs = NULL;

                IF @ReturnedMs IS NOT NULL
                BEGIN
                    DELETE FROM [EverTask].[ReturnedRateSlots] WHERE [RateKey] = @RateKey AND [SlotMs] = @ReturnedMs;
                    SET @SlotMs = @ReturnedMs;
                END;
                ELSE IF @SlotMs > @NowMs + @HorizonMs
                    SET @Granted = 0;
                ELSE
                BEGIN
                    IF @ReservedTatMs < @StartedTatMs - @LeewayMs
                        SET @ReservedTatMs = @StartedTatMs - @LeewayMs;
                    SET @ReservedTatMs = CASE WHEN @ReservedTatMs < @NowMs THEN @NowMs ELSE @ReservedTatMs END + @IntervalMs;
                    IF @SlotMs = @NowMs
                        SET @StartedTatMs = @NextTatMs;
                    SET @Changed = 1;
                END;
            END;

            IF @Changed = 1 AND @Stored = 1
                UPDATE [EverTask].[RateLimits]
                SET [ReservedTatMs] = @ReservedTatMs, [StartedTatMs] = @StartedTatMs, [IntervalMs] = @IntervalMs, [Burst] = @Burst
                WHERE [RateKey] = @RateKey;
            IF @Changed = 1 AND @Stored = 0
                INSERT INTO [EverTask].[RateLimits] ([RateKey], [ReservedTatMs], [StartedTatMs], [IntervalMs], [Burst])
                VALUES (@RateKey, @ReservedTatMs, @StartedTatMs, @IntervalMs, @Burst);
        END;

        INSERT INTO @Slot ([Ordinal], [SlotMs], [Granted]) VALUES (@Turn, @SlotMs, @Granted);

        SELECT @Turn = MIN([Ordinal]) FROM @Requests WHERE [Ordinal] > @Turn;
    END;

    COMMIT TRANSACTION;

    SELECT @NowMs AS [NowMs];

    SELECT s.[SlotMs] AS [SlotMs], s.[Granted] AS [Granted] FROM @Slot AS s ORDER BY s.[Ordinal];
END
GO
`,
  "usp_UnregisterWorker.sql": `-- Removes a worker that stops. usp_ReleaseLost finds the tasks that it still holds. Returns
-- nothing.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_UnregisterWorker];
GO
CREATE PROCEDURE [EverTask].[usp_UnregisterWorker]
    @WorkerId nvarchar(100)
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DELETE FROM [EverTask].[Workers] WHERE [Id] = @WorkerId;
END
GO
`,
  "usp_UnwatchEvents.sql": `-- Removes a watcher, if it exists. Returns nothing.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_UnwatchEvents];
GO
CREATE PROCEDURE [EverTask].[usp_UnwatchEvents]
    @WatcherId nvarchar(100)
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    SET LOCK_TIMEOUT 1000; -- must not delay the other work of the process

    DELETE FROM [EverTask].[EventWatchers] WHERE [Id] = @WatcherId;
END
GO
`,
  "usp_UpdateCurrentRun.sql": `-- Ends a run of a recurring task, in one transaction: increments the run count (up to 2147483647),
-- sets the next run (NULL ends the series) and the last execution, and writes the RunsAudit and
-- StatusAudit rows of the audit level. Writes nothing if the recurring task does not exist, or if
-- the given lease is not held any more. A status that does not exist raises error 50001.
--
--   EXEC [EverTask].[usp_UpdateCurrentRun] @TaskId = '01900000-0000-7000-8000-000000000001', @ExecutionTimeMs = 12.5,
--       @NextRunUtc = '2030-01-01T00:00:00Z', @AuditLevel = 1, @Status = N'Completed';
--
-- Returns one row: Applied (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_UpdateCurrentRun];
GO
CREATE PROCEDURE [EverTask].[usp_UpdateCurrentRun]
    @TaskId          uniqueidentifier,
    @ExecutionTimeMs float,
    @NextRunUtc      datetimeoffset(3) = NULL,
    @AuditLevel      int = 0,              -- 0 Full, 1 Minimal, 2 ErrorsOnly, 3 None; NULL: Full
    @Status          nvarchar(15) = NULL,  -- the status at the end; NULL keeps the status and exception
    @Exception       nvarchar(max) = NULL,
    @AgoMs           bigint = 0,           -- the time since the end
    @WorkerId        nvarchar(100) = NULL, -- with @LeaseToken: only while the lease is held
    @LeaseToken      bigint = NULL,
    @Counts          bit = 1               -- 0: the occurrence was skipped; the series moves on, but nothing ran
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    -- The dot prevents a trailing space from being ignored.
    IF @Status + N'.' COLLATE Latin1_General_BIN2 NOT IN (N'WaitingQueue.', N'Queued.', N'InProgress.',
        N'Pending.', N'Cancelled.', N'Completed.', N'Failed.', N'ServiceStopped.')
    BEGIN
        DECLARE @Refusal nvarchar(400) = CONCAT(N'The status is ', COALESCE(QUOTENAME(@Status, ''''), N'NULL'),
            N', but must be one of WaitingQueue, Queued, InProgress, Pending, Cancelled, Completed, Failed, ServiceStopped.');
        THROW 50001, @Refusal, 1;
    END;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @At datetimeoffset(3) = DATEADD(millisecond, -(@AgoMs % 86400000), DATEADD(day, -(@AgoMs / 86400000), @Now));
    DECLARE @Changed bit = CASE WHEN @Status IS NULL THEN 0 ELSE 1 END;
    DECLARE @Applied bit = 0;

    BEGIN TRANSACTION;

    UPDATE [EverTask].[QueuedTasks]
    SET [Status] = COALESCE(@Status, [Status]),
        [Exception] = CASE WHEN @Changed = 1 THEN @Exception ELSE [Exception] END,
        [WorkerId] = NULL,
        [NextRunUtc] = @NextRunUtc,
        [DueAtUtc] = CASE WHEN @NextRunUtc IS NOT NULL AND [CancelRequested] = 1 THEN @Now
                          WHEN [IsPaused] = 1 THEN NULL ELSE @NextRunUtc END,
        [CancelRequested] = CASE WHEN @NextRunUtc IS NULL THEN 0 ELSE [CancelRequested] END,
        [Attempt] = 0,
        [LostCount] = 0,
        [RateSlotUtc] = NULL,
        [CurrentRunCount] = CASE WHEN @Counts = 0 OR [CurrentRunCount] = 2147483647 THEN [CurrentRunCount]
                                 ELSE ISNULL([CurrentRunCount], 0) + 1 END,
        [ExecutionTimeMs] = CASE WHEN @Counts = 1 THEN @ExecutionTimeMs ELSE [ExecutionTimeMs] END,
        [LastExecutionUtc] = CASE WHEN @Counts = 1 THEN @At ELSE [LastExecutionUtc] END
    WHERE [Id] = @TaskId AND [IsRecurring] = 1
        AND (@WorkerId IS NULL OR ([WorkerId] = @WorkerId AND [LeaseToken] = @LeaseToken));

    IF @@ROWCOUNT > 0
        SET @Applied = 1;
    IF @Changed = 0
        SELECT @Status = [Status], @Exception = [Exception] FROM [EverTask].[QueuedTasks] WHERE [Id] = @TaskId;

    -- Full audits every change; Minimal and ErrorsOnly audit errors; None audits nothing.
    IF @Applied = 1 AND @Changed = 1
        AND (ISNULL(@AuditLevel, 0) NOT IN (1, 2, 3)
            OR (@AuditLevel IN (1, 2) AND (@Status IN (N'Failed', N'ServiceStopped') OR @Exception IS NOT NULL)))
        INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
        VALUES (@TaskId, @At, @Status, @Exception);

    -- Full and Minimal audit every run; ErrorsOnly audits errors; None audits nothing.
    IF @Applied = 1 AND @Counts = 1
        AND (ISNULL(@AuditLevel, 0) NOT IN (2, 3)
            OR (@AuditLevel = 2 AND (@Status IN (N'Failed', N'ServiceStopped') OR @Exception IS NOT NULL)))
        INSERT INTO [EverTask].[RunsAudit] ([QueuedTaskId], [ExecutedAt], [ExecutionTimeMs], [Status], [Exception])
        VALUES (@TaskId, @At, @ExecutionTimeMs, @Status, @Exception);

    COMMIT TRANSACTION;

    SELECT @Applied AS [Applied];
END
GO
`,
  "usp_UpdateCurrentRuns.sql": `-- usp_UpdateCurrentRun for many tasks, in one transaction with one UPDATE. A task may have had
-- several statuses since the last write; each gets an audit row with its own time.
--
--   @Runs   at most one per task
--   @Steps  at least one per run; the one with the number Runs.LastStep has the final status
--
-- Returns one row per run, in order: Applied (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_UpdateCurrentRuns];
GO
CREATE PROCEDURE [EverTask].[usp_UpdateCurrentRuns]
    @Runs  [EverTask].[RunEndList]     READONLY,
    @Steps [EverTask].[StatusStepList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    -- The dot prevents a trailing space from being ignored.
    DECLARE @Unknown nvarchar(15);
    SELECT TOP (1) @Unknown = s.[Status]
    FROM @Steps AS s
    WHERE s.[Status] + N'.' COLLATE Latin1_General_BIN2 NOT IN (N'WaitingQueue.', N'Queued.', N'InProgress.',
        N'Pending.', N'Cancelled.', N'Completed.', N'Failed.', N'ServiceStopped.');
    IF @Unknown IS NOT NULL
    BEGIN
        DECLARE @Refusal nvarchar(400) = CONCAT(N'The status is ', COALESCE(QUOTENAME(@Unknown, ''''), N'NULL'),
            N', but must be one of WaitingQueue, Queued, InProgress, Pending, Cancelled, Completed, Failed, ServiceStopped.');
        THROW 50001, @Refusal, 1;
    END;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Applied TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);

    BEGIN TRANSACTION;

    UPDATE [EverTask].[QueuedTasks]
    SET [Status] = r.[Status],
        [Exception] = r.[Exception],
        [WorkerId] = NULL,
        [NextRunUtc] = r.[NextRunUtc],
        [DueAtUtc] = CASE WHEN r.[NextRunUtc] IS NOT NULL AND [QueuedTasks].[CancelRequested] = 1 THEN @Now
                          WHEN [QueuedTasks].[IsPaused] = 1 THEN NULL ELSE r.[NextRunUtc] END,
        [CancelRequested] = CASE WHEN r.[NextRunUtc] IS NULL THEN 0 ELSE [QueuedTasks].[CancelRequested] END,
        [Attempt] = 0,
        [LostCount] = 0,
        [RateSlotUtc] = NULL,
        [CurrentRunCount] = CASE WHEN r.[Counts] = 0 OR [QueuedTasks].[CurrentRunCount] = 2147483647
                                 THEN [QueuedTasks].[CurrentRunCount]
                                 ELSE ISNULL([QueuedTasks].[CurrentRunCount], 0) + 1 END,
        [ExecutionTimeMs] = CASE WHEN r.[Counts] = 1 THEN r.[ExecutionTimeMs] ELSE [QueuedTasks].[ExecutionTimeMs] END,
        [LastExecutionUtc] = CASE WHEN r.[Counts] = 0 THEN [QueuedTasks].[LastExecutionUtc]
            ELSE DATEADD(millisecond, -(r.[AgoMs] % 86400000), DATEADD(day, -(r.[AgoMs] / 86400000), @Now)) END
    OUTPUT inserted.[Id] INTO @Applied ([TaskId])
    FROM (
        SELECT l.[TaskId], l.[WorkerId], l.[LeaseToken], l.[ExecutionTimeMs], l.[Counts],
            CONVERT(datetimeoffset(3), l.[NextRunUtc]) AS [NextRunUtc], s.[Status], s.[Exception], s.[AgoMs]
        FROM @Runs AS l
        INNER JOIN @Steps AS s ON s.[Ordinal] = l.[Ordinal] AND s.[Step] = l.[LastStep]
    ) AS r, [EverTask].[QueuedTasks] WITH (FORCESEEK)
    WHERE [QueuedTasks].[Id] = r.[TaskId] AND [QueuedTasks].[IsRecurring] = 1
        AND (r.[WorkerId] IS NULL OR ([QueuedTasks].[WorkerId] = r.[WorkerId] AND [QueuedTasks].[LeaseToken] = r.[LeaseToken]))
    OPTION (LOOP JOIN, FORCE ORDER);

    -- Full audits every change; Minimal and ErrorsOnly audit errors; None audits nothing.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT r.[TaskId], DATEADD(millisecond, -(s.[AgoMs] % 86400000), DATEADD(day, -(s.[AgoMs] / 86400000), @Now)),
        s.[Status], s.[Exception]
    FROM @Steps AS s
    INNER JOIN @Runs AS r ON r.[Ordinal] = s.[Ordinal]
    INNER JOIN @Applied AS a ON a.[TaskId] = r.[TaskId]
    WHERE ISNULL(r.[AuditLevel], 0) NOT IN (1, 2, 3)
        OR (r.[AuditLevel] IN (1, 2) AND (s.[Status] IN (N'Failed', N'ServiceStopped') OR s.[Exception] IS NOT NULL))
    ORDER BY s.[Ordinal], s.[Step];

    -- Full and Minimal audit every run; ErrorsOnly audits errors; None audits nothing.
    INSERT INTO [EverTask].[RunsAudit] ([QueuedTaskId], [ExecutedAt], [ExecutionTimeMs], [Status], [Exception])
    SELECT r.[TaskId], DATEADD(millisecond, -(s.[AgoMs] % 86400000), DATEADD(day, -(s.[AgoMs] / 86400000), @Now)),
        r.[ExecutionTimeMs], s.[Status], s.[Exception]
    FROM @Runs AS r
    INNER JOIN @Steps AS s ON s.[Ordinal] = r.[Ordinal] AND s.[Step] = r.[LastStep]
    INNER JOIN @Applied AS a ON a.[TaskId] = r.[TaskId]
    WHERE r.[Counts] = 1
        AND (ISNULL(r.[AuditLevel], 0) NOT IN (2, 3)
            OR (r.[AuditLevel] = 2 AND (s.[Status] IN (N'Failed', N'ServiceStopped') OR s.[Exception] IS NOT NULL)))
    ORDER BY r.[Ordinal];

    COMMIT TRANSACTION;

    SELECT CASE WHEN a.[TaskId] IS NULL THEN 0 ELSE 1 END AS [Applied]
    FROM @Runs AS r
    LEFT JOIN @Applied AS a ON a.[TaskId] = r.[TaskId]
    ORDER BY r.[Ordinal];
END
GO
`,
  "usp_WatchEvents.sql": `-- Registers a watcher of events for @ForMs milliseconds, or renews it.
--
-- Returns three recordsets: Began (1: the watcher is new, had expired, or now also receives
-- payloads); the Id and Parameters of all watchers; the WriterId of each writer of stored batches,
-- and UpTo, the number of its last event.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_WatchEvents];
GO
CREATE PROCEDURE [EverTask].[usp_WatchEvents]
    @WatcherId  nvarchar(100),
    @ForMs      bigint,
    @Parameters bit
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    SET LOCK_TIMEOUT 1000; -- must not delay the other work of the process

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Expires datetimeoffset(3) = DATEADD(millisecond, @ForMs, @Now);
    DECLARE @Began bit = CASE WHEN EXISTS (SELECT 1 FROM [EverTask].[EventWatchers]
        WHERE [Id] = @WatcherId AND [ExpiresUtc] > @Now AND [Parameters] >= @Parameters) THEN 0 ELSE 1 END;

    BEGIN TRANSACTION;

    UPDATE [EverTask].[EventWatchers] SET [ExpiresUtc] = @Expires, [Parameters] = @Parameters WHERE [Id] = @WatcherId;
    IF @@ROWCOUNT = 0
        INSERT INTO [EverTask].[EventWatchers] ([Id], [ExpiresUtc], [Parameters]) VALUES (@WatcherId, @Expires, @Parameters);

    COMMIT TRANSACTION;

    SELECT @Began AS [Began];

    SELECT w.[Id] AS [Id], w.[Parameters] AS [Parameters]
    FROM [EverTask].[EventWatchers] AS w WHERE w.[ExpiresUtc] > @Now ORDER BY w.[Id];

    SELECT e.[WriterId] AS [WriterId], MAX(e.[UpTo]) AS [UpTo] FROM [EverTask].[RelayedEvents] AS e GROUP BY e.[WriterId];
END
GO
`,
};
