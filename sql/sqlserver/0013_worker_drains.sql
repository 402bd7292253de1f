-- Workers that an operator has asked to stop.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

IF COL_LENGTH(N'[EverTask].[Workers]', N'IsDraining') IS NULL
    ALTER TABLE [EverTask].[Workers] ADD [IsDraining] bit NULL; -- 1: it finishes its tasks and stops
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 13)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (13, SYSUTCDATETIME());
GO
