-- Removes a watcher, if it exists. Returns nothing.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_UnwatchEvents];
GO
CREATE PROCEDURE [EverTask].[usp_UnwatchEvents]
    @WatcherId nvarchar(100)
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    SET LOCK_TIMEOUT 1000; -- must not delay the other work of the process

    DELETE FROM [EverTask].[EventWatchers] WHERE [Id] = @WatcherId;
END
GO
