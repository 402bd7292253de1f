-- Stores new tasks with their first audit rows and applies the task-key rules in order: one call, one transaction.
--
--   @Tasks  JSON array: { n, id, type, handler, request, status, dueInMs or dueUtc, auditLevel, queue, priority, taskKey,
--           traceContext, claimFor, isRecurring, schedule, info, anchorUtc, maxRuns, runUntilUtc, nextRunUtc };
--           n numbers the tasks from 1
--
-- A task whose key a stored task has:
--   stored task in progress (or claimed)             -> existing
--   stored series, new one-shot                      -> existing
--   stored series alive, new series                  -> updated; with the same schedule, its next run stays
--   stored series without next run, new series       -> updated, alive again, run count 0
--   stored one-shot that waits                       -> updated
--   stored one-shot that has ended                   -> gives up its key; created
--
-- Answers a row a task, in order: Id, Outcome (created, updated, existing), Claimed (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_PersistTasks];
GO
CREATE PROCEDURE [EverTask].[usp_PersistTasks]
    @Tasks nvarchar(max)
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @New TABLE (
        [Ordinal]       int               NOT NULL PRIMARY KEY,
        [Turn]          int               NOT NULL, -- 0: has no key, stored with all others like it; else its ordinal
        [Id]            uniqueidentifier  NOT NULL,
        [Type]          nvarchar(500)     NOT NULL,
        [Handler]       nvarchar(500)     NOT NULL,
        [Request]       nvarchar(max)     NOT NULL,
        [Status]        nvarchar(15)      NOT NULL,
        [DueAtUtc]      datetimeoffset(3) NOT NULL,
        [AuditLevel]    int               NOT NULL,
        [QueueName]     nvarchar(200)     COLLATE Latin1_General_BIN2 NOT NULL,
        [Priority]      smallint          NOT NULL,
        [TaskKey]       nvarchar(200)     COLLATE Latin1_General_BIN2 NULL,
        [TraceContext]  nvarchar(max)     NULL,
        [ClaimFor]      nvarchar(100)     COLLATE Latin1_General_BIN2 NULL,
        [IsRecurring]   bit               NOT NULL,
        [RecurringTask] nvarchar(max)     COLLATE Latin1_General_BIN2 NULL,
        [RecurringInfo] nvarchar(max)     NULL,
        [AnchorUtc]     datetimeoffset(3) NULL,
        [MaxRuns]       int               NULL,
        [RunUntil]      datetimeoffset(3) NULL,
        [NextRunUtc]    datetimeoffset(3) NULL,
        [RowId]         uniqueidentifier  NOT NULL, -- the row that stands for the task in the end
        [Outcome]       varchar(8)        NOT NULL,
        UNIQUE ([Id], [Ordinal])
    );
    DECLARE @Created TABLE ([Id] uniqueidentifier NOT NULL PRIMARY KEY, [Status] nvarchar(15) NOT NULL, [AuditLevel] int NOT NULL);

    INSERT INTO @New ([Ordinal], [Turn], [Id], [Type], [Handler], [Request], [Status], [DueAtUtc], [AuditLevel],
        [QueueName], [Priority], [TaskKey], [TraceContext], [ClaimFor], [IsRecurring], [RecurringTask], [RecurringInfo],
        [AnchorUtc], [MaxRuns], [RunUntil], [NextRunUtc], [RowId], [Outcome])
    SELECT j.[n], CASE WHEN j.[taskKey] IS NULL THEN 0 ELSE j.[n] END, j.[id], j.[type], j.[handler], j.[request], j.[status],
        COALESCE(j.[dueUtc], DATEADD(millisecond, j.[dueInMs] % 86400000, DATEADD(day, j.[dueInMs] / 86400000, @Now))),
        j.[auditLevel], j.[queue], j.[priority], j.[taskKey], j.[traceContext],
        -- Born claimed: only a task that is to run at once, in a queue that runs, by a worker that is known.
        CASE WHEN j.[status] = N'Queued'
                AND EXISTS (SELECT 1 FROM [EverTask].[Workers] AS w WHERE w.[Id] = j.[claimFor] COLLATE Latin1_General_BIN2)
                AND NOT EXISTS (SELECT 1 FROM [EverTask].[PausedQueues] AS p WHERE p.[QueueName] = j.[queue] COLLATE Latin1_General_BIN2)
            THEN j.[claimFor] END,
        j.[isRecurring], j.[schedule], j.[info], j.[anchorUtc], j.[maxRuns], j.[runUntilUtc], j.[nextRunUtc],
        j.[id], 'created'
    FROM OPENJSON(@Tasks) WITH (
        [n]            int               '$.n',
        [id]           uniqueidentifier  '$.id',
        [type]         nvarchar(max)     '$.type',
        [handler]      nvarchar(max)     '$.handler',
        [request]      nvarchar(max)     '$.request',
        [status]       nvarchar(15)      '$.status',
        [dueInMs]      bigint            '$.dueInMs',
        [dueUtc]       datetimeoffset(3) '$.dueUtc',
        [auditLevel]   int               '$.auditLevel',
        [queue]        nvarchar(max)     '$.queue',
        [priority]     smallint          '$.priority',
        [taskKey]      nvarchar(max)     '$.taskKey',
        [traceContext] nvarchar(max)     '$.traceContext',
        [claimFor]     nvarchar(100)     '$.claimFor',
        [isRecurring]  bit               '$.isRecurring',
        [schedule]     nvarchar(max)     '$.schedule',
        [info]         nvarchar(max)     '$.info',
        [anchorUtc]    datetimeoffset(3) '$.anchorUtc',
        [maxRuns]      int               '$.maxRuns',
        [runUntilUtc]  datetimeoffset(3) '$.runUntilUtc',
        [nextRunUtc]   datetimeoffset(3) '$.nextRunUtc'
    ) AS j;

    DECLARE @Turn int = 0;
    DECLARE @Stores bit, @StoredId uniqueidentifier, @StoredStatus nvarchar(15), @StoredIsRecurring bit, @Busy bit, @Ended bit,
        @Alive bit, @SameSchedule bit, @NewIsRecurring bit, @NewStatus nvarchar(15), @NewLevel int, @Outcome varchar(8);

    BEGIN TRANSACTION;

    -- Turn 0 stores all tasks without a key by one INSERT; then each task with a key has a turn, in order.
    WHILE @Turn IS NOT NULL
    BEGIN
        SET @Stores = 1;

        IF @Turn > 0 AND NOT EXISTS (SELECT 1 FROM [EverTask].[QueuedTasks] AS t
                                     INNER JOIN @New AS n ON n.[Id] = t.[Id] WHERE n.[Ordinal] = @Turn)
        BEGIN
            SET @StoredId = NULL;
            -- The range lock makes a second process that brings the same new key wait until this one has stored it.
            SELECT @StoredId = t.[Id], @StoredStatus = t.[Status], @StoredIsRecurring = t.[IsRecurring],
                @Busy = CASE WHEN t.[WorkerId] IS NOT NULL OR t.[Status] = N'InProgress' THEN 1 ELSE 0 END,
                @Ended = CASE WHEN t.[DueAtUtc] IS NULL
                    AND t.[Status] IN (N'Completed', N'Failed', N'Cancelled', N'ServiceStopped') THEN 1 ELSE 0 END,
                @Alive = CASE WHEN t.[NextRunUtc] IS NULL THEN 0 ELSE 1 END,
                @SameSchedule = CASE WHEN t.[RecurringTask] COLLATE Latin1_General_BIN2 = n.[RecurringTask]
                    AND DATALENGTH(t.[RecurringTask]) = DATALENGTH(n.[RecurringTask]) THEN 1 ELSE 0 END,
                @NewIsRecurring = n.[IsRecurring], @NewStatus = n.[Status], @NewLevel = n.[AuditLevel]
            FROM @New AS n
            INNER JOIN [EverTask].[QueuedTasks] AS t WITH (UPDLOCK, HOLDLOCK) ON t.[TaskKey] = n.[TaskKey]
            WHERE n.[Ordinal] = @Turn;

            IF @StoredId IS NOT NULL AND @Busy = 0 AND @StoredIsRecurring = 0 AND @Ended = 1
                UPDATE [EverTask].[QueuedTasks] SET [TaskKey] = NULL WHERE [Id] = @StoredId;
            ELSE IF @StoredId IS NOT NULL
            BEGIN
                SET @Stores = 0;
                SET @Outcome = 'existing';
                IF @Busy = 0 AND NOT (@StoredIsRecurring = 1 AND @NewIsRecurring = 0)
                BEGIN
                    -- Of a series that goes on with the same schedule, only what the schedule does not decide is new.
                    IF @StoredIsRecurring = 1 AND @Alive = 1 AND @SameSchedule = 1
                    BEGIN
                        UPDATE t
                        SET [Type] = n.[Type], [Handler] = n.[Handler], [Request] = n.[Request], [QueueName] = n.[QueueName],
                            [Priority] = n.[Priority], [AuditLevel] = n.[AuditLevel], [TraceContext] = n.[TraceContext],
                            [RecurringInfo] = n.[RecurringInfo], [MaxRuns] = n.[MaxRuns], [RunUntil] = n.[RunUntil],
                            [Exception] = NULL, [CancelRequested] = 0
                        FROM [EverTask].[QueuedTasks] AS t
                        INNER JOIN @New AS n ON n.[Ordinal] = @Turn
                        WHERE t.[Id] = @StoredId AND t.[WorkerId] IS NULL AND t.[Status] <> N'InProgress';
                        IF @@ROWCOUNT > 0 SET @Outcome = 'updated';
                    END
                    ELSE
                    BEGIN
                        UPDATE t
                        SET [Type] = n.[Type], [Handler] = n.[Handler], [Request] = n.[Request], [QueueName] = n.[QueueName],
                            [Priority] = n.[Priority], [AuditLevel] = n.[AuditLevel], [TraceContext] = n.[TraceContext],
                            [RecurringInfo] = n.[RecurringInfo], [MaxRuns] = n.[MaxRuns], [RunUntil] = n.[RunUntil],
                            [Exception] = NULL, [CancelRequested] = 0,
                            [IsRecurring] = n.[IsRecurring], [RecurringTask] = n.[RecurringTask],
                            [AnchorUtc] = n.[AnchorUtc], [NextRunUtc] = n.[NextRunUtc],
                            [CurrentRunCount] = CASE WHEN n.[IsRecurring] = 0 THEN NULL
                                WHEN @StoredIsRecurring = 1 AND @Alive = 1 THEN t.[CurrentRunCount] ELSE 0 END,
                            [Status] = n.[Status], [DueAtUtc] = n.[DueAtUtc],
                            [ScheduledExecutionUtc] = CASE WHEN n.[Status] = N'WaitingQueue' THEN n.[DueAtUtc] END,
                            [Attempt] = 0, [LostCount] = 0, [RateSlotUtc] = NULL
                        FROM [EverTask].[QueuedTasks] AS t
                        INNER JOIN @New AS n ON n.[Ordinal] = @Turn
                        WHERE t.[Id] = @StoredId AND t.[WorkerId] IS NULL AND t.[Status] <> N'InProgress';
                        IF @@ROWCOUNT > 0 SET @Outcome = 'updated';

                        IF @Outcome = 'updated' AND @NewStatus <> @StoredStatus AND @NewLevel NOT IN (1, 2, 3)
                            INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
                            VALUES (@StoredId, @Now, @NewStatus, NULL);
                    END;
                END;
                UPDATE @New SET [RowId] = @StoredId, [Outcome] = @Outcome WHERE [Ordinal] = @Turn;
            END;
        END;

        IF @Stores = 1
            INSERT INTO [EverTask].[QueuedTasks] ([Id], [CreatedAtUtc], [ExecutionTimeMs], [ScheduledExecutionUtc], [Type], [Request], [Handler],
                [IsRecurring], [RecurringTask], [RecurringInfo], [CurrentRunCount], [MaxRuns], [RunUntil], [NextRunUtc],
                [QueueName], [TaskKey], [AuditLevel], [Status], [Priority], [DueAtUtc], [Attempt], [WorkerId],
                [LeaseToken], [AnchorUtc], [TraceContext])
            OUTPUT inserted.[Id], inserted.[Status], inserted.[AuditLevel] INTO @Created ([Id], [Status], [AuditLevel])
            SELECT n.[Id], @Now, 0, CASE WHEN n.[Status] = N'WaitingQueue' THEN n.[DueAtUtc] END, n.[Type], n.[Request],
                n.[Handler], n.[IsRecurring], n.[RecurringTask], n.[RecurringInfo],
                CASE WHEN n.[IsRecurring] = 1 THEN 0 END, n.[MaxRuns], n.[RunUntil], n.[NextRunUtc], n.[QueueName], n.[TaskKey],
                n.[AuditLevel], n.[Status], n.[Priority], CASE WHEN n.[ClaimFor] IS NULL THEN n.[DueAtUtc] END,
                CASE WHEN n.[ClaimFor] IS NULL THEN 0 ELSE 1 END, n.[ClaimFor],
                CASE WHEN n.[ClaimFor] IS NULL THEN 0 ELSE 1 END, n.[AnchorUtc], n.[TraceContext]
            FROM @New AS n
            WHERE n.[Turn] = @Turn
                AND NOT EXISTS (SELECT 1 FROM [EverTask].[QueuedTasks] AS t WHERE t.[Id] = n.[Id])
                AND NOT EXISTS (SELECT 1 FROM @New AS e WHERE e.[Id] = n.[Id] AND e.[Ordinal] < n.[Ordinal]);

        SELECT @Turn = MIN(n.[Turn]) FROM @New AS n WHERE n.[Turn] > @Turn;
    END;

    -- A first status is no error: only Full audits it.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT c.[Id], @Now, c.[Status], NULL
    FROM @Created AS c
    WHERE c.[AuditLevel] NOT IN (1, 2, 3);

    COMMIT TRANSACTION;

    SELECT n.[RowId] AS [Id], n.[Outcome] AS [Outcome],
        CASE WHEN n.[Outcome] = 'created' AND t.[WorkerId] = n.[ClaimFor] AND t.[LeaseToken] = 1 THEN 1 ELSE 0 END AS [Claimed]
    FROM @New AS n
    LEFT JOIN [EverTask].[QueuedTasks] AS t ON t.[Id] = n.[RowId]
    ORDER BY n.[Ordinal];
END
GO
