-- Stores new tasks with their first audit rows by the task-key rules, in one transaction. Keys are
-- locked in their order, so that two lists with the same new keys cannot deadlock. The tasks of one
-- key are stored in the order of the list.
--
-- A task whose key a stored task has:
--   stored task in progress (or claimed)             -> existing
--   stored series, new one-shot                      -> existing
--   stored series alive, new series                  -> updated; with the same schedule, its next run stays
--   stored series without next run, new series       -> updated, alive again, run count 0
--   stored one-shot that waits                       -> updated
--   stored one-shot that has ended                   -> gives up its key; created
--
-- Removes the tags of an updated task. usp_TagTasks adds those of the new one.
--
-- Returns one row per task, in order: Id, Outcome (created, updated, existing), Claimed (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_PersistTasks];
GO
CREATE PROCEDURE [EverTask].[usp_PersistTasks]
    @Tasks [EverTask].[NewTaskList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    -- The values that the server adds to each task.
    DECLARE @New TABLE (
        [Ordinal]  int               NOT NULL PRIMARY KEY,
        [Turn]     int               NOT NULL, -- 0: without a key, stored with all such tasks; else its position by key
        [DueAtUtc] datetimeoffset(3) NOT NULL,
        [ClaimFor] nvarchar(100)     COLLATE Latin1_General_BIN2 NULL,
        [RowId]    uniqueidentifier  NOT NULL, -- the task's row: its own, or that of an existing task
        [Outcome]  varchar(8)        NOT NULL,
        UNIQUE ([Turn], [Ordinal])
    );
    DECLARE @Created TABLE (
        [Id]         uniqueidentifier NOT NULL PRIMARY KEY,
        [Status]     nvarchar(15)     NOT NULL,
        [AuditLevel] int              NOT NULL
    );

    INSERT INTO @New ([Ordinal], [Turn], [DueAtUtc], [ClaimFor], [RowId], [Outcome])
    SELECT j.[Ordinal],
        CASE WHEN j.[TaskKey] IS NULL THEN 0
             ELSE ROW_NUMBER() OVER (PARTITION BY CASE WHEN j.[TaskKey] IS NULL THEN 0 ELSE 1 END
                                     ORDER BY j.[TaskKey], j.[Ordinal]) END,
        COALESCE(CONVERT(datetimeoffset(3), j.[DueAtUtc]),
            DATEADD(millisecond, j.[DueInMs] % 86400000, DATEADD(day, j.[DueInMs] / 86400000, @Now))),
        -- Only a task that runs at once is stored as claimed, if its queue is not paused and the
        -- worker is registered.
        CASE WHEN j.[Status] = N'Queued'
                AND EXISTS (SELECT 1 FROM [EverTask].[Workers] AS w WHERE w.[Id] = j.[ClaimFor])
                AND NOT EXISTS (SELECT 1 FROM [EverTask].[PausedQueues] AS p WHERE p.[QueueName] = j.[QueueName])
            THEN j.[ClaimFor] END,
        j.[Id], 'created'
    FROM @Tasks AS j;

    DECLARE @Turn int = 0, @Ordinal int;
    DECLARE @TaskKey nvarchar(200), @Stores bit, @StoredId uniqueidentifier, @StoredStatus nvarchar(15), @StoredIsRecurring bit, @StoredIsTagged bit, @Busy bit, @Ended bit,
        @Alive bit, @SameSchedule bit, @Keeps bit, @NewIsRecurring bit, @NewStatus nvarchar(15), @NewLevel int, @Outcome varchar(8);

    BEGIN TRANSACTION;

    -- Turn 0 stores all tasks without a key by one INSERT. Each task with a key has a turn of its
    -- own.
    WHILE @Turn IS NOT NULL
    BEGIN
        SET @Stores = 1;

        SELECT @Ordinal = e.[Ordinal] FROM @New AS e WHERE e.[Turn] = @Turn;

        IF @Turn > 0 AND NOT EXISTS (SELECT 1 FROM [EverTask].[QueuedTasks] AS t
                                     INNER JOIN @Tasks AS n ON n.[Id] = t.[Id] WHERE n.[Ordinal] = @Ordinal)
        BEGIN
            SET @StoredId = NULL;
            SELECT @TaskKey = n.[TaskKey] FROM @Tasks AS n WHERE n.[Ordinal] = @Ordinal;
            -- The range lock makes another process with the same new key wait until this one has
            -- stored it. The conditions (a variable, and IS NOT NULL) ensure that the filtered
            -- index is used; otherwise the whole table would be locked.
            SELECT @StoredId = t.[Id], @StoredStatus = t.[Status], @StoredIsRecurring = t.[IsRecurring],
                @StoredIsTagged = CASE WHEN t.[Tags] IS NULL THEN 0 ELSE 1 END,
                @Busy = CASE WHEN t.[WorkerId] IS NOT NULL OR t.[Status] = N'InProgress' THEN 1 ELSE 0 END,
                @Ended = CASE WHEN t.[DueAtUtc] IS NULL
                    AND t.[Status] IN (N'Completed', N'Failed', N'Cancelled', N'ServiceStopped') THEN 1 ELSE 0 END,
                @Alive = CASE WHEN t.[NextRunUtc] IS NULL THEN 0 ELSE 1 END,
                @SameSchedule = CASE WHEN t.[RecurringTask] COLLATE Latin1_General_BIN2 = n.[RecurringTask]
                    AND DATALENGTH(t.[RecurringTask]) = DATALENGTH(n.[RecurringTask]) THEN 1 ELSE 0 END,
                @NewIsRecurring = n.[IsRecurring], @NewStatus = n.[Status], @NewLevel = n.[AuditLevel]
            FROM [EverTask].[QueuedTasks] AS t WITH (UPDLOCK, HOLDLOCK)
            INNER JOIN @Tasks AS n ON n.[Ordinal] = @Ordinal
            WHERE t.[TaskKey] = @TaskKey AND t.[TaskKey] IS NOT NULL
            OPTION (LOOP JOIN, FORCE ORDER);

            IF @StoredId IS NOT NULL AND @Busy = 0 AND @StoredIsRecurring = 0 AND @Ended = 1
                UPDATE [EverTask].[QueuedTasks] SET [TaskKey] = NULL WHERE [Id] = @StoredId;
            ELSE IF @StoredId IS NOT NULL
            BEGIN
                SET @Stores = 0;
                SET @Outcome = 'existing';
                IF @Busy = 0 AND NOT (@StoredIsRecurring = 1 AND @NewIsRecurring = 0)
                BEGIN
                    -- If a series continues with the same schedule, the columns that the schedule
                    -- determines stay.
                    SET @Keeps = CASE WHEN @StoredIsRecurring = 1 AND @Alive = 1 AND @SameSchedule = 1 THEN 1 ELSE 0 END;
                    UPDATE t
                    SET [Type] = n.[Type], [Handler] = n.[Handler], [Request] = n.[Request], [QueueName] = n.[QueueName],
                        [Priority] = n.[Priority], [AuditLevel] = n.[AuditLevel], [TraceContext] = n.[TraceContext], [RetryPolicy] = n.[RetryPolicy],
                        [Exception] = NULL, [CancelRequested] = 0, [Edits] = ISNULL(t.[Edits], 0) + 1,
                        [IsPaused] = CASE WHEN t.[NextRunUtc] IS NOT NULL THEN t.[IsPaused] END,
                        [IsRecurring] = n.[IsRecurring], [RecurringTask] = n.[RecurringTask], [RecurringInfo] = n.[RecurringInfo],
                        [MaxRuns] = n.[MaxRuns], [RunUntil] = CONVERT(datetimeoffset(3), n.[RunUntil]),
                        [CurrentRunCount] = CASE WHEN n.[IsRecurring] = 0 THEN NULL
                            WHEN @StoredIsRecurring = 1 AND @Alive = 1 THEN t.[CurrentRunCount] ELSE 0 END,
                        [AnchorUtc] = CASE WHEN @Keeps = 1 THEN t.[AnchorUtc] ELSE CONVERT(datetimeoffset(3), n.[AnchorUtc]) END,
                        [NextRunUtc] = CASE WHEN @Keeps = 1 THEN t.[NextRunUtc] ELSE CONVERT(datetimeoffset(3), n.[NextRunUtc]) END,
                        [Status] = CASE WHEN @Keeps = 1 THEN t.[Status] ELSE n.[Status] END,
                        [DueAtUtc] = CASE WHEN @Keeps = 1 OR (t.[IsPaused] = 1 AND t.[NextRunUtc] IS NOT NULL) THEN t.[DueAtUtc]
                            ELSE e.[DueAtUtc] END,
                        [ScheduledExecutionUtc] = CASE WHEN @Keeps = 1 THEN t.[ScheduledExecutionUtc]
                            WHEN n.[Status] = N'WaitingQueue' THEN e.[DueAtUtc] END,
                        [Attempt] = CASE WHEN @Keeps = 1 THEN t.[Attempt] ELSE 0 END,
                        [LostCount] = CASE WHEN @Keeps = 1 THEN t.[LostCount] ELSE 0 END,
                        [RateSlotUtc] = CASE WHEN @Keeps = 1 THEN t.[RateSlotUtc] END
                    FROM [EverTask].[QueuedTasks] AS t
                    INNER JOIN @Tasks AS n ON n.[Ordinal] = @Ordinal
                    INNER JOIN @New AS e ON e.[Ordinal] = n.[Ordinal]
                    WHERE t.[Id] = @StoredId AND t.[WorkerId] IS NULL AND t.[Status] <> N'InProgress';
                    IF @@ROWCOUNT > 0 SET @Outcome = 'updated';
                    IF @Outcome = 'updated' AND @StoredIsTagged = 1
                    BEGIN
                        DELETE FROM [EverTask].[TaskTags] WHERE [TaskId] = @StoredId;
                        UPDATE [EverTask].[QueuedTasks] SET [Tags] = NULL WHERE [Id] = @StoredId;
                    END;

                    -- The first status is not an error, so only Full audits it.
                    IF @Outcome = 'updated' AND @Keeps = 0 AND @NewStatus <> @StoredStatus AND @NewLevel NOT IN (1, 2, 3)
                        INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
                        VALUES (@StoredId, @Now, @NewStatus, NULL);
                END;
                UPDATE @New SET [RowId] = @StoredId, [Outcome] = @Outcome WHERE [Ordinal] = @Ordinal;
            END;
        END;

        IF @Stores = 1
            INSERT INTO [EverTask].[QueuedTasks] ([Id], [CreatedAtUtc], [ExecutionTimeMs], [ScheduledExecutionUtc], [Type], [Request], [Handler],
                [IsRecurring], [RecurringTask], [RecurringInfo], [CurrentRunCount], [MaxRuns], [RunUntil], [NextRunUtc],
                [QueueName], [TaskKey], [AuditLevel], [Status], [Priority], [DueAtUtc], [Attempt], [WorkerId],
                [LeaseToken], [AnchorUtc], [TraceContext], [RetryPolicy])
            OUTPUT inserted.[Id], inserted.[Status], inserted.[AuditLevel] INTO @Created ([Id], [Status], [AuditLevel])
            SELECT n.[Id], @Now, 0, CASE WHEN n.[Status] = N'WaitingQueue' THEN e.[DueAtUtc] END, n.[Type], n.[Request],
                n.[Handler], n.[IsRecurring], n.[RecurringTask], n.[RecurringInfo],
                CASE WHEN n.[IsRecurring] = 1 THEN 0 END, n.[MaxRuns], CONVERT(datetimeoffset(3), n.[RunUntil]),
                CONVERT(datetimeoffset(3), n.[NextRunUtc]), n.[QueueName], n.[TaskKey], n.[AuditLevel], n.[Status], n.[Priority],
                CASE WHEN e.[ClaimFor] IS NULL THEN e.[DueAtUtc] END, CASE WHEN e.[ClaimFor] IS NULL THEN 0 ELSE 1 END,
                e.[ClaimFor], CASE WHEN e.[ClaimFor] IS NULL THEN 0 ELSE 1 END, CONVERT(datetimeoffset(3), n.[AnchorUtc]),
                n.[TraceContext], n.[RetryPolicy]
            FROM @New AS e
            INNER JOIN @Tasks AS n ON n.[Ordinal] = e.[Ordinal]
            WHERE e.[Turn] = @Turn
                AND NOT EXISTS (SELECT 1 FROM [EverTask].[QueuedTasks] AS t WHERE t.[Id] = n.[Id])
                AND NOT EXISTS (SELECT 1 FROM @Tasks AS b WHERE b.[Id] = n.[Id] AND b.[Ordinal] < n.[Ordinal])
            OPTION (LOOP JOIN, FORCE ORDER);

        SELECT @Turn = MIN(n.[Turn]) FROM @New AS n WHERE n.[Turn] > @Turn;
    END;

    -- The first status is not an error, so only Full audits it.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT c.[Id], @Now, c.[Status], NULL
    FROM @Created AS c
    WHERE c.[AuditLevel] NOT IN (1, 2, 3);

    COMMIT TRANSACTION;

    SELECT n.[RowId] AS [Id], n.[Outcome] AS [Outcome],
        CASE WHEN n.[Outcome] = 'created' AND t.[WorkerId] = k.[ClaimFor] AND t.[LeaseToken] = 1 THEN 1 ELSE 0 END AS [Claimed]
    FROM @New AS n
    INNER JOIN @Tasks AS k ON k.[Ordinal] = n.[Ordinal]
    LEFT JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = n.[RowId]
    ORDER BY n.[Ordinal]
    OPTION (LOOP JOIN, FORCE ORDER);
END
GO
