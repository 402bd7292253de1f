-- Pauses or resumes a queue as usp_SetQueuePaused does, and records the action, in one transaction.
-- Returns nothing.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_SetQueuePausedBy];
GO
CREATE PROCEDURE [EverTask].[usp_SetQueuePausedBy]
    @QueueName  nvarchar(200),
    @Paused     bit,
    @Verb       nvarchar(20),
    @Actor      nvarchar(400),
    @Reason     nvarchar(max),
    @TargetKind nvarchar(10),
    @Target     nvarchar(200),
    @Before     nvarchar(max),
    @After      nvarchar(max)
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    BEGIN TRANSACTION;

    EXEC [EverTask].[usp_SetQueuePaused] @QueueName = @QueueName, @Paused = @Paused;
    INSERT INTO [EverTask].[OperatorActions] ([AtUtc], [Verb], [Actor], [Reason], [TargetKind], [Target], [Before], [After],
        [Changed], [Skipped], [Next])
    VALUES (SYSUTCDATETIME(), @Verb, @Actor, @Reason, @TargetKind, @Target, @Before, @After, 1, 0, NULL);

    COMMIT TRANSACTION;
END
GO
