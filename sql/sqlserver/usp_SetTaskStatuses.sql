-- usp_SetTaskStatus for many tasks: one call, one transaction, one UPDATE. A task may have gone through several statuses
-- since the last write; each writes its audit row, with its own time.
--
--   @Changes  JSON array, a task at most once: { n, taskId, auditLevel, status, exception, agoMs, workerId, leaseToken,
--             dueInMs, returnAttempt, rateSlotUtc, executionTimeMs }, the last status of each task; n numbers the changes
--   @Steps    JSON array: { n, s, status, exception, agoMs }, the statuses before it; s numbers the steps of a change
--
-- Answers a row a change, in order: Applied (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_SetTaskStatuses];
GO
CREATE PROCEDURE [EverTask].[usp_SetTaskStatuses]
    @Changes nvarchar(max),
    @Steps   nvarchar(max) = N'[]'
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Change TABLE (
        [Ordinal]         int               NOT NULL,
        [TaskId]          uniqueidentifier  NOT NULL PRIMARY KEY,
        [AuditLevel]      int               NULL,
        [Status]          nvarchar(15)      NOT NULL,
        [Exception]       nvarchar(max)     NULL,
        [AtUtc]           datetimeoffset(3) NOT NULL,
        [WorkerId]        nvarchar(100)     COLLATE Latin1_General_BIN2 NULL,
        [LeaseToken]      bigint            NULL,
        [KeepsLease]      bit               NOT NULL,
        [DueAtUtc]        datetimeoffset(3) NULL,
        [ReturnAttempt]   bit               NOT NULL,
        [RateSlotUtc]     datetimeoffset(3) NULL,
        [ExecutionTimeMs] float             NULL
    );
    DECLARE @Step TABLE (
        [Ordinal]   int               NOT NULL,
        [Step]      int               NOT NULL,
        [Status]    nvarchar(15)      NOT NULL,
        [Exception] nvarchar(max)     NULL,
        [AtUtc]     datetimeoffset(3) NOT NULL,
        PRIMARY KEY ([Ordinal], [Step])
    );
    DECLARE @Applied TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);

    INSERT INTO @Change ([Ordinal], [TaskId], [AuditLevel], [Status], [Exception], [AtUtc], [WorkerId], [LeaseToken],
        [KeepsLease], [DueAtUtc], [ReturnAttempt], [RateSlotUtc], [ExecutionTimeMs])
    SELECT c.[n], c.[taskId], c.[auditLevel], c.[status], c.[exception],
        DATEADD(millisecond, -(c.[agoMs] % 86400000), DATEADD(day, -(c.[agoMs] / 86400000), @Now)),
        c.[workerId], c.[leaseToken],
        CASE WHEN c.[status] IN (N'Queued', N'InProgress') AND c.[dueInMs] IS NULL THEN 1 ELSE 0 END,
        DATEADD(millisecond, c.[dueInMs] % 86400000, DATEADD(day, c.[dueInMs] / 86400000, @Now)),
        c.[returnAttempt], c.[rateSlotUtc],
        CASE WHEN c.[auditLevel] = 3 THEN NULL ELSE c.[executionTimeMs] END
    FROM OPENJSON(@Changes) WITH (
        [n]               int               '$.n',
        [taskId]          uniqueidentifier  '$.taskId',
        [auditLevel]      int               '$.auditLevel',
        [status]          nvarchar(15)      '$.status',
        [exception]       nvarchar(max)     '$.exception',
        [agoMs]           bigint            '$.agoMs',
        [workerId]        nvarchar(100)     '$.workerId',
        [leaseToken]      bigint            '$.leaseToken',
        [dueInMs]         bigint            '$.dueInMs',
        [returnAttempt]   bit               '$.returnAttempt',
        [rateSlotUtc]     datetimeoffset(3) '$.rateSlotUtc',
        [executionTimeMs] float             '$.executionTimeMs'
    ) AS c;

    INSERT INTO @Step ([Ordinal], [Step], [Status], [Exception], [AtUtc])
    SELECT e.[n], e.[s], e.[status], e.[exception],
        DATEADD(millisecond, -(e.[agoMs] % 86400000), DATEADD(day, -(e.[agoMs] / 86400000), @Now))
    FROM OPENJSON(@Steps) WITH (
        [n]         int           '$.n',
        [s]         int           '$.s',
        [status]    nvarchar(15)  '$.status',
        [exception] nvarchar(max) '$.exception',
        [agoMs]     bigint        '$.agoMs'
    ) AS e;

    INSERT INTO @Step ([Ordinal], [Step], [Status], [Exception], [AtUtc])
    SELECT c.[Ordinal], 2147483647, c.[Status], c.[Exception], c.[AtUtc] FROM @Change AS c;

    BEGIN TRANSACTION;

    UPDATE t
    SET [Status] = c.[Status],
        [Exception] = c.[Exception],
        [WorkerId] = CASE WHEN c.[KeepsLease] = 1 THEN t.[WorkerId] END,
        -- A task that was asked to be cancelled waits for nothing: whoever claims it next is to see that.
        [DueAtUtc] = CASE WHEN c.[KeepsLease] = 1 THEN t.[DueAtUtc]
                          WHEN c.[DueAtUtc] IS NOT NULL AND t.[CancelRequested] = 1 THEN @Now
                          ELSE c.[DueAtUtc] END,
        [CancelRequested] = CASE WHEN c.[KeepsLease] = 1 OR c.[DueAtUtc] IS NOT NULL THEN t.[CancelRequested] ELSE 0 END,
        [Attempt] = CASE WHEN c.[ReturnAttempt] = 1 AND t.[Attempt] > 0 THEN t.[Attempt] - 1 ELSE t.[Attempt] END,
        [RateSlotUtc] = c.[RateSlotUtc],
        [ExecutionTimeMs] = COALESCE(c.[ExecutionTimeMs], t.[ExecutionTimeMs]),
        [LastExecutionUtc] = CASE WHEN c.[ExecutionTimeMs] IS NULL THEN t.[LastExecutionUtc] ELSE c.[AtUtc] END
    OUTPUT inserted.[Id] INTO @Applied ([TaskId])
    FROM [EverTask].[QueuedTasks] AS t
    INNER JOIN @Change AS c ON c.[TaskId] = t.[Id]
    WHERE c.[WorkerId] IS NULL OR (t.[WorkerId] = c.[WorkerId] AND t.[LeaseToken] = c.[LeaseToken])
    OPTION (LOOP JOIN);

    -- Full audits every change; Minimal and ErrorsOnly audit errors; None audits nothing.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT c.[TaskId], s.[AtUtc], s.[Status], s.[Exception]
    FROM @Step AS s
    INNER JOIN @Change AS c ON c.[Ordinal] = s.[Ordinal]
    INNER JOIN @Applied AS a ON a.[TaskId] = c.[TaskId]
    WHERE ISNULL(c.[AuditLevel], 0) NOT IN (1, 2, 3)
        OR (c.[AuditLevel] IN (1, 2) AND (s.[Status] IN (N'Failed', N'ServiceStopped') OR s.[Exception] IS NOT NULL))
    ORDER BY s.[Ordinal], s.[Step];

    COMMIT TRANSACTION;

    SELECT CASE WHEN a.[TaskId] IS NULL THEN 0 ELSE 1 END AS [Applied]
    FROM @Change AS c
    LEFT JOIN @Applied AS a ON a.[TaskId] = c.[TaskId]
    ORDER BY c.[Ordinal];
END
GO
