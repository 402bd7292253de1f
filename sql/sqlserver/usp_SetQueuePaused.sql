-- Pauses or resumes a queue for all workers of the store. The tasks of a paused queue are not
-- claimed. Returns nothing.
--
--   EXEC [EverTask].[usp_SetQueuePaused] @QueueName = N'email', @Paused = 1;

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_SetQueuePaused];
GO
CREATE PROCEDURE [EverTask].[usp_SetQueuePaused]
    @QueueName nvarchar(200),
    @Paused    bit
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    IF @Paused = 0
        DELETE FROM [EverTask].[PausedQueues] WHERE [QueueName] = @QueueName;
    ELSE
        INSERT INTO [EverTask].[PausedQueues] ([QueueName], [PausedAtUtc])
        SELECT @QueueName, SYSUTCDATETIME()
        WHERE NOT EXISTS (SELECT 1 FROM [EverTask].[PausedQueues] WHERE [QueueName] = @QueueName);
END
GO
