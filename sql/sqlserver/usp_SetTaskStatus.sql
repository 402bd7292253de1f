-- Changes one task's status, and writes the StatusAudit row of the audit level, in one transaction
-- without a prior query. Writes nothing if the task does not exist, or if the given lease is not
-- held any more.
--
--   EXEC [EverTask].[usp_SetTaskStatus] @TaskId = '01900000-0000-7000-8000-000000000001', @Status = N'Completed';
--
-- The parameters after @AuditLevel are for workers. Without them, WaitingQueue, Queued and Pending
-- keep the due instant of a waiting task. A task that neither waits nor is held becomes due: a
-- series at its next run, another task at the instant for which it was dispatched, but not before
-- now. A status that does not exist raises error 50001.
--
-- Returns one row: Applied (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_SetTaskStatus];
GO
CREATE PROCEDURE [EverTask].[usp_SetTaskStatus]
    @TaskId          uniqueidentifier,
    @Status          nvarchar(15),         -- WaitingQueue, Queued, InProgress, Pending, Cancelled, Completed, Failed, ServiceStopped
    @Exception       nvarchar(max) = NULL,
    @AuditLevel      int = 0,              -- 0 Full, 1 Minimal, 2 ErrorsOnly, 3 None; NULL: Full
    @ExecutionTimeMs float = NULL,         -- of the execution that ended
    @AgoMs           bigint = 0,           -- the time since the change
    @WorkerId        nvarchar(100) = NULL, -- with @LeaseToken: only while the lease is held
    @LeaseToken      bigint = NULL,
    @DueInMs         bigint = NULL,        -- the time after which the task can be claimed
    @ReturnAttempt   bit = 0,              -- 1: the attempt does not count
    @RateSlotUtc     datetimeoffset(3) = NULL
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    -- The dot prevents a trailing space from being ignored.
    IF @Status IS NULL OR @Status + N'.' COLLATE Latin1_General_BIN2 NOT IN (N'WaitingQueue.', N'Queued.', N'InProgress.',
        N'Pending.', N'Cancelled.', N'Completed.', N'Failed.', N'ServiceStopped.')
    BEGIN
        DECLARE @Refusal nvarchar(400) = CONCAT(N'The status is ', COALESCE(QUOTENAME(@Status, ''''), N'NULL'),
            N', but must be one of WaitingQueue, Queued, InProgress, Pending, Cancelled, Completed, Failed, ServiceStopped.');
        THROW 50001, @Refusal, 1;
    END;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @At datetimeoffset(3) = DATEADD(millisecond, -(@AgoMs % 86400000), DATEADD(day, -(@AgoMs / 86400000), @Now));
    DECLARE @DueAt datetimeoffset(3) =
        DATEADD(millisecond, @DueInMs % 86400000, DATEADD(day, @DueInMs / 86400000, @Now));
    DECLARE @KeepsLease bit =
        CASE WHEN @Status IN (N'Queued', N'InProgress') AND @DueInMs IS NULL THEN 1 ELSE 0 END;
    DECLARE @StandsInLine bit =
        CASE WHEN @Status IN (N'WaitingQueue', N'Queued', N'Pending') AND @DueInMs IS NULL AND @WorkerId IS NULL THEN 1 ELSE 0 END;
    DECLARE @KeepsExecution bit = CASE WHEN @ExecutionTimeMs IS NULL OR @AuditLevel = 3 THEN 1 ELSE 0 END;
    DECLARE @Applied bit = 0;

    BEGIN TRANSACTION;

    UPDATE [EverTask].[QueuedTasks]
    SET [Status] = @Status,
        [Exception] = @Exception,
        [WorkerId] = CASE WHEN @KeepsLease = 1 THEN [WorkerId] END,
        -- A task with a cancel request is due at once, and the worker that claims it next cancels
        -- it.
        [DueAtUtc] = CASE
            WHEN @StandsInLine = 1 AND [DueAtUtc] IS NOT NULL THEN [DueAtUtc]
            WHEN @KeepsLease = 1 AND (@StandsInLine = 0 OR [WorkerId] IS NOT NULL) THEN [DueAtUtc]
            WHEN (@StandsInLine = 1 OR @DueInMs IS NOT NULL) AND [CancelRequested] = 1 THEN @Now
            WHEN @StandsInLine = 1 AND [IsRecurring] = 1 AND [NextRunUtc] > @Now THEN [NextRunUtc]
            WHEN @StandsInLine = 1 AND [IsRecurring] = 0 AND [ScheduledExecutionUtc] > @Now THEN [ScheduledExecutionUtc]
            WHEN @StandsInLine = 1 THEN @Now
            ELSE @DueAt END,
        [CancelRequested] = CASE WHEN @KeepsLease = 1 OR @StandsInLine = 1 OR @DueInMs IS NOT NULL THEN [CancelRequested] ELSE 0 END,
        [Attempt] = CASE WHEN @ReturnAttempt = 1 AND [Attempt] > 0 THEN [Attempt] - 1 ELSE [Attempt] END,
        [RateSlotUtc] = @RateSlotUtc,
        [ExecutionTimeMs] = CASE WHEN @KeepsExecution = 1 THEN [ExecutionTimeMs] ELSE @ExecutionTimeMs END,
        [LastExecutionUtc] = CASE WHEN @KeepsExecution = 1 THEN [LastExecutionUtc] ELSE @At END
    WHERE [Id] = @TaskId
        AND (@WorkerId IS NULL OR ([WorkerId] = @WorkerId AND [LeaseToken] = @LeaseToken
            AND NOT (@Status = N'InProgress' AND @DueInMs IS NULL AND [Status] = N'InProgress')));

    IF @@ROWCOUNT > 0
        SET @Applied = 1;

    -- Full audits every change; Minimal and ErrorsOnly audit errors; None audits nothing.
    IF @Applied = 1
        AND (ISNULL(@AuditLevel, 0) NOT IN (1, 2, 3)
            OR (@AuditLevel IN (1, 2) AND (@Status IN (N'Failed', N'ServiceStopped') OR @Exception IS NOT NULL)))
        INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
        VALUES (@TaskId, @At, @Status, @Exception);

    IF @Applied = 0 AND @Status = N'InProgress' AND @DueInMs IS NULL
        AND EXISTS (SELECT 1 FROM [EverTask].[QueuedTasks] WHERE [Id] = @TaskId AND [WorkerId] = @WorkerId
            AND [LeaseToken] = @LeaseToken AND [Status] = N'InProgress')
        SET @Applied = 1; -- the start of the attempt was reported before

    COMMIT TRANSACTION;

    SELECT @Applied AS [Applied];
END
GO
