-- Gives claimed, unstarted tasks back: due as the caller says, attempt less one, everything else unchanged. A task that the
-- worker does not hold with this token is skipped.
--
--   @Tasks  JSON array: { taskId, token, dueUtc }
--
-- Answers nothing.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ReleaseTasks];
GO
CREATE PROCEDURE [EverTask].[usp_ReleaseTasks]
    @WorkerId nvarchar(100),
    @Tasks    nvarchar(max)
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Released TABLE (
        [TaskId]     uniqueidentifier  NOT NULL PRIMARY KEY,
        [LeaseToken] bigint            NOT NULL,
        [DueAtUtc]   datetimeoffset(3) NOT NULL
    );

    INSERT INTO @Released ([TaskId], [LeaseToken], [DueAtUtc])
    SELECT j.[taskId], j.[token], j.[dueUtc]
    FROM OPENJSON(@Tasks)
        WITH ([taskId] uniqueidentifier '$.taskId', [token] bigint '$.token', [dueUtc] datetimeoffset(3) '$.dueUtc') AS j;

    UPDATE t
    SET [WorkerId] = NULL,
        [Attempt] = CASE WHEN t.[Attempt] > 0 THEN t.[Attempt] - 1 ELSE 0 END,
        [DueAtUtc] = CASE WHEN t.[CancelRequested] = 1 AND r.[DueAtUtc] > @Now THEN @Now ELSE r.[DueAtUtc] END
    FROM [EverTask].[QueuedTasks] AS t
    INNER JOIN @Released AS r ON r.[TaskId] = t.[Id]
    WHERE t.[WorkerId] = @WorkerId AND t.[LeaseToken] = r.[LeaseToken]
    OPTION (LOOP JOIN);
END
GO
