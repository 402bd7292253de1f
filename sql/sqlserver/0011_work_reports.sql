-- Stores the reports of workers about their work. A recent minute has one row per worker
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
