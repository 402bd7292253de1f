-- Makes a worker known, alive as of now. Doing so twice is the same as once and a heartbeat. Answers nothing.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_RegisterWorker];
GO
CREATE PROCEDURE [EverTask].[usp_RegisterWorker]
    @WorkerId nvarchar(100),
    @Host     nvarchar(400),
    @Serves   nvarchar(max) = NULL -- which queues and types it takes, as JSON; version 0.1 does not say
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();

    BEGIN TRANSACTION;

    UPDATE [EverTask].[Workers] SET [HeartbeatUtc] = @Now, [Host] = @Host, [Serves] = @Serves WHERE [Id] = @WorkerId;
    IF @@ROWCOUNT = 0
        INSERT INTO [EverTask].[Workers] ([Id], [Host], [Serves], [StartedUtc], [HeartbeatUtc])
        VALUES (@WorkerId, @Host, @Serves, @Now, @Now);

    COMMIT TRANSACTION;
END
GO
