-- Reads batches of events: of each writer but one those behind a number, @Limit at most.
--
-- Answers two recordsets: Now; and the batches, those of each writer by rising numbers.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ReadEvents];
GO
CREATE PROCEDURE [EverTask].[usp_ReadEvents]
    @After      [EverTask].[EventPositionList] READONLY, -- writers that are not in it are read from their first batch on
    @ExceptFrom nvarchar(100),
    @Limit      int
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    SET LOCK_TIMEOUT 1000; -- what else a process does must not wait behind this

    SELECT CAST(SYSUTCDATETIME() AS datetimeoffset(3)) AS [Now]; -- before it reads: what is stored later is not older

    SELECT e.[WriterId] AS [WriterId], e.[Since] AS [Since], e.[UpTo] AS [UpTo], e.[WorkerId] AS [WorkerId],
        e.[Host] AS [Host], e.[Events] AS [Events]
    FROM (
        SELECT r.[WriterId], r.[Since], r.[UpTo], r.[WorkerId], r.[Host], r.[Events],
            ROW_NUMBER() OVER (PARTITION BY r.[WriterId] ORDER BY r.[UpTo]) AS [Number]
        FROM [EverTask].[RelayedEvents] AS r
        LEFT JOIN @After AS a ON a.[WriterId] = r.[WriterId]
        WHERE r.[WriterId] <> @ExceptFrom AND (a.[UpTo] IS NULL OR r.[UpTo] > a.[UpTo])
    ) AS e
    WHERE e.[Number] <= @Limit
    ORDER BY e.[WriterId], e.[UpTo];
END
GO
