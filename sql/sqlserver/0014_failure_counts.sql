-- The failures of each group by hour, and the versions of the application that failed.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

IF OBJECT_ID(N'[EverTask].[FailureCounts]') IS NULL
    CREATE TABLE [EverTask].[FailureCounts] (
        [GroupId]  nvarchar(16) COLLATE Latin1_General_BIN2 NOT NULL,
        [HourMs]   bigint       NOT NULL, -- epoch milliseconds
        [Failures] bigint       NOT NULL,
        CONSTRAINT [PK_FailureCounts] PRIMARY KEY ([GroupId], [HourMs])
    );
GO
IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 14)
    CREATE INDEX [IX_FailureCounts_HourMs] ON [EverTask].[FailureCounts] ([HourMs]);
GO

IF COL_LENGTH(N'[EverTask].[FailureGroups]', N'FirstVersion') IS NULL
    ALTER TABLE [EverTask].[FailureGroups] ADD [FirstVersion] nvarchar(201) NULL;
GO
IF COL_LENGTH(N'[EverTask].[FailureGroups]', N'LastVersion') IS NULL
    ALTER TABLE [EverTask].[FailureGroups] ADD [LastVersion] nvarchar(201) NULL;
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 14)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (14, SYSUTCDATETIME());
GO
