-- Gives back the tasks that a worker holds without knowing it, because a claim was committed and its answer was lost on
-- the way: due now, attempt less one, status unchanged. A task that a transaction locks is known, and is passed by.
--
--   @Known  the tasks that the worker knows it holds
--
-- Answers one row: Released (how many were given back).

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
    -- READPAST asks for it, whatever isolation a transaction before left to the session.
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
