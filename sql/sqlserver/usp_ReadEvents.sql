-- Reads, for each writer except @ExceptFrom, the first @Limit batches of events after the number in
-- @After.
--
-- Returns two recordsets: Now; the batches, for each writer in the order of their numbers.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ReadEvents];
GO
CREATE PROCEDURE [EverTask].[usp_ReadEvents]
    @After      [EverTask].[EventPositionList] READONLY, -- writers that are not listed are read from their first batch on
    @ExceptFrom nvarchar(100),
    @Limit      int
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    SET LOCK_TIMEOUT 1000; -- must not delay the other work of the process

    SELECT CAST(SYSUTCDATETIME() AS datetimeoffset(3)) AS [Now]; -- before reading, so that batches stored later are not older

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
