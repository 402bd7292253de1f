-- Registers a watcher of events for @ForMs milliseconds, or renews it.
--
-- Returns three recordsets: Began (1: the watcher is new, had expired, or now also receives
-- payloads); the Id and Parameters of all watchers; the WriterId of each writer of stored batches,
-- and UpTo, the number of its last event.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_WatchEvents];
GO
CREATE PROCEDURE [EverTask].[usp_WatchEvents]
    @WatcherId  nvarchar(100),
    @ForMs      bigint,
    @Parameters bit
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    SET LOCK_TIMEOUT 1000; -- must not delay the other work of the process

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Expires datetimeoffset(3) = DATEADD(millisecond, @ForMs, @Now);
    DECLARE @Began bit = CASE WHEN EXISTS (SELECT 1 FROM [EverTask].[EventWatchers]
        WHERE [Id] = @WatcherId AND [ExpiresUtc] > @Now AND [Parameters] >= @Parameters) THEN 0 ELSE 1 END;

    BEGIN TRANSACTION;

    UPDATE [EverTask].[EventWatchers] SET [ExpiresUtc] = @Expires, [Parameters] = @Parameters WHERE [Id] = @WatcherId;
    IF @@ROWCOUNT = 0
        INSERT INTO [EverTask].[EventWatchers] ([Id], [ExpiresUtc], [Parameters]) VALUES (@WatcherId, @Expires, @Parameters);

    COMMIT TRANSACTION;

    SELECT @Began AS [Began];

    SELECT w.[Id] AS [Id], w.[Parameters] AS [Parameters]
    FROM [EverTask].[EventWatchers] AS w WHERE w.[ExpiresUtc] > @Now ORDER BY w.[Id];

    SELECT e.[WriterId] AS [WriterId], MAX(e.[UpTo]) AS [UpTo] FROM [EverTask].[RelayedEvents] AS e GROUP BY e.[WriterId];
END
GO
