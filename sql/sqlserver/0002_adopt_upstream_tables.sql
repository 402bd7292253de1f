-- Adopts tables of EverTask for .NET ("upstream"): adds what 0001 creates in new tables, and keeps
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
