-- Removes expired watchers and the oldest batches of events, at most 100. Keeps batches of the last
-- minute if there is a watcher.
--
-- Returns one row: Swept (the number of removed batches).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_SweepEvents];
GO
CREATE PROCEDURE [EverTask].[usp_SweepEvents]
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    SET LOCK_TIMEOUT 1000; -- must not delay the other work of the process

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Before datetimeoffset(3) = DATEADD(second, -60, @Now);

    DELETE FROM [EverTask].[EventWatchers] WHERE [ExpiresUtc] <= @Now;
    IF NOT EXISTS (SELECT 1 FROM [EverTask].[EventWatchers])
        SET @Before = DATEADD(day, 1, @Now);

    DELETE FROM e FROM [EverTask].[RelayedEvents] AS e
    INNER JOIN (
        SELECT TOP (100) r.[WriterId], r.[UpTo] FROM [EverTask].[RelayedEvents] AS r
        WHERE r.[WrittenUtc] < @Before ORDER BY r.[WrittenUtc]
    ) AS o ON o.[WriterId] = e.[WriterId] AND o.[UpTo] = e.[UpTo];

    SELECT @@ROWCOUNT AS [Swept];
END
GO
