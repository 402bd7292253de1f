-- Stores the tags of tasks twice. QueuedTasks.Tags is a JSON array in the order of the dispatch.
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
