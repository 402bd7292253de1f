-- Changes tasks for an operator, and records the action, in one transaction. A task is changed only
-- if it still has the version that the operator has seen. A version consists of the count of edits,
-- and of columns that claims, status changes and new due instants write in any case.
--
--   @IsBatch       0: the action is recorded if a task was changed; 1: in any case
--   @ContinuesId   the action that this batch continues; nothing is done unless its Next is
--                  @ContinuesNext
--   @Skipped       the number of tasks that the caller has left unchanged
--   @Next          the start of the next batch; NULL: this is the last one
--
-- Returns two recordsets: ActionId (NULL: nothing was changed or recorded); one row per edit, in
-- order: Applied (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_EditTasks];
GO
CREATE PROCEDURE [EverTask].[usp_EditTasks]
    @Edits         [EverTask].[TaskEditList] READONLY,
    @Verb          nvarchar(20),
    @Actor         nvarchar(400),
    @Reason        nvarchar(max),
    @TargetKind    nvarchar(10),
    @Target        nvarchar(200),
    @Before        nvarchar(max),
    @After         nvarchar(max),
    @IsBatch       bit,
    @ContinuesId   bigint,
    @ContinuesNext nvarchar(100),
    @Skipped       bigint,
    @Next          nvarchar(100)
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @ActionId bigint, @Changed bigint = 0, @IsInTurn bit = 1;
    DECLARE @Applied TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);

    BEGIN TRANSACTION;

    -- Locks the action's row, so that only one of two batches that continue it at the same place is
    -- done.
    IF @ContinuesId IS NOT NULL
    BEGIN
        UPDATE [EverTask].[OperatorActions] SET [Next] = @Next WHERE [Id] = @ContinuesId AND [Next] = @ContinuesNext;
        IF @@ROWCOUNT = 0 SET @IsInTurn = 0;
    END;

    IF @IsInTurn = 1
    BEGIN
        UPDATE [EverTask].[QueuedTasks]
        SET [Edits] = ISNULL([QueuedTasks].[Edits], 0) + 1,
            [Request] = ISNULL(e.[Request], [QueuedTasks].[Request]),
            [QueueName] = ISNULL(e.[QueueName], [QueuedTasks].[QueueName]),
            [Priority] = ISNULL(e.[Priority], [QueuedTasks].[Priority]),
            [Status] = ISNULL(e.[Status], [QueuedTasks].[Status]),
            [Exception] = CASE WHEN e.[Status] IS NULL THEN [QueuedTasks].[Exception] END,
            [Attempt] = CASE WHEN e.[StartsAnew] = 1 THEN 0 ELSE [QueuedTasks].[Attempt] END,
            [LostCount] = CASE WHEN e.[StartsAnew] = 1 THEN 0 ELSE [QueuedTasks].[LostCount] END,
            [RateSlotUtc] = CASE WHEN e.[StartsAnew] = 1 THEN NULL ELSE [QueuedTasks].[RateSlotUtc] END,
            [CancelRequested] = CASE WHEN e.[CancelRequested] IS NOT NULL THEN e.[CancelRequested] WHEN e.[StartsAnew] = 1 THEN 0
                                     ELSE [QueuedTasks].[CancelRequested] END,
            [DueAtUtc] = CASE
                WHEN e.[MovesDue] = 0 THEN [QueuedTasks].[DueAtUtc]
                WHEN e.[Soonest] = 1 AND [QueuedTasks].[DueAtUtc] < @Now THEN [QueuedTasks].[DueAtUtc]
                WHEN e.[Soonest] = 1 THEN @Now
                WHEN e.[DueInMs] IS NOT NULL
                    THEN DATEADD(millisecond, e.[DueInMs] % 86400000, DATEADD(day, e.[DueInMs] / 86400000, @Now))
                ELSE CONVERT(datetimeoffset(3), e.[DueAtUtc]) END,
            [RecurringTask] = ISNULL(e.[RecurringTask], [QueuedTasks].[RecurringTask]),
            [RecurringInfo] = CASE WHEN e.[RecurringTask] IS NULL THEN [QueuedTasks].[RecurringInfo] ELSE e.[RecurringInfo] END,
            [AnchorUtc] = CASE WHEN e.[RecurringTask] IS NULL THEN [QueuedTasks].[AnchorUtc]
                               ELSE CONVERT(datetimeoffset(3), e.[AnchorUtc]) END,
            [MaxRuns] = CASE WHEN e.[RecurringTask] IS NULL THEN [QueuedTasks].[MaxRuns] ELSE e.[MaxRuns] END,
            [RunUntil] = CASE WHEN e.[RecurringTask] IS NULL THEN [QueuedTasks].[RunUntil]
                              ELSE CONVERT(datetimeoffset(3), e.[RunUntil]) END,
            [NextRunUtc] = CASE WHEN e.[EndsSeries] = 1 THEN NULL WHEN e.[RecurringTask] IS NULL THEN [QueuedTasks].[NextRunUtc]
                                ELSE CONVERT(datetimeoffset(3), e.[NextRunUtc]) END,
            [IsPaused] = CASE WHEN e.[IsPaused] IS NULL THEN [QueuedTasks].[IsPaused] WHEN e.[IsPaused] = 1 THEN 1 END
        OUTPUT inserted.[Id] INTO @Applied ([TaskId])
        FROM @Edits AS e, [EverTask].[QueuedTasks] WITH (FORCESEEK)
        WHERE [QueuedTasks].[Id] = e.[TaskId]
            AND e.[Version] = CONCAT(ISNULL([QueuedTasks].[Edits], 0), N'.', [QueuedTasks].[LeaseToken], N'.', [QueuedTasks].[Status],
                N'.', DATEDIFF_BIG(millisecond, CONVERT(datetime2(3), '1970-01-01'), CONVERT(datetime2(3), [QueuedTasks].[DueAtUtc])),
                N'.', DATEDIFF_BIG(millisecond, CONVERT(datetime2(3), '1970-01-01'), CONVERT(datetime2(3), [QueuedTasks].[NextRunUtc])),
                N'.', CASE WHEN [QueuedTasks].[WorkerId] IS NULL THEN 0 ELSE 1 END + 2 * [QueuedTasks].[CancelRequested])
        OPTION (LOOP JOIN, FORCE ORDER);

        -- No status that an operator sets is an error, so only Full audits it.
        INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
        SELECT e.[TaskId], @Now, e.[Status], NULL
        FROM @Edits AS e
        INNER JOIN @Applied AS a ON a.[TaskId] = e.[TaskId]
        INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = e.[TaskId]
        WHERE e.[Status] IS NOT NULL AND ISNULL(t.[AuditLevel], 0) NOT IN (1, 2, 3)
        OPTION (LOOP JOIN, FORCE ORDER);

        DELETE [EverTask].[TaskTags]
        FROM @Edits AS e, @Applied AS a, [EverTask].[TaskTags] WITH (FORCESEEK)
        WHERE a.[TaskId] = e.[TaskId] AND [TaskTags].[TaskId] = e.[TaskId] AND e.[Deletes] = 1
        OPTION (LOOP JOIN, FORCE ORDER);

        -- The UPDATE has locked the tasks to delete, and has checked their versions.
        DELETE [EverTask].[QueuedTasks]
        FROM @Edits AS e, @Applied AS a, [EverTask].[QueuedTasks] WITH (FORCESEEK)
        WHERE a.[TaskId] = e.[TaskId] AND [QueuedTasks].[Id] = e.[TaskId] AND e.[Deletes] = 1
        OPTION (LOOP JOIN, FORCE ORDER);

        SELECT @Changed = COUNT(*) FROM @Applied;
        IF @IsBatch = 1 SELECT @Skipped = @Skipped + COUNT(*) - @Changed FROM @Edits;

        IF @ContinuesId IS NOT NULL
        BEGIN
            UPDATE [EverTask].[OperatorActions]
            SET [Changed] = [Changed] + @Changed, [Skipped] = [Skipped] + @Skipped
            WHERE [Id] = @ContinuesId;
            SET @ActionId = @ContinuesId;
        END;
        ELSE IF @IsBatch = 1 OR @Changed > 0
        BEGIN
            INSERT INTO [EverTask].[OperatorActions] ([AtUtc], [Verb], [Actor], [Reason], [TargetKind], [Target], [Before],
                [After], [Changed], [Skipped], [Next])
            VALUES (@Now, @Verb, @Actor, @Reason, @TargetKind, @Target, @Before, @After, @Changed, @Skipped, @Next);
            SET @ActionId = SCOPE_IDENTITY();
        END;
    END;

    COMMIT TRANSACTION;

    SELECT @ActionId AS [ActionId];
    SELECT CASE WHEN a.[TaskId] IS NULL THEN 0 ELSE 1 END AS [Applied]
    FROM @Edits AS e
    LEFT JOIN @Applied AS a ON a.[TaskId] = e.[TaskId]
    ORDER BY e.[Ordinal];
END
GO
