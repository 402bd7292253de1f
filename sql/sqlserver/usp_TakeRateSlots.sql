-- Takes rate limit slots by the generic cell rate algorithm with reservations (ITU-T I.371), in the
-- order of the list, by the server's clock. A small row per key has two theoretical arrival times
-- (TAT), those of reserved and of started tasks, in fractional epoch milliseconds.
-- src/storage/kit/gcra.ts explains the algorithm.
--
-- Returns two recordsets: NowMs; one row per request, in order: SlotMs and Granted (0: nothing was
-- reserved; else 1).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_TakeRateSlots];
GO
CREATE PROCEDURE [EverTask].[usp_TakeRateSlots]
    @Requests [EverTask].[RateSlotRequestList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Key TABLE ([RateKey] nvarchar(400) COLLATE Latin1_General_BIN2 NOT NULL PRIMARY KEY);
    DECLARE @Slot TABLE ([Ordinal] int NOT NULL PRIMARY KEY, [SlotMs] float NOT NULL, [Granted] bit NOT NULL);
    DECLARE @NowMs float, @Turn int, @RateKey nvarchar(400), @IntervalMs float, @Burst float, @ToleranceMs float, @StartEmpty bit, @HorizonMs float,
        @ReservedMs float, @GraceMs float, @StartsByMs float, @ReservedTatMs float, @StartedTatMs float, @LeewayMs float, @NextTatMs float, @SlotMs float,
        @EarliestMs float, @ReturnedMs float, @Left int, @HasReturned bit, @Granted bit, @Changed bit, @Stored bit;

    INSERT INTO @Key ([RateKey]) SELECT DISTINCT r.[RateKey] FROM @Requests AS r ORDER BY r.[RateKey];

    BEGIN TRANSACTION;

    -- Locks all rows first, by one statement in the order of keys, so that two lists with the same
    -- keys in different orders cannot deadlock. Reads the clock after that, so that it is not
    -- before the reservations of others.
    UPDATE r
    SET [StartedTatMs] = r.[StartedTatMs]
    FROM @Key AS k
    INNER JOIN [EverTask].[RateLimits] AS r WITH (FORCESEEK) ON r.[RateKey] = k.[RateKey]
    OPTION (LOOP JOIN, FORCE ORDER);

    SET @NowMs = DATEDIFF_BIG(millisecond, CONVERT(datetime2(3), '1970-01-01'), CONVERT(datetime2(3), SYSUTCDATETIME()));

    SELECT @Turn = MIN([Ordinal]) FROM @Requests;
    WHILE @Turn IS NOT NULL
    BEGIN
        SELECT @RateKey = [RateKey], @IntervalMs = [IntervalMs], @Burst = [Burst], @ToleranceMs = ([Burst] - 1) * [IntervalMs],
            @StartEmpty = [StartEmpty], @HorizonMs = [HorizonMs], @ReservedMs = [ReservedMs], @GraceMs = [GraceMs],
            @StartsByMs = @NowMs + [StartWithinMs]
        FROM @Requests WHERE [Ordinal] = @Turn;

        SET @ReservedTatMs = NULL;
        SELECT @ReservedTatMs = [ReservedTatMs], @StartedTatMs = [StartedTatMs]
        FROM [EverTask].[RateLimits] WHERE [RateKey] = @RateKey;
        SET @Stored = CASE WHEN @ReservedTatMs IS NULL THEN 0 ELSE 1 END;
        IF @Stored = 0
        BEGIN
            SET @ReservedTatMs = CASE WHEN @StartEmpty = 1 THEN @NowMs + @ToleranceMs ELSE @NowMs END;
            SET @StartedTatMs = @ReservedTatMs;
        END;

        SET @LeewayMs = @GraceMs + 1;
        SET @NextTatMs = CASE WHEN @StartedTatMs < @StartsByMs THEN @StartsByMs ELSE @StartedTatMs END + @IntervalMs;
        SET @Granted = 1;
        SET @Changed = 0;

        -- The key was released after this slot was reserved: no reservation is as late.
        IF @Stored = 1 AND @ReservedMs > @NowMs AND @ReservedMs > @ReservedTatMs + 1
            SET @ReservedMs = NULL;

        IF @ReservedMs > @NowMs
            SET @SlotMs = @ReservedMs;
        ELSE
        BEGIN
            IF @ReservedMs IS NOT NULL
                AND @StartedTatMs - @ToleranceMs - CASE WHEN @NowMs - @ReservedMs <= @GraceMs THEN @LeewayMs ELSE 0 END <= @NowMs
            BEGIN
                SET @SlotMs = @NowMs;
                SET @StartedTatMs = @NextTatMs;
                SET @Changed = 1;
            END;
            ELSE
            BEGIN
                -- Sums of fractions are inexact by up to a microsecond.
                SET @EarliestMs = CEILING(@StartedTatMs - @LeewayMs - @ToleranceMs - 0.001E0);
                IF @EarliestMs < @NowMs
                    SET @EarliestMs = @NowMs;

                SET @HasReturned = 0;
                IF @ReservedTatMs > @NowMs AND EXISTS (SELECT 1 FROM [EverTask].[ReturnedRateSlots] WHERE [RateKey] = @RateKey)
                BEGIN
                    SET @HasReturned = 1;
                    -- Removes returned slots from the end of the reservations, at most a few
                    -- hundred at a time.
                    SET @Left = 500;
                    WHILE @Left > 0
                    BEGIN
                        SELECT @ReturnedMs = MAX([SlotMs]) FROM [EverTask].[ReturnedRateSlots] WHERE [RateKey] = @RateKey;
                        IF @ReturnedMs IS NULL OR @ReturnedMs < @ReservedTatMs - @ToleranceMs - @IntervalMs - 1
                            BREAK;
                        DELETE FROM [EverTask].[ReturnedRateSlots] WHERE [RateKey] = @RateKey AND [SlotMs] = @ReturnedMs;
                        SET @ReservedTatMs = @ReturnedMs + @ToleranceMs;
                        SET @Changed = 1;
                        SET @Left = @Left - 1;
                    END;

                    DELETE FROM [EverTask].[ReturnedRateSlots]
                    WHERE [RateKey] = @RateKey AND ([SlotMs] <= @NowMs OR [SlotMs] < @EarliestMs);
                END;

                SET @SlotMs = CEILING(@ReservedTatMs - @ToleranceMs - 0.001E0);
                IF @SlotMs < @EarliestMs
                    SET @SlotMs = @EarliestMs;

                SET @ReturnedMs = NULL;
                IF @HasReturned = 1 AND @SlotMs > @NowMs
                    SELECT @ReturnedMs = MIN([SlotMs]) FROM [EverTask].[ReturnedRateSlots] WHERE [RateKey] = @RateKey;
                IF @ReturnedMs > @SlotMs OR @ReturnedMs > @NowMs + @HorizonMs
                    SET @ReturnedMs = NULL;

                IF @ReturnedMs IS NOT NULL
                BEGIN
                    DELETE FROM [EverTask].[ReturnedRateSlots] WHERE [RateKey] = @RateKey AND [SlotMs] = @ReturnedMs;
                    SET @SlotMs = @ReturnedMs;
                END;
                ELSE IF @SlotMs > @NowMs + @HorizonMs
                    SET @Granted = 0;
                ELSE
                BEGIN
                    IF @ReservedTatMs < @StartedTatMs - @LeewayMs
                        SET @ReservedTatMs = @StartedTatMs - @LeewayMs;
                    SET @ReservedTatMs = CASE WHEN @ReservedTatMs < @NowMs THEN @NowMs ELSE @ReservedTatMs END + @IntervalMs;
                    IF @SlotMs = @NowMs
                        SET @StartedTatMs = @NextTatMs;
                    SET @Changed = 1;
                END;
            END;

            IF @Changed = 1 AND @Stored = 1
                UPDATE [EverTask].[RateLimits]
                SET [ReservedTatMs] = @ReservedTatMs, [StartedTatMs] = @StartedTatMs, [IntervalMs] = @IntervalMs, [Burst] = @Burst
                WHERE [RateKey] = @RateKey;
            IF @Changed = 1 AND @Stored = 0
                INSERT INTO [EverTask].[RateLimits] ([RateKey], [ReservedTatMs], [StartedTatMs], [IntervalMs], [Burst])
                VALUES (@RateKey, @ReservedTatMs, @StartedTatMs, @IntervalMs, @Burst);
        END;

        INSERT INTO @Slot ([Ordinal], [SlotMs], [Granted]) VALUES (@Turn, @SlotMs, @Granted);

        SELECT @Turn = MIN([Ordinal]) FROM @Requests WHERE [Ordinal] > @Turn;
    END;

    COMMIT TRANSACTION;

    SELECT @NowMs AS [NowMs];

    SELECT s.[SlotMs] AS [SlotMs], s.[Granted] AS [Granted] FROM @Slot AS s ORDER BY s.[Ordinal];
END
GO
