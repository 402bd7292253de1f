-- The pace of each rate limit, by which operators see how many tasks wait for it: that of the last
-- request; NULL for a key that nobody has used since.

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
