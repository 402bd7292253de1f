-- Lets workers correct series whose next run was planned while the server's clock was ahead: the
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
