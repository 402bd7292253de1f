-- Which queues and types a worker takes, as JSON; NULL for one of version 0.1, which does not say.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

IF COL_LENGTH(N'[EverTask].[Workers]', N'Serves') IS NULL
    ALTER TABLE [EverTask].[Workers] ADD [Serves] nvarchar(max) NULL;
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 7)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (7, SYSUTCDATETIME());
GO
