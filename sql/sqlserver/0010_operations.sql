-- Changes by operators, and the record of their actions.

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
