-- Stores the interval and the burst of the last request for each rate limit key, from which
-- operators see how many tasks wait for a slot. They are NULL for a key without a request since
-- this migration.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

IF COL_LENGTH(N'[EverTask].[RateLimits]', N'IntervalMs') IS NULL
    ALTER TABLE [EverTask].[RateLimits] ADD [IntervalMs] float NULL;
GO
IF COL_LENGTH(N'[EverTask].[RateLimits]', N'Burst') IS NULL
    ALTER TABLE [EverTask].[RateLimits] ADD [Burst] float NULL;
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 12)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (12, SYSUTCDATETIME());
GO
