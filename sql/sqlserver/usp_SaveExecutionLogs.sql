-- Stores log lines of any number of tasks, in one transaction. The lines of each task are numbered
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
