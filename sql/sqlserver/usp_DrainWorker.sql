-- Asks a worker to finish its tasks and stop, and records the action, in one transaction.
--
-- Returns one row: Registered (1, or 0: there is no such worker, and nothing was recorded).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_DrainWorker];
GO
CREATE PROCEDURE [EverTask].[usp_DrainWorker]
    @WorkerId   nvarchar(100),
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

    DECLARE @Registered bit = 0;

    BEGIN TRANSACTION;

    UPDATE [EverTask].[Workers] SET [IsDraining] = 1 WHERE [Id] = @WorkerId;
    IF @@ROWCOUNT > 0
    BEGIN
        SET @Registered = 1;
        INSERT INTO [EverTask].[OperatorActions] ([AtUtc], [Verb], [Actor], [Reason], [TargetKind], [Target], [Before], [After],
            [Changed], [Skipped], [Next])
        VALUES (SYSUTCDATETIME(), @Verb, @Actor, @Reason, @TargetKind, @Target, @Before, @After, 1, 0, NULL);
    END;

    COMMIT TRANSACTION;

    SELECT @Registered AS [Registered];
END
GO
