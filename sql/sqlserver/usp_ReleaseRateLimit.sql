-- Gives back all reserved slots of a rate limit's key, and its used budget, and records the action,
-- in one transaction.
--
-- Returns one row: Known (1, or 0: the key has no budget, and nothing was recorded).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ReleaseRateLimit];
GO
CREATE PROCEDURE [EverTask].[usp_ReleaseRateLimit]
    @RateKey    nvarchar(400),
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

    DECLARE @Known bit = 0;
    DECLARE @NowMs float = DATEDIFF_BIG(millisecond, CONVERT(datetime2(3), '1970-01-01'), CONVERT(datetime2(3), SYSUTCDATETIME()));

    BEGIN TRANSACTION;

    UPDATE [EverTask].[RateLimits] SET [ReservedTatMs] = @NowMs, [StartedTatMs] = @NowMs WHERE [RateKey] = @RateKey;
    IF @@ROWCOUNT > 0
    BEGIN
        SET @Known = 1;
        DELETE FROM [EverTask].[ReturnedRateSlots] WHERE [RateKey] = @RateKey;
        INSERT INTO [EverTask].[OperatorActions] ([AtUtc], [Verb], [Actor], [Reason], [TargetKind], [Target], [Before], [After],
            [Changed], [Skipped], [Next])
        VALUES (SYSUTCDATETIME(), @Verb, @Actor, @Reason, @TargetKind, @Target, @Before, @After, 1, 0, NULL);
    END;

    COMMIT TRANSACTION;

    SELECT @Known AS [Known];
END
GO
