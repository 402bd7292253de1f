-- Gives back the tasks that a worker holds without knowing it, because a claim was committed and
-- its answer was lost: makes them due now, decrements the attempt, and keeps the status. Skips
-- locked tasks, which the worker knows.
--
--   @Known  the tasks that the worker knows it holds
--
-- Returns one row: Released (the number of tasks given back).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ReleaseUnknown];
GO
CREATE PROCEDURE [EverTask].[usp_ReleaseUnknown]
    @WorkerId nvarchar(100),
    @Known    [EverTask].[TaskIdList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    -- Sets the isolation level that READPAST requires. An earlier transaction may have left the
    -- session at another one.
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();

    UPDATE [EverTask].[QueuedTasks] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
    SET [WorkerId] = NULL,
        [Attempt] = CASE WHEN [Attempt] > 0 THEN [Attempt] - 1 ELSE 0 END,
        [DueAtUtc] = @Now
    WHERE [WorkerId] = @WorkerId AND [WorkerId] IS NOT NULL AND [Id] NOT IN (SELECT k.[TaskId] FROM @Known AS k);

    SELECT @@ROWCOUNT AS [Released];
END
GO
