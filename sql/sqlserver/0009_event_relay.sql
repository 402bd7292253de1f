-- The events that processes exchange while a process watches them. They are deleted after a minute,
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
