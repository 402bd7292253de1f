-- Deletes what the retention policy allows, in one short transaction: at most @Limit rows over all tables. Call it again
-- until it is done. An absent (or NULL, or not positive) number of days keeps rows for ever.
--
--   EXEC [EverTask].[usp_Purge] @StatusAuditDays = 30, @RunsAuditDays = 7, @ErrorAuditDays = 90;
--
-- Answers one row: StatusAudit, RunsAudit, ExecutionLog and Tasks (rows deleted), Done (1: nothing is left to delete) and
-- Busy (1: another process is purging at the moment; nothing was done).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_Purge];
GO
CREATE PROCEDURE [EverTask].[usp_Purge]
    @StatusAuditDays         float = NULL,
    @RunsAuditDays           float = NULL,
    @ErrorAuditDays          float = NULL, -- overrides both for rows that have an exception
    @ExecutionLogDays        float = NULL,
    @MaxExecutionLogsPerTask int = NULL,   -- only the newest so many lines of a task are kept
    @DeleteCompletedTasks    bit = 0,      -- one-shots that ended well, or were cancelled, before @StatusAuditDays
    @Limit                   int = 1000,   -- below 5000, a statement's locks stay row locks
    @DryRun                  bit = 0       -- only counts, and all that may go, whatever the limit
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    -- READPAST asks for it, whatever isolation a transaction before left to the session.
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Status datetimeoffset(3), @StatusErrors datetimeoffset(3), @Runs datetimeoffset(3), @RunsErrors datetimeoffset(3),
        @Logs datetimeoffset(3), @Tasks datetimeoffset(3), @MaxLogs int, @Lock int = 0;
    DECLARE @Left int = CASE WHEN @DryRun = 1 THEN 2147483646 ELSE @Limit END;
    DECLARE @Found int, @StatusCount int = 0, @RunsCount int = 0, @LogCount int = 0, @TaskCount int = 0, @Done bit = 1;
    DECLARE @StatusRow TABLE ([Id] bigint NOT NULL PRIMARY KEY);
    DECLARE @RunsRow TABLE ([Id] bigint NOT NULL PRIMARY KEY);
    DECLARE @LogRow TABLE ([Id] bigint NOT NULL PRIMARY KEY);
    DECLARE @TaskRow TABLE ([Id] uniqueidentifier NOT NULL PRIMARY KEY);

    -- The instants before which rows may go; NULL compares with nothing, and keeps them. A thousand years is for ever.
    SET @ErrorAuditDays = CASE WHEN @ErrorAuditDays > 0 THEN @ErrorAuditDays END;
    SELECT @Status = MAX(CASE WHEN c.[Kind] = 1 THEN c.[Before] END), @Runs = MAX(CASE WHEN c.[Kind] = 2 THEN c.[Before] END),
        @StatusErrors = MAX(CASE WHEN c.[Kind] = 3 THEN c.[Before] END), @RunsErrors = MAX(CASE WHEN c.[Kind] = 4 THEN c.[Before] END),
        @Logs = MAX(CASE WHEN c.[Kind] = 5 THEN c.[Before] END)
    FROM (
        SELECT d.[Kind], DATEADD(millisecond, -(d.[Ms] % 86400000), DATEADD(day, -(d.[Ms] / 86400000), @Now)) AS [Before]
        FROM (
            SELECT v.[Kind], CONVERT(bigint, CASE WHEN v.[Days] > 0 AND v.[Days] < 365000 THEN v.[Days] * 86400000 END) AS [Ms]
            FROM (VALUES (1, @StatusAuditDays), (2, @RunsAuditDays), (3, COALESCE(@ErrorAuditDays, @StatusAuditDays)),
                (4, COALESCE(@ErrorAuditDays, @RunsAuditDays)), (5, @ExecutionLogDays)) AS v ([Kind], [Days])
        ) AS d
    ) AS c;
    SET @Tasks = CASE WHEN @DeleteCompletedTasks = 1 THEN @Status END;
    SET @MaxLogs = CASE WHEN @MaxExecutionLogsPerTask > 0 THEN @MaxExecutionLogsPerTask END;

    BEGIN TRANSACTION;

    -- One process at a time; the lock ends with the transaction, whatever happens to it.
    IF @DryRun = 0
        EXEC @Lock = sp_getapplock @Resource = N'[EverTask].purge', @LockMode = 'Exclusive', @LockOwner = 'Transaction',
            @LockTimeout = 100;
    IF @Lock < 0
    BEGIN
        ROLLBACK TRANSACTION;
        SELECT 0 AS [StatusAudit], 0 AS [RunsAudit], 0 AS [ExecutionLog], 0 AS [Tasks], 0 AS [Done], 1 AS [Busy];
        RETURN;
    END;

    -- Each table: looks for one row more than may go, to know whether it is done.
    INSERT INTO @StatusRow ([Id])
    SELECT TOP (@Left + 1) s.[Id]
    FROM [EverTask].[StatusAudit] AS s
    WHERE (s.[Exception] IS NULL AND s.[UpdatedAtUtc] < @Status)
        OR (s.[Exception] IS NOT NULL AND s.[UpdatedAtUtc] < @StatusErrors)
    ORDER BY s.[UpdatedAtUtc];
    SET @Found = @@ROWCOUNT;
    SET @StatusCount = CASE WHEN @Found > @Left THEN @Left ELSE @Found END;
    IF @Found > @Left SET @Done = 0;
    IF @DryRun = 0
    BEGIN
        DELETE FROM [EverTask].[StatusAudit] WHERE [Id] IN (SELECT TOP (@Left) r.[Id] FROM @StatusRow AS r ORDER BY r.[Id]);
        SET @Left = @Left - @StatusCount;
    END;

    INSERT INTO @RunsRow ([Id])
    SELECT TOP (@Left + 1) s.[Id]
    FROM [EverTask].[RunsAudit] AS s
    WHERE (s.[Exception] IS NULL AND s.[ExecutedAt] < @Runs)
        OR (s.[Exception] IS NOT NULL AND s.[ExecutedAt] < @RunsErrors)
    ORDER BY s.[ExecutedAt];
    SET @Found = @@ROWCOUNT;
    SET @RunsCount = CASE WHEN @Found > @Left THEN @Left ELSE @Found END;
    IF @Found > @Left SET @Done = 0;
    IF @DryRun = 0
    BEGIN
        DELETE FROM [EverTask].[RunsAudit] WHERE [Id] IN (SELECT TOP (@Left) r.[Id] FROM @RunsRow AS r ORDER BY r.[Id]);
        SET @Left = @Left - @RunsCount;
    END;

    -- The task's row knows the number of its last line, so that nothing has to be counted.
    INSERT INTO @LogRow ([Id])
    SELECT TOP (@Left + 1) l.[Id]
    FROM [EverTask].[TaskExecutionLog] AS l
    WHERE l.[TimestampUtc] < @Logs
        OR (@MaxLogs IS NOT NULL AND EXISTS (SELECT 1 FROM [EverTask].[QueuedTasks] AS t
            WHERE t.[Id] = l.[TaskId] AND t.[LastLogSequence] - @MaxLogs >= l.[SequenceNumber]));
    SET @Found = @@ROWCOUNT;
    SET @LogCount = CASE WHEN @Found > @Left THEN @Left ELSE @Found END;
    IF @Found > @Left SET @Done = 0;
    IF @DryRun = 0
    BEGIN
        DELETE FROM [EverTask].[TaskExecutionLog] WHERE [Id] IN (SELECT TOP (@Left) r.[Id] FROM @LogRow AS r ORDER BY r.[Id]);
        SET @Left = @Left - @LogCount;
    END;

    -- Tasks of which no row of history stays. One that a transaction locks is looked at again next time.
    IF @Tasks IS NOT NULL
    BEGIN
        INSERT INTO @TaskRow ([Id])
        SELECT TOP (@Left + 1) t.[Id]
        FROM [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK)
        WHERE t.[IsRecurring] = 0 AND t.[WorkerId] IS NULL AND t.[DueAtUtc] IS NULL
            AND t.[Status] IN (N'Completed', N'Cancelled')
            AND COALESCE(t.[LastExecutionUtc], t.[CreatedAtUtc]) < @Tasks
            AND NOT EXISTS (SELECT 1 FROM [EverTask].[StatusAudit] AS s WHERE s.[QueuedTaskId] = t.[Id]
                AND NOT s.[UpdatedAtUtc] < CASE WHEN s.[Exception] IS NULL THEN @Status ELSE @StatusErrors END)
            AND NOT EXISTS (SELECT 1 FROM [EverTask].[RunsAudit] AS s WHERE s.[QueuedTaskId] = t.[Id]
                AND (CASE WHEN s.[Exception] IS NULL THEN @Runs ELSE @RunsErrors END IS NULL
                    OR NOT s.[ExecutedAt] < CASE WHEN s.[Exception] IS NULL THEN @Runs ELSE @RunsErrors END))
            AND NOT EXISTS (SELECT 1 FROM [EverTask].[TaskExecutionLog] AS l WHERE l.[TaskId] = t.[Id]
                AND (@Logs IS NULL OR NOT l.[TimestampUtc] < @Logs)
                AND (@MaxLogs IS NULL OR t.[LastLogSequence] - @MaxLogs < l.[SequenceNumber]))
        ORDER BY t.[IdOrder];
        SET @Found = @@ROWCOUNT;
        SET @TaskCount = CASE WHEN @Found > @Left THEN @Left ELSE @Found END;
        IF @Found > @Left SET @Done = 0;
        IF @DryRun = 0
            DELETE FROM [EverTask].[QueuedTasks] WHERE [Id] IN (SELECT TOP (@Left) r.[Id] FROM @TaskRow AS r ORDER BY r.[Id]);
    END;

    COMMIT TRANSACTION;

    SELECT @StatusCount AS [StatusAudit], @RunsCount AS [RunsAudit], @LogCount AS [ExecutionLog], @TaskCount AS [Tasks],
        @Done AS [Done], 0 AS [Busy];
END
GO
