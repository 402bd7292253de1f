-- Creates the tables that do not exist yet. Tables and columns have the names of EverTask for .NET
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
-- Babelfish, IdOrder has the text of Id, because `+` adds bytes as numbers there.
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
