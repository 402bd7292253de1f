-- Gives back reserved slots of rate limits that will not be used. Omits slots of keys that have no
-- row any more. Returns nothing.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ReturnRateSlots];
GO
CREATE PROCEDURE [EverTask].[usp_ReturnRateSlots]
    @Slots [EverTask].[ReturnedRateSlotList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Slot TABLE (
        [RateKey] nvarchar(400) COLLATE Latin1_General_BIN2 NOT NULL,
        [SlotMs]  float NOT NULL,
        PRIMARY KEY ([RateKey], [SlotMs])
    );

    INSERT INTO @Slot ([RateKey], [SlotMs]) SELECT DISTINCT s.[RateKey], s.[SlotMs] FROM @Slots AS s ORDER BY s.[RateKey];

    BEGIN TRANSACTION;

    -- Locks the keys first, in their order, as usp_TakeRateSlots does.
    UPDATE r
    SET [StartedTatMs] = r.[StartedTatMs]
    FROM @Slot AS s
    INNER JOIN [EverTask].[RateLimits] AS r WITH (FORCESEEK) ON r.[RateKey] = s.[RateKey]
    OPTION (LOOP JOIN, FORCE ORDER);

    INSERT INTO [EverTask].[ReturnedRateSlots] ([RateKey], [SlotMs])
    SELECT s.[RateKey], s.[SlotMs]
    FROM @Slot AS s
    INNER JOIN [EverTask].[RateLimits] AS r WITH (FORCESEEK) ON r.[RateKey] = s.[RateKey]
    LEFT JOIN [EverTask].[ReturnedRateSlots] AS k WITH (FORCESEEK) ON k.[RateKey] = s.[RateKey] AND k.[SlotMs] = s.[SlotMs]
    WHERE k.[RateKey] IS NULL
    OPTION (LOOP JOIN, FORCE ORDER);

    COMMIT TRANSACTION;
END
GO
