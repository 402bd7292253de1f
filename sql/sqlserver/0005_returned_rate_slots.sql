-- Stores the rate limit slots that tasks reserved and gave back, in epoch milliseconds. A row is
-- deleted when another task takes the slot. There is no foreign key to RateLimits, because
-- Babelfish cannot compare strings when it checks a foreign key.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO

IF OBJECT_ID(N'[EverTask].[ReturnedRateSlots]') IS NULL
    CREATE TABLE [EverTask].[ReturnedRateSlots] (
        [RateKey] nvarchar(400) COLLATE Latin1_General_BIN2 NOT NULL,
        [SlotMs]  float NOT NULL,
        CONSTRAINT [PK_ReturnedRateSlots] PRIMARY KEY ([RateKey], [SlotMs])
    );
GO

IF TYPE_ID(N'[EverTask].[ReturnedRateSlotList]') IS NULL
    CREATE TYPE [EverTask].[ReturnedRateSlotList] AS TABLE (
        [Ordinal] int           NOT NULL PRIMARY KEY,
        [RateKey] nvarchar(400) COLLATE Latin1_General_BIN2 NOT NULL,
        [SlotMs]  float         NOT NULL
    );
GO

IF NOT EXISTS (SELECT 1 FROM [EverTask].[SchemaVersions] WHERE [Version] = 5)
    INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (5, SYSUTCDATETIME());
GO
