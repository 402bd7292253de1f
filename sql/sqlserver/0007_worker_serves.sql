-- The queues and types that a worker serves, as JSON; NULL for version 0.1, which does not report
-- them.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

IF COL_LENGTH(N'[EverTask].[Workers]', N'Serves') IS NULL
    ALTER TABLE [EverTask].[Workers] ADD [Serves] nvarchar(max) NULL;
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 7)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (7, SYSUTCDATETIME());
GO
