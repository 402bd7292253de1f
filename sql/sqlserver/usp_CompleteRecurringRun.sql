-- Ends a successful run of a recurring task: usp_UpdateCurrentRun with the status Completed, under
-- the name that EverTask for .NET uses.
--
--   EXEC [EverTask].[usp_CompleteRecurringRun] @TaskId = '01900000-0000-7000-8000-000000000001', @ExecutionTimeMs = 12.5,
--       @NextRunUtc = '2030-01-01T00:00:00Z';
--
-- Returns one row: Applied (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_CompleteRecurringRun];
GO
CREATE PROCEDURE [EverTask].[usp_CompleteRecurringRun]
    @TaskId          uniqueidentifier,
    @ExecutionTimeMs float,
    @NextRunUtc      datetimeoffset(3) = NULL,
    @AuditLevel      int = 0               -- 0 Full, 1 Minimal, 2 ErrorsOnly, 3 None; NULL: Full
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    EXEC [EverTask].[usp_UpdateCurrentRun] @TaskId = @TaskId, @ExecutionTimeMs = @ExecutionTimeMs,
        @NextRunUtc = @NextRunUtc, @AuditLevel = @AuditLevel, @Status = N'Completed';
END
GO
