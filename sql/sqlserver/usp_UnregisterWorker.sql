-- Removes a worker that stops. usp_ReleaseLost finds the tasks that it still holds. Returns
-- nothing.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_UnregisterWorker];
GO
CREATE PROCEDURE [EverTask].[usp_UnregisterWorker]
    @WorkerId nvarchar(100)
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DELETE FROM [EverTask].[Workers] WHERE [Id] = @WorkerId;
END
GO
