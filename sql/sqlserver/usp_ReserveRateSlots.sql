-- Reserves rate limit slots by the generic cell rate algorithm (ITU-T I.371), in the order of the list, by this server's
-- clock: one small row a key holds the theoretical arrival time (TAT) in fractional epoch milliseconds.
--
-- Answers two recordsets: NowMs; a row a request, in order: SlotMs and Granted (1 or 0; 0: nothing was reserved).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ReserveRateSlots];
GO
CREATE PROCEDURE [EverTask].[usp_ReserveRateSlots]
    @Requests [EverTask].[RateSlotRequestList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Key TABLE ([RateKey] nvarchar(400) COLLATE Latin1_General_BIN2 NOT NULL PRIMARY KEY);
    DECLARE @Slot TABLE ([Ordinal] int NOT NULL PRIMARY KEY, [SlotMs] float NOT NULL, [Granted] bit NOT NULL);
    DECLARE @NowMs float, @Turn int, @RateKey nvarchar(400), @IntervalMs float, @ToleranceMs float, @StartEmpty bit, @HorizonMs float,
        @TatMs float, @SlotMs float, @Stored bit;

    INSERT INTO @Key ([RateKey]) SELECT DISTINCT r.[RateKey] FROM @Requests AS r ORDER BY r.[RateKey];

    BEGIN TRANSACTION;

    -- Locks all rows first, by one statement in the order of the key, so that two lists with the same keys in another
    -- order do not wait for each other; and reads the clock after that, so that it is not behind what others reserved.
    UPDATE r
    SET [TatMs] = r.[TatMs]
    FROM [EverTask].[RateLimits] AS r
    INNER JOIN @Key AS k ON k.[RateKey] = r.[RateKey]
    OPTION (LOOP JOIN);

    SET @NowMs = DATEDIFF_BIG(millisecond, CONVERT(datetime2(3), '1970-01-01'), CONVERT(datetime2(3), SYSUTCDATETIME()));

    SELECT @Turn = MIN([Ordinal]) FROM @Requests;
    WHILE @Turn IS NOT NULL
    BEGIN
        SELECT @RateKey = [RateKey], @IntervalMs = [IntervalMs], @ToleranceMs = ([Burst] - 1) * [IntervalMs],
            @StartEmpty = [StartEmpty], @HorizonMs = [HorizonMs]
        FROM @Requests WHERE [Ordinal] = @Turn;

        SET @TatMs = NULL;
        SELECT @TatMs = [TatMs] FROM [EverTask].[RateLimits] WHERE [RateKey] = @RateKey;
        SET @Stored = CASE WHEN @TatMs IS NULL THEN 0 ELSE 1 END;
        IF @Stored = 0
            SET @TatMs = CASE WHEN @StartEmpty = 1 THEN @NowMs + @ToleranceMs ELSE @NowMs END;

        -- A microsecond is the noise of sums of fractions.
        SET @SlotMs = CEILING(@TatMs - @ToleranceMs - 0.001E0);
        IF @SlotMs < @NowMs
            SET @SlotMs = @NowMs;

        INSERT INTO @Slot ([Ordinal], [SlotMs], [Granted])
        VALUES (@Turn, @SlotMs, CASE WHEN @SlotMs <= @NowMs + @HorizonMs THEN 1 ELSE 0 END);

        IF @SlotMs <= @NowMs + @HorizonMs
        BEGIN
            SET @TatMs = CASE WHEN @TatMs < @NowMs THEN @NowMs ELSE @TatMs END + @IntervalMs;
            IF @Stored = 1
                UPDATE [EverTask].[RateLimits] SET [TatMs] = @TatMs WHERE [RateKey] = @RateKey;
            ELSE
                INSERT INTO [EverTask].[RateLimits] ([RateKey], [TatMs]) VALUES (@RateKey, @TatMs);
        END;

        SELECT @Turn = MIN([Ordinal]) FROM @Requests WHERE [Ordinal] > @Turn;
    END;

    COMMIT TRANSACTION;

    SELECT @NowMs AS [NowMs];

    SELECT s.[SlotMs] AS [SlotMs], s.[Granted] AS [Granted] FROM @Slot AS s ORDER BY s.[Ordinal];
END
GO
