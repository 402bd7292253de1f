-- Stores log lines, of any number of tasks: one call, one transaction. Each task's lines are numbered in the order of the
-- list, going on from its last. Lines of tasks that do not exist are left out.
--
--   @Lines  JSON array: { n, taskId, agoMs, level, message, exception }; n numbers the lines
--
-- Answers nothing.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_SaveExecutionLogs];
GO
CREATE PROCEDURE [EverTask].[usp_SaveExecutionLogs]
    @Lines nvarchar(max)
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Line TABLE (
        [Ordinal]   int               NOT NULL PRIMARY KEY,
        [TaskId]    uniqueidentifier  NOT NULL,
        [AtUtc]     datetimeoffset(3) NOT NULL,
        [Level]     nvarchar(20)      NOT NULL,
        [Message]   nvarchar(max)     NOT NULL,
        [Exception] nvarchar(max)     NULL
    );
    DECLARE @Counted TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY, [Lines] int NOT NULL);
    DECLARE @Last TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY, [Sequence] int NOT NULL);

    INSERT INTO @Line ([Ordinal], [TaskId], [AtUtc], [Level], [Message], [Exception])
    SELECT j.[n], j.[taskId], DATEADD(millisecond, -(j.[agoMs] % 86400000), DATEADD(day, -(j.[agoMs] / 86400000), @Now)),
        j.[level], j.[message], j.[exception]
    FROM OPENJSON(@Lines) WITH (
        [n]         int              '$.n',
        [taskId]    uniqueidentifier '$.taskId',
        [agoMs]     bigint           '$.agoMs',
        [level]     nvarchar(20)     '$.level',
        [message]   nvarchar(max)    '$.message',
        [exception] nvarchar(max)    '$.exception'
    ) AS j;

    INSERT INTO @Counted ([TaskId], [Lines]) SELECT l.[TaskId], COUNT(*) FROM @Line AS l GROUP BY l.[TaskId];

    BEGIN TRANSACTION;

    -- The task's row keeps the last number: it is locked until the lines are stored, so that no number is given twice, and
    -- it outlives lines that retention has deleted.
    UPDATE t
    SET [LastLogSequence] = t.[LastLogSequence] + c.[Lines]
    OUTPUT inserted.[Id], inserted.[LastLogSequence] INTO @Last ([TaskId], [Sequence])
    FROM [EverTask].[QueuedTasks] AS t
    INNER JOIN @Counted AS c ON c.[TaskId] = t.[Id]
    OPTION (LOOP JOIN);

    INSERT INTO [EverTask].[TaskExecutionLog] ([TaskId], [TimestampUtc], [Level], [Message], [ExceptionDetails], [SequenceNumber])
    SELECT l.[TaskId], l.[AtUtc], l.[Level], l.[Message], l.[Exception],
        k.[Sequence] - c.[Lines] + ROW_NUMBER() OVER (PARTITION BY l.[TaskId] ORDER BY l.[Ordinal])
    FROM @Line AS l
    INNER JOIN @Last AS k ON k.[TaskId] = l.[TaskId]
    INNER JOIN @Counted AS c ON c.[TaskId] = l.[TaskId]
    ORDER BY l.[Ordinal];

    COMMIT TRANSACTION;
END
GO
