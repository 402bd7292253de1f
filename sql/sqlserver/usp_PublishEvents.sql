-- Stores a batch of events if there is a watcher. A batch that is already stored stays unchanged.
--
-- Returns the Id and Parameters of all watchers.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_PublishEvents];
GO
CREATE PROCEDURE [EverTask].[usp_PublishEvents]
    @WriterId nvarchar(100),
    @Since    bigint, -- the number of the last event before the batch
    @UpTo     bigint, -- the number of the last event of the batch
    @WorkerId nvarchar(100),
    @Host     nvarchar(400),
    @Events   nvarchar(max) -- as JSON
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    SET LOCK_TIMEOUT 1000; -- must not delay the other work of the process

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();

    INSERT INTO [EverTask].[RelayedEvents] ([WriterId], [UpTo], [Since], [WrittenUtc], [WorkerId], [Host], [Events])
    SELECT @WriterId, @UpTo, @Since, @Now, @WorkerId, @Host, @Events
    WHERE EXISTS (SELECT 1 FROM [EverTask].[EventWatchers] AS w WITH (NOLOCK) WHERE w.[ExpiresUtc] > @Now)
        AND NOT EXISTS (SELECT 1 FROM [EverTask].[RelayedEvents] AS e WHERE e.[WriterId] = @WriterId AND e.[UpTo] = @UpTo);

    SELECT w.[Id] AS [Id], w.[Parameters] AS [Parameters]
    FROM [EverTask].[EventWatchers] AS w WITH (NOLOCK) WHERE w.[ExpiresUtc] > @Now ORDER BY w.[Id];
END
GO
