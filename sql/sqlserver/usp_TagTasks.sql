-- Gives tasks their tags, in the transaction in which usp_PersistTasks has stored them. A task that
-- has tags was stored before, by a call whose answer was lost. It is a call of its own, which only
-- tasks with tags need: Babelfish lets no call leave out a table, and loses the schema of foreign keys
-- in a procedure that another one calls.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_TagTasks];
GO
CREATE PROCEDURE [EverTask].[usp_TagTasks]
    @Tags [EverTask].[TaskTagList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    BEGIN TRANSACTION;

    INSERT INTO [EverTask].[TaskTags] ([Tag], [IdOrder], [TaskId])
    SELECT g.[Tag], t.[IdOrder], t.[Id]
    FROM @Tags AS g
    INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = g.[TaskId]
    WHERE t.[Tags] IS NULL
    OPTION (LOOP JOIN, FORCE ORDER);

    UPDATE t
    SET [Tags] = g.[Tags]
    FROM @Tags AS g
    INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = g.[TaskId]
    WHERE g.[Place] = 1 AND t.[Tags] IS NULL
    OPTION (LOOP JOIN, FORCE ORDER);

    COMMIT TRANSACTION;
END
GO
