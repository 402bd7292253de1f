-- Adds the tags of tasks, in the transaction in which usp_PersistTasks has stored the tasks. Skips
-- a task that already has tags: an earlier call, whose answer was lost, has added them. The tags
-- are not a parameter of usp_PersistTasks, because in Babelfish a call cannot omit a table-valued
-- parameter. The driver calls this procedure itself, and only for tasks with tags, because in
-- Babelfish a procedure that another one calls does not find the tables of foreign keys.

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
