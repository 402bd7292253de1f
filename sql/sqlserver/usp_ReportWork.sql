-- Stores a worker's report. Replaces the rows of minutes that the worker has reported before, and
-- adds failures to their groups and hours, in the order of @Failures: by ascending id, so that reports
-- cannot deadlock. With a retention, combines the rows of minutes older than
-- @MinutesMs into rows of hours, and deletes expired rows. Returns nothing.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ReportWork];
GO
CREATE PROCEDURE [EverTask].[usp_ReportWork]
    @Source     nvarchar(36),
    @Activity   [EverTask].[ActivityList] READONLY,
    @Failures   [EverTask].[FailureList] READONLY,
    @MinutesMs  bigint = NULL, -- NULL: no retention
    @HoursMs    bigint = NULL,
    @FailuresMs bigint = NULL,
    @Version    nvarchar(201) = NULL -- of the application
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @NowMs bigint = DATEDIFF_BIG(millisecond, CONVERT(datetime2(3), '1970-01-01'), CONVERT(datetime2(3), SYSUTCDATETIME()));
    DECLARE @Hours TABLE (
        [AtMs] bigint NOT NULL, [Type] nvarchar(500) COLLATE Latin1_General_BIN2 NOT NULL,
        [QueueName] nvarchar(200) COLLATE Latin1_General_BIN2 NOT NULL,
        [Started] float NOT NULL, [Completed] float NOT NULL, [Failed] float NOT NULL, [Cancelled] float NOT NULL,
        [Retried] float NOT NULL, [Lost] float NOT NULL, [RunMs] float NOT NULL, [RunMsMax] float NOT NULL,
        [Run0] float NOT NULL, [Run1] float NOT NULL, [Run2] float NOT NULL, [Run3] float NOT NULL, [Run4] float NOT NULL,
        [Run5] float NOT NULL, [Run6] float NOT NULL, [Run7] float NOT NULL, [Run8] float NOT NULL, [Run9] float NOT NULL,
        [Run10] float NOT NULL, [Run11] float NOT NULL, [WaitMs] float NOT NULL, [WaitMsMax] float NOT NULL,
        [Wait0] float NOT NULL, [Wait1] float NOT NULL, [Wait2] float NOT NULL, [Wait3] float NOT NULL,
        [Wait4] float NOT NULL, [Wait5] float NOT NULL, [Wait6] float NOT NULL, [Wait7] float NOT NULL,
        [Wait8] float NOT NULL, [Wait9] float NOT NULL, [Wait10] float NOT NULL, [Wait11] float NOT NULL
    );

    BEGIN TRANSACTION;

    DELETE FROM [EverTask].[Activity]
    WHERE [Source] = @Source AND [Source] <> N'' AND EXISTS (SELECT 1 FROM @Activity AS n
        WHERE n.[AtMs] = [Activity].[AtMs] AND n.[Type] = [Activity].[Type] AND n.[QueueName] = [Activity].[QueueName])
        AND [AtMs] >= (SELECT MIN(n.[AtMs]) FROM @Activity AS n);

    INSERT INTO [EverTask].[Activity] ([AtMs], [Type], [QueueName], [Source],
        [Started], [Completed], [Failed], [Cancelled], [Retried], [Lost], [RunMs], [RunMsMax], [Run0], [Run1], [Run2],
        [Run3], [Run4], [Run5], [Run6], [Run7], [Run8], [Run9], [Run10], [Run11], [WaitMs], [WaitMsMax], [Wait0], [Wait1],
        [Wait2], [Wait3], [Wait4], [Wait5], [Wait6], [Wait7], [Wait8], [Wait9], [Wait10], [Wait11])
    SELECT n.[AtMs], n.[Type], n.[QueueName], @Source,
        n.[Started], n.[Completed], n.[Failed], n.[Cancelled], n.[Retried], n.[Lost], n.[RunMs], n.[RunMsMax], n.[Run0],
        n.[Run1], n.[Run2], n.[Run3], n.[Run4], n.[Run5], n.[Run6], n.[Run7], n.[Run8], n.[Run9], n.[Run10], n.[Run11],
        n.[WaitMs], n.[WaitMsMax], n.[Wait0], n.[Wait1], n.[Wait2], n.[Wait3], n.[Wait4], n.[Wait5], n.[Wait6], n.[Wait7],
        n.[Wait8], n.[Wait9], n.[Wait10], n.[Wait11]
    FROM @Activity AS n;

    UPDATE g
    SET [Summary] = n.[Summary], [Failures] = g.[Failures] + n.[Failures],
        [FirstMs] = CASE WHEN n.[FirstMs] < g.[FirstMs] THEN n.[FirstMs] ELSE g.[FirstMs] END,
        [LastMs] = CASE WHEN n.[LastMs] > g.[LastMs] THEN n.[LastMs] ELSE g.[LastMs] END,
        [FirstVersion] = CASE WHEN n.[FirstMs] < g.[FirstMs] THEN @Version ELSE g.[FirstVersion] END,
        [LastVersion] = CASE WHEN n.[LastMs] < g.[LastMs] THEN g.[LastVersion] ELSE @Version END,
        [TaskId] = n.[TaskId], [Exception] = n.[Exception]
    FROM @Failures AS n
    INNER JOIN [EverTask].[FailureGroups] AS g WITH (FORCESEEK) ON g.[Id] = n.[Id]
    OPTION (LOOP JOIN, FORCE ORDER);

    INSERT INTO [EverTask].[FailureGroups] ([Id], [Type], [Summary], [Failures], [FirstMs], [LastMs], [FirstVersion],
        [LastVersion], [TaskId], [Exception])
    SELECT n.[Id], n.[Type], n.[Summary], n.[Failures], n.[FirstMs], n.[LastMs], @Version, @Version, n.[TaskId], n.[Exception]
    FROM @Failures AS n
    WHERE NOT EXISTS (SELECT 1 FROM [EverTask].[FailureGroups] AS g WHERE g.[Id] = n.[Id])
    ORDER BY n.[Id];

    UPDATE c
    SET [Failures] = c.[Failures] + n.[Failures]
    FROM @Failures AS n
    INNER JOIN [EverTask].[FailureCounts] AS c WITH (FORCESEEK)
        ON c.[GroupId] = n.[Id] AND c.[HourMs] = n.[LastMs] - n.[LastMs] % 3600000
    OPTION (LOOP JOIN, FORCE ORDER);

    INSERT INTO [EverTask].[FailureCounts] ([GroupId], [HourMs], [Failures])
    SELECT n.[Id], n.[LastMs] - n.[LastMs] % 3600000, n.[Failures]
    FROM @Failures AS n
    WHERE NOT EXISTS (SELECT 1 FROM [EverTask].[FailureCounts] AS c
        WHERE c.[GroupId] = n.[Id] AND c.[HourMs] = n.[LastMs] - n.[LastMs] % 3600000)
    ORDER BY n.[Id];

    IF @MinutesMs IS NOT NULL
    BEGIN
        INSERT INTO @Hours ([AtMs], [Type], [QueueName],
            [Started], [Completed], [Failed], [Cancelled], [Retried], [Lost], [RunMs], [RunMsMax], [Run0], [Run1], [Run2],
            [Run3], [Run4], [Run5], [Run6], [Run7], [Run8], [Run9], [Run10], [Run11], [WaitMs], [WaitMsMax], [Wait0],
            [Wait1], [Wait2], [Wait3], [Wait4], [Wait5], [Wait6], [Wait7], [Wait8], [Wait9], [Wait10], [Wait11])
        SELECT a.[AtMs] - a.[AtMs] % 3600000, a.[Type], a.[QueueName],
            SUM(a.[Started]), SUM(a.[Completed]), SUM(a.[Failed]), SUM(a.[Cancelled]), SUM(a.[Retried]), SUM(a.[Lost]),
            SUM(a.[RunMs]), MAX(a.[RunMsMax]), SUM(a.[Run0]), SUM(a.[Run1]), SUM(a.[Run2]), SUM(a.[Run3]), SUM(a.[Run4]),
            SUM(a.[Run5]), SUM(a.[Run6]), SUM(a.[Run7]), SUM(a.[Run8]), SUM(a.[Run9]), SUM(a.[Run10]), SUM(a.[Run11]),
            SUM(a.[WaitMs]), MAX(a.[WaitMsMax]), SUM(a.[Wait0]), SUM(a.[Wait1]), SUM(a.[Wait2]), SUM(a.[Wait3]),
            SUM(a.[Wait4]), SUM(a.[Wait5]), SUM(a.[Wait6]), SUM(a.[Wait7]), SUM(a.[Wait8]), SUM(a.[Wait9]), SUM(a.[Wait10]),
            SUM(a.[Wait11])
        FROM [EverTask].[Activity] AS a WITH (UPDLOCK, HOLDLOCK)
        WHERE a.[AtMs] < @NowMs - @MinutesMs AND a.[Source] <> N''
        GROUP BY a.[AtMs] - a.[AtMs] % 3600000, a.[Type], a.[QueueName];

        DELETE FROM [EverTask].[Activity] WHERE [AtMs] < @NowMs - @MinutesMs AND [Source] <> N'';

        UPDATE a
        SET [Started] = a.[Started] + n.[Started], [Completed] = a.[Completed] + n.[Completed], [Failed] = a.[Failed] +
            n.[Failed], [Cancelled] = a.[Cancelled] + n.[Cancelled], [Retried] = a.[Retried] + n.[Retried], [Lost] =
            a.[Lost] + n.[Lost], [RunMs] = a.[RunMs] + n.[RunMs], [RunMsMax] = CASE WHEN n.[RunMsMax] > a.[RunMsMax] THEN
            n.[RunMsMax] ELSE a.[RunMsMax] END, [Run0] = a.[Run0] + n.[Run0], [Run1] = a.[Run1] + n.[Run1], [Run2] =
            a.[Run2] + n.[Run2], [Run3] = a.[Run3] + n.[Run3], [Run4] = a.[Run4] + n.[Run4], [Run5] = a.[Run5] + n.[Run5],
            [Run6] = a.[Run6] + n.[Run6], [Run7] = a.[Run7] + n.[Run7], [Run8] = a.[Run8] + n.[Run8], [Run9] = a.[Run9] +
            n.[Run9], [Run10] = a.[Run10] + n.[Run10], [Run11] = a.[Run11] + n.[Run11], [WaitMs] = a.[WaitMs] + n.[WaitMs],
            [WaitMsMax] = CASE WHEN n.[WaitMsMax] > a.[WaitMsMax] THEN n.[WaitMsMax] ELSE a.[WaitMsMax] END, [Wait0] =
            a.[Wait0] + n.[Wait0], [Wait1] = a.[Wait1] + n.[Wait1], [Wait2] = a.[Wait2] + n.[Wait2], [Wait3] = a.[Wait3] +
            n.[Wait3], [Wait4] = a.[Wait4] + n.[Wait4], [Wait5] = a.[Wait5] + n.[Wait5], [Wait6] = a.[Wait6] + n.[Wait6],
            [Wait7] = a.[Wait7] + n.[Wait7], [Wait8] = a.[Wait8] + n.[Wait8], [Wait9] = a.[Wait9] + n.[Wait9], [Wait10] =
            a.[Wait10] + n.[Wait10], [Wait11] = a.[Wait11] + n.[Wait11]
        FROM [EverTask].[Activity] AS a
        INNER JOIN @Hours AS n ON n.[AtMs] = a.[AtMs] AND n.[Type] = a.[Type] AND n.[QueueName] = a.[QueueName]
        WHERE a.[Source] = N'';

        INSERT INTO [EverTask].[Activity] ([AtMs], [Type], [QueueName], [Source],
            [Started], [Completed], [Failed], [Cancelled], [Retried], [Lost], [RunMs], [RunMsMax], [Run0], [Run1], [Run2],
            [Run3], [Run4], [Run5], [Run6], [Run7], [Run8], [Run9], [Run10], [Run11], [WaitMs], [WaitMsMax], [Wait0],
            [Wait1], [Wait2], [Wait3], [Wait4], [Wait5], [Wait6], [Wait7], [Wait8], [Wait9], [Wait10], [Wait11])
        SELECT n.[AtMs], n.[Type], n.[QueueName], N'',
            n.[Started], n.[Completed], n.[Failed], n.[Cancelled], n.[Retried], n.[Lost], n.[RunMs], n.[RunMsMax], n.[Run0],
            n.[Run1], n.[Run2], n.[Run3], n.[Run4], n.[Run5], n.[Run6], n.[Run7], n.[Run8], n.[Run9], n.[Run10], n.[Run11],
            n.[WaitMs], n.[WaitMsMax], n.[Wait0], n.[Wait1], n.[Wait2], n.[Wait3], n.[Wait4], n.[Wait5], n.[Wait6],
            n.[Wait7], n.[Wait8], n.[Wait9], n.[Wait10], n.[Wait11]
        FROM @Hours AS n
        WHERE NOT EXISTS (SELECT 1 FROM [EverTask].[Activity] AS a WHERE a.[Source] = N''
            AND a.[AtMs] = n.[AtMs] AND a.[Type] = n.[Type] AND a.[QueueName] = n.[QueueName]);

        DELETE FROM [EverTask].[Activity] WHERE [AtMs] < @NowMs - @HoursMs;
        DELETE FROM [EverTask].[FailureGroups] WHERE [LastMs] < @NowMs - @FailuresMs;
        -- No hour of a group begins after its last failure, so these are all counts of deleted groups, too.
        DELETE FROM [EverTask].[FailureCounts] WHERE [HourMs] < @NowMs - @FailuresMs;
    END;

    COMMIT TRANSACTION;
END
GO
