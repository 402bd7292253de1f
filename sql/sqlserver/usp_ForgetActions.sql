-- Deletes operator actions that are older than @Seconds. Later actions have larger ids, so only
-- deleted rows are read. Returns nothing.
--
--   EXEC [EverTask].[usp_ForgetActions] @Seconds = 31536000; -- 365 days

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ForgetActions];
GO
CREATE PROCEDURE [EverTask].[usp_ForgetActions]
    @Seconds int,
    @Deleted bigint = NULL OUTPUT -- the number of deleted rows
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Before datetimeoffset(3) = DATEADD(second, -@Seconds, SYSUTCDATETIME());
    DECLARE @Oldest bigint = 9223372036854775807;

    SELECT TOP (1) @Oldest = [Id] FROM [EverTask].[OperatorActions] WHERE [AtUtc] >= @Before ORDER BY [Id];
    DELETE FROM [EverTask].[OperatorActions] WHERE [Id] < @Oldest;
    SET @Deleted = @@ROWCOUNT;
END
GO
