-- Rebuilds the index for the retention of log lines by number with IdOrder as its second column,
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
