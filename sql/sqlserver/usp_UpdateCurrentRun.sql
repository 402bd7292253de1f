-- Ends a run of a recurring task, in one transaction: increments the run count (up to 2147483647),
-- sets the next run (NULL ends the series) and the last execution, and writes the RunsAudit and
-- StatusAudit rows of the audit level. Writes nothing if the recurring task does not exist, or if
-- the given lease is not held any more. A status that does not exist raises error 50001.
--
--   EXEC [EverTask].[usp_UpdateCurrentRun] @TaskId = '01900000-0000-7000-8000-000000000001', @ExecutionTimeMs = 12.5,
--       @NextRunUtc = '2030-01-01T00:00:00Z', @AuditLevel = 1, @Status = N'Completed';
--
-- Returns one row: Applied (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_UpdateCurrentRun];
GO
CREATE PROCEDURE [EverTask].[usp_UpdateCurrentRun]
    @TaskId          uniqueidentifier,
    @ExecutionTimeMs float,
    @NextRunUtc      datetimeoffset(3) = NULL,
    @AuditLevel      int = 0,              -- 0 Full, 1 Minimal, 2 ErrorsOnly, 3 None; NULL: Full
    @Status          nvarchar(15) = NULL,  -- the status at the end; NULL keeps the status and exception
    @Exception       nvarchar(max) = NULL,
    @AgoMs           bigint = 0,           -- the time since the end
    @WorkerId        nvarchar(100) = NULL, -- with @LeaseToken: only while the lease is held
    @LeaseToken      bigint = NULL,
    @Counts          bit = 1               -- 0: the occurrence was skipped; the series moves on, but nothing ran
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    -- The dot prevents a trailing space from being ignored.
    IF @Status + N'.' COLLATE Latin1_General_BIN2 NOT IN (N'WaitingQueue.', N'Queued.', N'InProgress.',
        N'Pending.', N'Cancelled.', N'Completed.', N'Failed.', N'ServiceStopped.')
    BEGIN
        DECLARE @Refusal nvarchar(400) = CONCAT(N'The status is ', COALESCE(QUOTENAME(@Status, ''''), N'NULL'),
            N', but must be one of WaitingQueue, Queued, InProgress, Pending, Cancelled, Completed, Failed, ServiceStopped.');
        THROW 50001, @Refusal, 1;
    END;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @At datetimeoffset(3) = DATEADD(millisecond, -(@AgoMs % 86400000), DATEADD(day, -(@AgoMs / 86400000), @Now));
    DECLARE @Changed bit = CASE WHEN @Status IS NULL THEN 0 ELSE 1 END;
    DECLARE @Applied bit = 0;

    BEGIN TRANSACTION;

    UPDATE [EverTask].[QueuedTasks]
    SET [Status] = COALESCE(@Status, [Status]),
        [Exception] = CASE WHEN @Changed = 1 THEN @Exception ELSE [Exception] END,
        [WorkerId] = NULL,
        [NextRunUtc] = @NextRunUtc,
        [DueAtUtc] = CASE WHEN @NextRunUtc IS NOT NULL AND [CancelRequested] = 1 THEN @Now
                          WHEN [IsPaused] = 1 THEN NULL ELSE @NextRunUtc END,
        [CancelRequested] = CASE WHEN @NextRunUtc IS NULL THEN 0 ELSE [CancelRequested] END,
        [Attempt] = 0,
        [LostCount] = 0,
        [RateSlotUtc] = NULL,
        [CurrentRunCount] = CASE WHEN @Counts = 0 OR [CurrentRunCount] = 2147483647 THEN [CurrentRunCount]
                                 ELSE ISNULL([CurrentRunCount], 0) + 1 END,
        [ExecutionTimeMs] = CASE WHEN @Counts = 1 THEN @ExecutionTimeMs ELSE [ExecutionTimeMs] END,
        [LastExecutionUtc] = CASE WHEN @Counts = 1 THEN @At ELSE [LastExecutionUtc] END
    WHERE [Id] = @TaskId AND [IsRecurring] = 1
        AND (@WorkerId IS NULL OR ([WorkerId] = @WorkerId AND [LeaseToken] = @LeaseToken));

    IF @@ROWCOUNT > 0
        SET @Applied = 1;
    IF @Changed = 0
        SELECT @Status = [Status], @Exception = [Exception] FROM [EverTask].[QueuedTasks] WHERE [Id] = @TaskId;

    -- Full audits every change; Minimal and ErrorsOnly audit errors; None audits nothing.
    IF @Applied = 1 AND @Changed = 1
        AND (ISNULL(@AuditLevel, 0) NOT IN (1, 2, 3)
            OR (@AuditLevel IN (1, 2) AND (@Status IN (N'Failed', N'ServiceStopped') OR @Exception IS NOT NULL)))
        INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
        VALUES (@TaskId, @At, @Status, @Exception);

    -- Full and Minimal audit every run; ErrorsOnly audits errors; None audits nothing.
    IF @Applied = 1 AND @Counts = 1
        AND (ISNULL(@AuditLevel, 0) NOT IN (2, 3)
            OR (@AuditLevel = 2 AND (@Status IN (N'Failed', N'ServiceStopped') OR @Exception IS NOT NULL)))
        INSERT INTO [EverTask].[RunsAudit] ([QueuedTaskId], [ExecutedAt], [ExecutionTimeMs], [Status], [Exception])
        VALUES (@TaskId, @At, @ExecutionTimeMs, @Status, @Exception);

    COMMIT TRANSACTION;

    SELECT @Applied AS [Applied];
END
GO
