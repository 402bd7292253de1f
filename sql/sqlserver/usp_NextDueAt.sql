-- Finds the earliest instant at which a task of one of these types becomes due in one of these
-- queues, except paused ones.
--
-- Returns one row: DueAtUtc (NULL: none).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_NextDueAt];
GO
CREATE PROCEDURE [EverTask].[usp_NextDueAt]
    @Queues [EverTask].[NameList] READONLY,
    @Types  [EverTask].[NameList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    -- Sets the isolation level that READPAST requires. An earlier transaction may have left the
    -- session at another one.
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

    DECLARE @Queue TABLE ([QueueName] nvarchar(200) COLLATE Latin1_General_BIN2 NOT NULL PRIMARY KEY);
    DECLARE @QueueName nvarchar(200), @Priority int, @DueAt datetimeoffset(3), @Earliest datetimeoffset(3);

    INSERT INTO @Queue ([QueueName])
    SELECT DISTINCT q.[Name]
    FROM @Queues AS q
    WHERE NOT EXISTS (SELECT 1 FROM [EverTask].[PausedQueues] AS p WHERE p.[QueueName] = q.[Name]);

    -- As in usp_ClaimTasks: a seek for each queue and priority. Skips locked rows, which cannot be
    -- claimed either.
    SELECT @QueueName = MIN([QueueName]) FROM @Queue;
    WHILE @QueueName IS NOT NULL
    BEGIN
        SELECT @Priority = MAX(d.[Priority])
        FROM [EverTask].[QueuedTasks] AS d WITH (READPAST, READCOMMITTEDLOCK)
        WHERE d.[QueueName] = @QueueName AND d.[DueAtUtc] IS NOT NULL;

        WHILE @Priority IS NOT NULL
        BEGIN
            SET @DueAt = NULL;
            SELECT TOP (1) @DueAt = d.[DueAtUtc]
            FROM [EverTask].[QueuedTasks] AS d WITH (READPAST, READCOMMITTEDLOCK)
            WHERE d.[QueueName] = @QueueName AND d.[Priority] = @Priority AND d.[DueAtUtc] IS NOT NULL
                AND d.[Type] COLLATE Latin1_General_BIN2 IN (SELECT y.[Name] FROM @Types AS y)
            ORDER BY d.[DueAtUtc];

            IF @DueAt IS NOT NULL AND (@Earliest IS NULL OR @DueAt < @Earliest)
                SET @Earliest = @DueAt;

            SELECT @Priority = MAX(d.[Priority])
            FROM [EverTask].[QueuedTasks] AS d WITH (READPAST, READCOMMITTEDLOCK)
            WHERE d.[QueueName] = @QueueName AND d.[Priority] < @Priority AND d.[DueAtUtc] IS NOT NULL;
        END;

        SELECT @QueueName = MIN([QueueName]) FROM @Queue WHERE [QueueName] > @QueueName;
    END;

    SELECT @Earliest AS [DueAtUtc];
END
GO
