-- Registers a worker as alive now. For a registered worker it is a heartbeat. Returns nothing.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_RegisterWorker];
GO
CREATE PROCEDURE [EverTask].[usp_RegisterWorker]
    @WorkerId nvarchar(100),
    @Host     nvarchar(400),
    @Serves   nvarchar(max) = NULL -- the queues and types that it serves, as JSON; version 0.1 does not report them
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
