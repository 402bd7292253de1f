-- Changes the next run and the anchor of waiting series, and makes each due at DueAtUtc, unless it
-- is due sooner. Skips series that a worker holds, or whose next run is not PlannedUtc, to the
-- millisecond.
--
-- Returns one row per correction, in order: Corrected (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_CorrectSeries];
GO
CREATE PROCEDURE [EverTask].[usp_CorrectSeries]
    @Corrections [EverTask].[SeriesCorrectionList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Corrected TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);

    -- A held task has no due instant.
    UPDATE [EverTask].[QueuedTasks]
    SET [NextRunUtc] = CONVERT(datetimeoffset(3), c.[NextRunUtc]),
        [AnchorUtc] = CONVERT(datetimeoffset(3), c.[AnchorUtc]),
        [DueAtUtc] = CASE WHEN [QueuedTasks].[DueAtUtc] < CONVERT(datetimeoffset(3), c.[DueAtUtc])
            THEN [QueuedTasks].[DueAtUtc] ELSE CONVERT(datetimeoffset(3), c.[DueAtUtc]) END
    OUTPUT inserted.[Id] INTO @Corrected ([TaskId])
    FROM @Corrections AS c, [EverTask].[QueuedTasks] WITH (FORCESEEK)
    WHERE [QueuedTasks].[Id] = c.[TaskId] AND [QueuedTasks].[IsRecurring] = 1 AND [QueuedTasks].[DueAtUtc] IS NOT NULL
        AND CAST([QueuedTasks].[NextRunUtc] AS datetimeoffset(3)) = CONVERT(datetimeoffset(3), c.[PlannedUtc])
    OPTION (LOOP JOIN, FORCE ORDER);

    SELECT CASE WHEN c.[TaskId] IN (SELECT [TaskId] FROM @Corrected) THEN 1 ELSE 0 END AS [Corrected]
    FROM @Corrections AS c
    ORDER BY c.[Ordinal];
END
GO
