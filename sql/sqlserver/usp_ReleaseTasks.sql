-- Gives back claimed tasks that have not started: sets the due instant, decrements the attempt, and
-- changes nothing else. Skips tasks that the worker does not hold with this token.
--
-- Returns nothing.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ReleaseTasks];
GO
CREATE PROCEDURE [EverTask].[usp_ReleaseTasks]
    @WorkerId nvarchar(100),
    @Tasks    [EverTask].[ReleasedTaskList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();

    UPDATE t
    SET [WorkerId] = NULL,
        [Attempt] = CASE WHEN t.[Attempt] > 0 THEN t.[Attempt] - 1 ELSE 0 END,
        [DueAtUtc] = CASE WHEN t.[CancelRequested] = 1 THEN @Now ELSE CONVERT(datetimeoffset(3), r.[DueAtUtc]) END
    FROM @Tasks AS r
    INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = r.[TaskId]
    WHERE t.[WorkerId] = @WorkerId AND t.[LeaseToken] = r.[LeaseToken]
    OPTION (LOOP JOIN, FORCE ORDER);
END
GO
