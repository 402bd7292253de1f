-- Makes one-shots due sooner that a clock that was ahead has made wait, at most so many; see Storage.correctWaiting in
-- src/storage/storage.ts. Rows that others are at are left to them.
--
-- Answers one row: Corrected (how many were made due sooner).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_CorrectWaiting];
GO
CREATE PROCEDURE [EverTask].[usp_CorrectWaiting]
    @Limit int
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    -- READPAST asks for it, whatever isolation a transaction before left to the session.
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Latest datetimeoffset(3) = DATEADD(second, 5, @Now);

    UPDATE TOP (@Limit) [EverTask].[QueuedTasks] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
    SET [DueAtUtc] = CASE WHEN [Status] = N'Pending'
            THEN DATEADD(millisecond, DATEDIFF_BIG(millisecond, [LastExecutionUtc], [DueAtUtc]) % 86400000,
                DATEADD(day, DATEDIFF_BIG(millisecond, [LastExecutionUtc], [DueAtUtc]) / 86400000, @Now))
            ELSE @Now END,
        [LastExecutionUtc] = CASE WHEN [Status] = N'Pending' THEN @Now ELSE [LastExecutionUtc] END
    WHERE [DueAtUtc] > @Latest AND [IsRecurring] = 0
        AND ([Status] = N'ServiceStopped'
            OR ([Status] = N'Queued' AND [ScheduledExecutionUtc] IS NULL)
            OR ([Status] = N'Pending' AND [LastExecutionUtc] > @Latest AND [LastExecutionUtc] <= [DueAtUtc]));

    SELECT @@ROWCOUNT AS [Corrected];
END
GO
