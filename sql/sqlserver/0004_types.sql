-- The types of the procedures' batches. A table-valued parameter is typed, passes any text
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
