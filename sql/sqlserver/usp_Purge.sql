-- Deletes expired rows by the retention policy, in one short transaction: at most @Limit rows of
-- all tables together. Then deletes the keys of rate limits that have been idle for a day. Call it
-- again until Done is 1. Rows are kept without a limit if the number of days is omitted, NULL, zero
-- or negative.
--
--   EXEC [EverTask].[usp_Purge] @StatusAuditDays = 30, @RunsAuditDays = 7, @ErrorAuditDays = 90;
--
-- Walks through the tables in steps of some thousand rows: first the history in the order of
-- its instants, then the tasks in the order of their ids, which is by age. A call that passes the
-- place that the previous one returned (@Walk to @AfterOrder) reads no row again. A call without a
-- place begins at the first rows.
--
-- With @Verb, it belongs to an operator's action: it adds its rows to the one with @ContinuesId, or
-- records a new one.
--
-- Returns one row: StatusAudit, RunsAudit, ExecutionLog, Tasks and OperatorActions (numbers of
-- deleted rows), Done (1: nothing is left to delete), Busy (1: another process is purging; nothing
-- was done), ActionId (NULL with @Verb: @ContinuesId is not an unfinished purge; nothing was done),
-- and the place where the next call begins.

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
    @Limit                   int = 1000,
    @DryRun                  bit = 0,      -- only counts the expired rows, without the limit
    @MostMs                  int = NULL,   -- stops after about this time; NULL: at the limit or at the end
    @ReadsAll                bit = 1,      -- 0: stops at the tasks whose ids are too young for expired tasks
    @Walk                    int = 1,      -- the table: 1 to 5, in the order below
    @AfterUtc                varchar(40) = NULL,
    @AfterNumber             bigint = NULL,
    @AfterOrder              binary(36) = NULL,
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
    DECLARE @StatusCount int = 0, @RunsCount int = 0, @LogCount int = 0, @TaskCount int = 0, @Done bit = 0;
    DECLARE @ActionCount bigint = 0, @Deleted bigint, @Next nvarchar(100), @ActionId bigint;
    -- The number of rows that a step reads. Below 5000, its locks stay row locks.
    DECLARE @Rows int = 1000;
    DECLARE @Left int = @Limit, @Found int, @Expired int, @IsCut bit, @StopsAt datetime2(3);
    DECLARE @AfterAt datetimeoffset(7), @AheadMs bigint, @UntilMs bigint, @NewestMs bigint, @Until binary(36), @Newest binary(36),
        @UntilText varchar(36) = '', @NewestText varchar(36) = '';
    DECLARE @Read TABLE ([Id] bigint NOT NULL PRIMARY KEY, [At] datetimeoffset(7) NOT NULL, [Expired] bit NOT NULL);
    DECLARE @ReadTasks TABLE (
        [IdOrder]         binary(36)       NOT NULL PRIMARY KEY,
        [Id]              uniqueidentifier NOT NULL,
        [LastLogSequence] int              NOT NULL,
        [MayGo]           bit              NOT NULL
    );
    DECLARE @Doomed TABLE ([IdOrder] binary(36) NOT NULL PRIMARY KEY, [Id] uniqueidentifier NOT NULL);

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
            1 AS [Busy], NULL AS [ActionId], @Walk AS [Walk], @AfterUtc AS [AfterUtc], @AfterNumber AS [AfterNumber],
            @AfterOrder AS [AfterOrder];
        RETURN;
    END;

    IF @ContinuesId IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM [EverTask].[OperatorActions] WHERE [Id] = @ContinuesId AND [Next] = N'more')
    BEGIN
        COMMIT TRANSACTION;
        SELECT 0 AS [StatusAudit], 0 AS [RunsAudit], 0 AS [ExecutionLog], 0 AS [Tasks], 0 AS [OperatorActions], 0 AS [Done],
            0 AS [Busy], NULL AS [ActionId], @Walk AS [Walk], @AfterUtc AS [AfterUtc], @AfterNumber AS [AfterNumber],
            @AfterOrder AS [AfterOrder];
        RETURN;
    END;

    -- The end of the walk through the tasks. An id begins with the time of its creation by the clock
    -- of the process that made it, which may be ahead by @AheadMs. All tasks are read if the newest
    -- id is ahead by more.
    SET @Until = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF;
    IF @ReadsAll = 0 AND @Tasks IS NOT NULL
    BEGIN
        SET @AheadMs = DATEDIFF_BIG(millisecond, @Tasks, @Now) / 10;
        IF @AheadMs > 60000 SET @AheadMs = 60000;
        SET @UntilMs = DATEDIFF_BIG(millisecond, '1970-01-01', @Tasks) + @AheadMs;
        SET @NewestMs = DATEDIFF_BIG(millisecond, '1970-01-01', @Now) + @AheadMs;
        IF SERVERPROPERTY('Babelfish') IS NULL
        BEGIN
            SET @Newest = CONVERT(binary(6), @NewestMs);
            IF NOT EXISTS (SELECT 1 FROM [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK) WHERE t.[IdOrder] > @Newest)
                SET @Until = CONVERT(binary(6), @UntilMs);
        END;
        ELSE
        BEGIN
            -- IdOrder has the id's text there, whose first 12 digits are the time.
            WHILE LEN(@UntilText) < 13
            BEGIN
                SET @UntilText = SUBSTRING('0123456789ABCDEF', CONVERT(int, @UntilMs % 16) + 1, 1) + @UntilText;
                SET @NewestText = SUBSTRING('0123456789ABCDEF', CONVERT(int, @NewestMs % 16) + 1, 1) + @NewestText;
                IF LEN(@UntilText) = 4 SELECT @UntilText = '-' + @UntilText, @NewestText = '-' + @NewestText;
                SELECT @UntilMs = @UntilMs / 16, @NewestMs = @NewestMs / 16;
            END;
            SET @Newest = CAST(CAST(@NewestText AS char(36)) AS binary(36));
            IF NOT EXISTS (SELECT 1 FROM [EverTask].[QueuedTasks] AS t WHERE t.[IdOrder] > @Newest)
                SET @Until = CAST(CAST(@UntilText AS char(36)) AS binary(36));
        END;
    END;

    SET @AfterAt = CONVERT(datetimeoffset(7), COALESCE(@AfterUtc, '0001-01-01'));
    SET @AfterNumber = COALESCE(@AfterNumber, 0);
    SET @AfterOrder = COALESCE(@AfterOrder, 0x00);
    SET @StopsAt = DATEADD(millisecond, @MostMs, SYSUTCDATETIME());
    WHILE @Walk <= 5 AND @Left > 0 AND (@StopsAt IS NULL OR SYSUTCDATETIME() < @StopsAt)
    BEGIN
        DELETE FROM @Read;
        DELETE FROM @ReadTasks;
        DELETE FROM @Doomed;

        -- The next rows of history in the order of its index on the instant. Skips locked rows, which
        -- the next walk reads again.
        IF @Walk = 1
            INSERT INTO @Read ([Id], [At], [Expired])
            SELECT TOP (@Rows) s.[Id], s.[UpdatedAtUtc],
                CASE WHEN s.[UpdatedAtUtc] < CASE WHEN s.[Exception] IS NULL THEN @Status ELSE @StatusErrors END THEN 1 ELSE 0 END
            FROM [EverTask].[StatusAudit] AS s WITH (READPAST, READCOMMITTEDLOCK)
            WHERE s.[UpdatedAtUtc] < @StatusLatest AND s.[UpdatedAtUtc] >= @AfterAt
                AND (s.[UpdatedAtUtc] > @AfterAt OR s.[Id] > @AfterNumber)
            ORDER BY s.[UpdatedAtUtc], s.[Id];
        IF @Walk = 2
            INSERT INTO @Read ([Id], [At], [Expired])
            SELECT TOP (@Rows) s.[Id], s.[ExecutedAt],
                CASE WHEN s.[ExecutedAt] < CASE WHEN s.[Exception] IS NULL THEN @Runs ELSE @RunsErrors END THEN 1 ELSE 0 END
            FROM [EverTask].[RunsAudit] AS s WITH (READPAST, READCOMMITTEDLOCK)
            WHERE s.[ExecutedAt] < @RunsLatest AND s.[ExecutedAt] >= @AfterAt
                AND (s.[ExecutedAt] > @AfterAt OR s.[Id] > @AfterNumber)
            ORDER BY s.[ExecutedAt], s.[Id];
        IF @Walk = 3
            INSERT INTO @Read ([Id], [At], [Expired])
            SELECT TOP (@Rows) l.[Id], l.[TimestampUtc], 1
            FROM [EverTask].[TaskExecutionLog] AS l WITH (READPAST, READCOMMITTEDLOCK)
            WHERE l.[TimestampUtc] < @Logs AND l.[TimestampUtc] >= @AfterAt
                AND (l.[TimestampUtc] > @AfterAt OR l.[Id] > @AfterNumber)
            ORDER BY l.[TimestampUtc], l.[Id];

        -- The next tasks with too many lines, in the order of the index on the number of the last
        -- line, and their superfluous lines. In a dry run, the expired lines are still there.
        IF @Walk = 4
        BEGIN
            -- Two statements, because one with OR would read all tasks with this number again.
            INSERT INTO @ReadTasks ([IdOrder], [Id], [LastLogSequence], [MayGo])
            SELECT TOP (@Rows) t.[IdOrder], t.[Id], t.[LastLogSequence], 0
            FROM [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK)
            WHERE t.[LastLogSequence] = @AfterNumber AND t.[LastLogSequence] > @MaxLogs AND t.[LastLogSequence] > 0
                AND t.[IdOrder] > @AfterOrder
            ORDER BY t.[IdOrder];
            SET @Found = @@ROWCOUNT;
            INSERT INTO @ReadTasks ([IdOrder], [Id], [LastLogSequence], [MayGo])
            SELECT TOP (@Rows - @Found) t.[IdOrder], t.[Id], t.[LastLogSequence], 0
            FROM [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK)
            WHERE t.[LastLogSequence] > @AfterNumber AND t.[LastLogSequence] > @MaxLogs AND t.[LastLogSequence] > 0
            ORDER BY t.[LastLogSequence], t.[IdOrder];
            INSERT INTO @Read ([Id], [At], [Expired])
            SELECT TOP (CASE WHEN @DryRun = 1 THEN 2147483647 WHEN @Left < @Rows THEN @Left ELSE @Rows END) l.[Id], l.[TimestampUtc], 1
            FROM @ReadTasks AS r
            INNER JOIN [EverTask].[TaskExecutionLog] AS l WITH (READPAST, READCOMMITTEDLOCK, FORCESEEK)
                ON l.[TaskId] = r.[Id] AND l.[SequenceNumber] <= r.[LastLogSequence] - @MaxLogs
            WHERE @DryRun = 0 OR @Logs IS NULL OR NOT l.[TimestampUtc] < @Logs
            OPTION (LOOP JOIN, FORCE ORDER);
        END;

        -- The next tasks in the order of ids, and those of them without remaining rows of history.
        IF @Walk = 5 AND @Tasks IS NOT NULL
        BEGIN
            INSERT INTO @ReadTasks ([IdOrder], [Id], [LastLogSequence], [MayGo])
            SELECT TOP (@Rows) t.[IdOrder], t.[Id], t.[LastLogSequence],
                CASE WHEN t.[IsRecurring] = 0 AND t.[WorkerId] IS NULL AND t.[DueAtUtc] IS NULL
                    AND t.[Status] IN (N'Completed', N'Cancelled')
                    AND COALESCE(t.[LastExecutionUtc], t.[CreatedAtUtc]) < @Tasks THEN 1 ELSE 0 END
            FROM [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK)
            WHERE t.[IdOrder] > @AfterOrder AND t.[IdOrder] < @Until
            ORDER BY t.[IdOrder];
            INSERT INTO @Doomed ([IdOrder], [Id])
            SELECT r.[IdOrder], r.[Id]
            FROM @ReadTasks AS r
            WHERE r.[MayGo] = 1
                AND NOT EXISTS (SELECT 1 FROM [EverTask].[StatusAudit] AS s WHERE s.[QueuedTaskId] = r.[Id]
                    AND NOT s.[UpdatedAtUtc] < CASE WHEN s.[Exception] IS NULL THEN @Status ELSE @StatusErrors END)
                AND NOT EXISTS (SELECT 1 FROM [EverTask].[RunsAudit] AS s WHERE s.[QueuedTaskId] = r.[Id]
                    AND (CASE WHEN s.[Exception] IS NULL THEN @Runs ELSE @RunsErrors END IS NULL
                        OR NOT s.[ExecutedAt] < CASE WHEN s.[Exception] IS NULL THEN @Runs ELSE @RunsErrors END))
                AND NOT EXISTS (SELECT 1 FROM [EverTask].[TaskExecutionLog] AS l WHERE l.[TaskId] = r.[Id]
                    AND (@Logs IS NULL OR NOT l.[TimestampUtc] < @Logs)
                    AND (@MaxLogs IS NULL OR r.[LastLogSequence] - @MaxLogs < l.[SequenceNumber]));
        END;

        -- The place after these rows. @IsCut: the limit leaves some of them to the next call.
        IF @Walk <= 3
        BEGIN
            SELECT @Found = COUNT(*), @Expired = COUNT(CASE WHEN r.[Expired] = 1 THEN 1 END) FROM @Read AS r;
            SET @IsCut = CASE WHEN @DryRun = 0 AND @Expired > @Left THEN 1 ELSE 0 END;
            IF @IsCut = 1
            BEGIN
                SELECT TOP (1) @AfterAt = x.[At], @AfterNumber = x.[Id]
                FROM (SELECT TOP (@Left) r.[At], r.[Id] FROM @Read AS r WHERE r.[Expired] = 1 ORDER BY r.[At], r.[Id]) AS x
                ORDER BY x.[At] DESC, x.[Id] DESC;
                DELETE FROM @Read WHERE [At] > @AfterAt OR ([At] = @AfterAt AND [Id] > @AfterNumber);
            END;
            ELSE
                SELECT TOP (1) @AfterAt = r.[At], @AfterNumber = r.[Id] FROM @Read AS r ORDER BY r.[At] DESC, r.[Id] DESC;
        END;
        IF @Walk = 4
        BEGIN
            SELECT @Expired = COUNT(*) FROM @Read AS r;
            SELECT @Found = COUNT(*) FROM @ReadTasks AS r;
            SET @IsCut = CASE WHEN @DryRun = 0 AND (@Expired = @Left OR @Expired = @Rows) THEN 1 ELSE 0 END;
            IF @IsCut = 0
                SELECT TOP (1) @AfterNumber = r.[LastLogSequence], @AfterOrder = r.[IdOrder]
                FROM @ReadTasks AS r
                ORDER BY r.[LastLogSequence] DESC, r.[IdOrder] DESC;
        END;
        IF @Walk = 5
        BEGIN
            SELECT @Expired = COUNT(*) FROM @Doomed AS d;
            SELECT @Found = COUNT(*) FROM @ReadTasks AS r;
            SET @IsCut = CASE WHEN @DryRun = 0 AND @Expired > @Left THEN 1 ELSE 0 END;
            IF @IsCut = 1
            BEGIN
                SELECT TOP (1) @AfterOrder = x.[IdOrder]
                FROM (SELECT TOP (@Left) d.[IdOrder] FROM @Doomed AS d ORDER BY d.[IdOrder]) AS x
                ORDER BY x.[IdOrder] DESC;
                DELETE FROM @Doomed WHERE [IdOrder] > @AfterOrder;
            END;
            ELSE
                SELECT TOP (1) @AfterOrder = r.[IdOrder] FROM @ReadTasks AS r ORDER BY r.[IdOrder] DESC;
        END;

        IF @DryRun = 0
        BEGIN
            IF @Walk = 1
                DELETE FROM [EverTask].[StatusAudit] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
                WHERE [Id] IN (SELECT r.[Id] FROM @Read AS r WHERE r.[Expired] = 1);
            ELSE IF @Walk = 2
                DELETE FROM [EverTask].[RunsAudit] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
                WHERE [Id] IN (SELECT r.[Id] FROM @Read AS r WHERE r.[Expired] = 1);
            ELSE IF @Walk IN (3, 4)
                DELETE FROM [EverTask].[TaskExecutionLog] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
                WHERE [Id] IN (SELECT r.[Id] FROM @Read AS r);
            ELSE
                -- The conditions are checked again, because the task may have been queued or have
                -- run in the meantime.
                DELETE FROM [EverTask].[QueuedTasks] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
                WHERE [Id] IN (SELECT d.[Id] FROM @Doomed AS d)
                    AND [IsRecurring] = 0 AND [WorkerId] IS NULL AND [DueAtUtc] IS NULL
                    AND [Status] IN (N'Completed', N'Cancelled')
                    AND COALESCE([LastExecutionUtc], [CreatedAtUtc]) < @Tasks;
            SET @Expired = @@ROWCOUNT;
            SET @Left = @Left - @Expired;
            -- Deletes the tags of deleted tasks. Whether a task's row exists can be read while
            -- another transaction changes it.
            IF @Walk = 5
                DELETE FROM [EverTask].[TaskTags]
                WHERE [TaskId] IN (SELECT d.[Id] FROM @Doomed AS d)
                    AND NOT EXISTS (SELECT 1 FROM [EverTask].[QueuedTasks] AS t WITH (NOLOCK) WHERE t.[Id] = [TaskTags].[TaskId]);
        END;
        IF @Walk = 1 SET @StatusCount = @StatusCount + @Expired;
        IF @Walk = 2 SET @RunsCount = @RunsCount + @Expired;
        IF @Walk IN (3, 4) SET @LogCount = @LogCount + @Expired;
        IF @Walk = 5 SET @TaskCount = @TaskCount + @Expired;

        IF @IsCut = 0 AND @Found < @Rows
        BEGIN
            SET @Walk = @Walk + 1;
            SET @AfterAt = '0001-01-01';
            SET @AfterNumber = 0;
            SET @AfterOrder = 0x00;
        END;
        -- Rows that stay are only read, so more of them fit into a step.
        SET @Rows = CASE WHEN @Expired = 0 THEN 4000 ELSE 1000 END;
    END;
    SET @Done = CASE WHEN @Walk > 5 THEN 1 ELSE 0 END;
    SET @AfterUtc = CONVERT(varchar(40), @AfterAt, 121);

    -- A key that has had a full budget for a day is equivalent to a new key.
    IF @Done = 1 AND @DryRun = 0
    BEGIN
        SET @IdleTatMs = DATEDIFF_BIG(millisecond, CONVERT(datetime2(3), '1970-01-01'), CONVERT(datetime2(3), SYSUTCDATETIME())) - 86400000;
        DELETE FROM [EverTask].[RateLimits] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
        WHERE [ReservedTatMs] < @IdleTatMs AND [StartedTatMs] < @IdleTatMs;

        -- Returned slots that no task has taken are deleted, too.
        DELETE FROM [EverTask].[ReturnedRateSlots] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK)
        WHERE [SlotMs] < @IdleTatMs;
    END;

    IF @OperatorActionSeconds > 0 AND @DryRun = 0
        EXEC [EverTask].[usp_ForgetActions] @Seconds = @OperatorActionSeconds, @Deleted = @ActionCount OUTPUT;
    IF @OperatorActionSeconds > 0 AND @DryRun = 1 AND @Done = 1
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
        @ActionCount AS [OperatorActions], @Done AS [Done], 0 AS [Busy], @ActionId AS [ActionId],
        @Walk AS [Walk], @AfterUtc AS [AfterUtc], @AfterNumber AS [AfterNumber], @AfterOrder AS [AfterOrder];
END
GO
