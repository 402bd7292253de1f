-- Deletes expired rows by the retention policy, in one short transaction: at most @Limit rows of
-- all tables together, and keys of rate limits that have been idle for a day. Call it again until
-- Done is 1. Rows are kept without a limit if the number of days is omitted, NULL, zero or
-- negative.
--
--   EXEC [EverTask].[usp_Purge] @StatusAuditDays = 30, @RunsAuditDays = 7, @ErrorAuditDays = 90;
--
-- With @Verb, it belongs to an operator's action: it adds its rows to the one with @ContinuesId, or
-- records a new one.
--
-- Returns one row: StatusAudit, RunsAudit, ExecutionLog, Tasks and OperatorActions (numbers of
-- deleted rows), Done (1: nothing is left to delete), Busy (1: another process is purging; nothing
-- was done) and ActionId (NULL with @Verb: @ContinuesId is not an unfinished purge; nothing was
-- done).

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
    @MaxExecutionLogsPerTask int = NULL,   -- the number of lines that are kept per task: the newest
    @DeleteCompletedTasks    bit = 0,      -- one-shot tasks that were completed or cancelled before @StatusAuditDays
    @Limit                   int = 1000,   -- below 5000, a statement's locks stay row locks
    @DryRun                  bit = 0,      -- only counts the expired rows, without the limit
    @OperatorActionSeconds   int = NULL,   -- not subject to the limit
    @ContinuesId             bigint = NULL,
    @Verb                    nvarchar(20) = NULL,
    @Actor                   nvarchar(400) = NULL,
    @Reason                  nvarchar(max) = NULL,
    @TargetKind              nvarchar(10) = NULL,
    @Target                  nvarchar(200) = NULL,
    @Before                  nvarchar(max) = NULL,
    @After                   nvarchar(max) = NULL
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    -- Sets the isolation level that READPAST requires. An earlier transaction may have left the
    -- session at another one.
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Status datetimeoffset(3), @StatusErrors datetimeoffset(3), @StatusLatest datetimeoffset(3),
        @Runs datetimeoffset(3), @RunsErrors datetimeoffset(3), @RunsLatest datetimeoffset(3),
        @Logs datetimeoffset(3), @Tasks datetimeoffset(3), @MaxLogs int, @IdleTatMs float, @Lock int = 0;
    DECLARE @Left int = CASE WHEN @DryRun = 1 THEN 2147483646 ELSE @Limit END;
    DECLARE @StatusCount int = 0, @RunsCount int = 0, @LogCount int = 0, @TaskCount int = 0, @Done bit = 1;
    DECLARE @ActionCount bigint = 0, @Deleted bigint, @Next nvarchar(100), @ActionId bigint;
    DECLARE @StatusRow TABLE ([Id] bigint NOT NULL PRIMARY KEY);
    DECLARE @RunsRow TABLE ([Id] bigint NOT NULL PRIMARY KEY);
    DECLARE @LogRow TABLE ([Id] bigint NOT NULL PRIMARY KEY);
    DECLARE @TaskRow TABLE ([Id] uniqueidentifier NOT NULL PRIMARY KEY);

    -- The instants before which rows expire. NULL, with which no comparison is true, keeps all
    -- rows. So does a limit of a thousand years or more.
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
    SET @StatusLatest = CASE WHEN @Status > @StatusErrors THEN @Status ELSE COALESCE(@StatusErrors, @Status) END;
    SET @RunsLatest = CASE WHEN @Runs > @RunsErrors THEN @Runs ELSE COALESCE(@RunsErrors, @Runs) END;
    SET @Tasks = CASE WHEN @DeleteCompletedTasks = 1 THEN @Status END;
    SET @MaxLogs = CASE WHEN @MaxExecutionLogsPerTask > 0 THEN @MaxExecutionLogsPerTask END;

    BEGIN TRANSACTION;

    -- One process purges at a time; the end of the transaction releases the lock in any case. If
    -- the lock is not granted, nothing has been written, so COMMIT ends this transaction. ROLLBACK
    -- would also end the caller's.
    IF @DryRun = 0
        EXEC @Lock = sp_getapplock @Resource = N'[EverTask].purge', @LockMode = 'Exclusive', @LockOwner = 'Transaction',
            @LockTimeout = 100;
    IF @Lock < 0
    BEGIN
        COMMIT TRANSACTION;
        SELECT 0 AS [StatusAudit], 0 AS [RunsAudit], 0 AS [ExecutionLog], 0 AS [Tasks], 0 AS [OperatorActions], 0 AS [Done],
            1 AS [Busy], NULL AS [ActionId];
        RETURN;
    END;

    IF @ContinuesId IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM [EverTask].[OperatorActions] WHERE [Id] = @ContinuesId AND [Next] = N'more')
    BEGIN
        COMMIT TRANSACTION;
        SELECT 0 AS [StatusAudit], 0 AS [RunsAudit], 0 AS [ExecutionLog], 0 AS [Tasks], 0 AS [OperatorActions], 0 AS [Done],
            0 AS [Busy], NULL AS [ActionId];
        RETURN;
    END;

    -- For each table: selects one row more than the limit, to know whether rows remain. Skips
    -- locked rows; the next call checks them again. The index on the instant is sought by the first
    -- condition.
    INSERT INTO @StatusRow ([Id])
    SELECT TOP (@Left + 1) s.[Id]
    FROM [EverTask].[StatusAudit] AS s WITH (READPAST, READCOMMITTEDLOCK)
    WHERE s.[UpdatedAtUtc] < @StatusLatest
        AND s.[UpdatedAtUtc] < CASE WHEN s.[Exception] IS NULL THEN @Status ELSE @StatusErrors END
    ORDER BY s.[UpdatedAtUtc];
    SET @StatusCount = @@ROWCOUNT;
    IF @StatusCount > @Left SET @Done = 0;
    IF @DryRun = 0
    BEGIN
        DELETE FROM [EverTask].[StatusAudit] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
        WHERE [Id] IN (SELECT TOP (@Left) r.[Id] FROM @StatusRow AS r ORDER BY r.[Id]);
        SET @StatusCount = @@ROWCOUNT;
        SET @Left = @Left - @StatusCount;
    END;

    INSERT INTO @RunsRow ([Id])
    SELECT TOP (@Left + 1) s.[Id]
    FROM [EverTask].[RunsAudit] AS s WITH (READPAST, READCOMMITTEDLOCK)
    WHERE s.[ExecutedAt] < @RunsLatest
        AND s.[ExecutedAt] < CASE WHEN s.[Exception] IS NULL THEN @Runs ELSE @RunsErrors END
    ORDER BY s.[ExecutedAt];
    SET @RunsCount = @@ROWCOUNT;
    IF @RunsCount > @Left SET @Done = 0;
    IF @DryRun = 0
    BEGIN
        DELETE FROM [EverTask].[RunsAudit] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
        WHERE [Id] IN (SELECT TOP (@Left) r.[Id] FROM @RunsRow AS r ORDER BY r.[Id]);
        SET @RunsCount = @@ROWCOUNT;
        SET @Left = @Left - @RunsCount;
    END;

    INSERT INTO @LogRow ([Id])
    SELECT TOP (@Left + 1) l.[Id]
    FROM [EverTask].[TaskExecutionLog] AS l WITH (READPAST, READCOMMITTEDLOCK)
    WHERE l.[TimestampUtc] < @Logs
    ORDER BY l.[TimestampUtc];
    SET @LogCount = @@ROWCOUNT;

    -- The task's row has the number of its last line, so no lines are counted.
    IF @MaxLogs IS NOT NULL AND @LogCount <= @Left
    BEGIN
        INSERT INTO @LogRow ([Id])
        SELECT TOP (@Left + 1 - @LogCount) l.[Id]
        FROM [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK)
        INNER JOIN [EverTask].[TaskExecutionLog] AS l WITH (READPAST, READCOMMITTEDLOCK, FORCESEEK)
            ON l.[TaskId] = t.[Id] AND l.[SequenceNumber] <= t.[LastLogSequence] - @MaxLogs
        WHERE t.[LastLogSequence] > @MaxLogs AND t.[LastLogSequence] > 0
            AND NOT EXISTS (SELECT 1 FROM @LogRow AS r WHERE r.[Id] = l.[Id])
        OPTION (LOOP JOIN, FORCE ORDER);
        SET @LogCount = @LogCount + @@ROWCOUNT;
    END;
    IF @LogCount > @Left SET @Done = 0;
    IF @DryRun = 0
    BEGIN
        DELETE FROM [EverTask].[TaskExecutionLog] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
        WHERE [Id] IN (SELECT TOP (@Left) r.[Id] FROM @LogRow AS r ORDER BY r.[Id]);
        SET @LogCount = @@ROWCOUNT;
        SET @Left = @Left - @LogCount;
    END;

    -- Tasks without remaining rows of history.
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
        SET @TaskCount = @@ROWCOUNT;
        IF @TaskCount > @Left SET @Done = 0;
        IF @DryRun = 0
        BEGIN
            -- The conditions are checked again, because the task may have been queued or have run
            -- in the meantime.
            DELETE FROM [EverTask].[QueuedTasks] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
            WHERE [Id] IN (SELECT TOP (@Left) r.[Id] FROM @TaskRow AS r ORDER BY r.[Id])
                AND [IsRecurring] = 0 AND [WorkerId] IS NULL AND [DueAtUtc] IS NULL
                AND [Status] IN (N'Completed', N'Cancelled')
                AND COALESCE([LastExecutionUtc], [CreatedAtUtc]) < @Tasks;
            SET @TaskCount = @@ROWCOUNT;
            -- Deletes the tags of deleted tasks. Whether a task's row exists can be read while
            -- another transaction changes it.
            DELETE FROM [EverTask].[TaskTags]
            WHERE [TaskId] IN (SELECT r.[Id] FROM @TaskRow AS r)
                AND NOT EXISTS (SELECT 1 FROM [EverTask].[QueuedTasks] AS t WITH (NOLOCK) WHERE t.[Id] = [TaskTags].[TaskId]);
        END;
    END;

    -- A key that has had a full budget for a day is equivalent to a new key.
    IF @DryRun = 0
    BEGIN
        SET @IdleTatMs = DATEDIFF_BIG(millisecond, CONVERT(datetime2(3), '1970-01-01'), CONVERT(datetime2(3), SYSUTCDATETIME())) - 86400000;
        DELETE FROM [EverTask].[RateLimits] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
        WHERE [RateKey] IN (
            SELECT TOP (10000) r.[RateKey]
            FROM [EverTask].[RateLimits] AS r WITH (READPAST, READCOMMITTEDLOCK)
            WHERE r.[ReservedTatMs] < @IdleTatMs AND r.[StartedTatMs] < @IdleTatMs)
            AND [ReservedTatMs] < @IdleTatMs AND [StartedTatMs] < @IdleTatMs;

        -- Returned slots that no task has taken are deleted, too.
        DELETE FROM [EverTask].[ReturnedRateSlots] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
        WHERE [SlotMs] < @IdleTatMs;
    END;

    IF @OperatorActionSeconds > 0 AND @DryRun = 0
        EXEC [EverTask].[usp_ForgetActions] @Seconds = @OperatorActionSeconds, @Deleted = @ActionCount OUTPUT;
    IF @OperatorActionSeconds > 0 AND @DryRun = 1
        SELECT @ActionCount = COUNT_BIG(*) FROM [EverTask].[OperatorActions]
        WHERE [AtUtc] < DATEADD(second, -@OperatorActionSeconds, SYSUTCDATETIME());

    SET @Deleted = @StatusCount + @RunsCount + @LogCount + @TaskCount + @ActionCount;
    SET @Next = CASE WHEN @Done = 0 THEN N'more' END;
    IF @Verb IS NOT NULL AND @ContinuesId IS NULL
    BEGIN
        INSERT INTO [EverTask].[OperatorActions] ([AtUtc], [Verb], [Actor], [Reason], [TargetKind], [Target], [Before], [After],
            [Changed], [Skipped], [Next])
        VALUES (SYSUTCDATETIME(), @Verb, @Actor, @Reason, @TargetKind, @Target, @Before, @After, @Deleted, 0, @Next);
        SET @ActionId = SCOPE_IDENTITY();
    END;
    ELSE IF @ContinuesId IS NOT NULL
    BEGIN
        UPDATE [EverTask].[OperatorActions] SET [Changed] = [Changed] + @Deleted, [Next] = @Next WHERE [Id] = @ContinuesId;
        SET @ActionId = @ContinuesId;
    END;

    COMMIT TRANSACTION;

    SELECT @StatusCount AS [StatusAudit], @RunsCount AS [RunsAudit], @LogCount AS [ExecutionLog], @TaskCount AS [Tasks],
        @ActionCount AS [OperatorActions], @Done AS [Done], 0 AS [Busy], @ActionId AS [ActionId];
END
GO
