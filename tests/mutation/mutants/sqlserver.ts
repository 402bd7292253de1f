// The SQL Server driver: its procedures, whose tests need a SQL Server, and the code that calls
// them.

import { type Mutant, mutantsOf } from "../mutant.ts";

const needs = "EVERTASK_TEST_SQLSERVER";
const tests = ["tests/drivers/sqlserver/server_conformance_test.ts"];

/**
 * Returns mutants of a procedure.
 *
 * @param topics The topics of the conformance cases that must detect them; alternatives of a
 * regular expression.
 */
function procedure(
  name: string,
  topics: string,
  changes: Parameters<typeof mutantsOf>[1],
): Mutant[] {
  const filter = `/sqlserver: (${topics})/`;
  return mutantsOf({ file: `sql/sqlserver/usp_${name}.sql`, tests, filter, needs }, changes);
}

export const sqlserver: readonly Mutant[] = [
  ...procedure("ClaimTasks", "claim|queues", [
    [
      "CASE WHEN EXISTS (SELECT 1 FROM [EverTask].[Workers] WHERE [Id] = @WorkerId) THEN 1 ELSE 0 END",
      "1",
    ],
    [
      "WHERE NOT EXISTS (SELECT 1 FROM [EverTask].[PausedQueues] AS p WHERE p.[QueueName] = q.[Name]);",
      ";",
    ],
    ["SET @Limit = @Limit - @@ROWCOUNT;", ""],
    ["ORDER BY q.[DueAtUtc], q.[IdOrder]\n", "ORDER BY q.[IdOrder]\n"],
    ["ORDER BY t.[QueueName], t.[Priority] DESC,", "ORDER BY t.[QueueName], t.[Priority],"],
    ["[ClaimedDueUtc] = [QueuedTasks].[DueAtUtc],", "[ClaimedDueUtc] = @Now,"],
    [
      "AND q.[DueAtUtc] IS NOT NULL AND q.[DueAtUtc] <= @Now",
      "AND q.[DueAtUtc] IS NOT NULL",
      "The condition is checked again when the row is claimed.",
    ],
  ]),
  ...procedure("Heartbeat", "(lost )?workers|cancel|queues", [
    [
      "w.[Id] <> @WorkerId AND w.[HeartbeatUtc] NOT BETWEEN @Late AND @Ahead",
      "w.[HeartbeatUtc] < @Late AND w.[Id] <> @WorkerId",
    ],
    [
      "AND NOT EXISTS (SELECT 1 FROM [EverTask].[Workers] AS w WHERE w.[Id] = t.[WorkerId])",
      "AND 1 = 0",
    ],
    ["AND t.[CancelRequested] = 1 AND @Alive = 1;", "AND @Alive = 1;"],
    ["IF @@ROWCOUNT > 0\n        SET @Alive = 1;", "SET @Alive = 1;"],
  ]),
  ...procedure("MakeDue", "release and make due", [
    ["CASE WHEN [DueAtUtc] < @Now THEN [DueAtUtc] ELSE @Now END", "@Now"],
    ["[LostCount] = 0,\n", ""],
    ["[CancelRequested] = 0,\n", "", "The end of a task clears its cancel request."],
    ["AND [DueAtUtc] IS NULL AND [IsRecurring] = 0\n", "AND [DueAtUtc] IS NULL\n"],
    ["WHERE ISNULL(t.[AuditLevel], 0) NOT IN (1, 2, 3)\n", "\n"],
  ]),
  ...procedure("NextDueAt", "queues|claim", [
    ["AND (@Earliest IS NULL OR @DueAt < @Earliest)", "AND @Earliest IS NULL"],
    [
      "WHERE NOT EXISTS (SELECT 1 FROM [EverTask].[PausedQueues] AS p WHERE p.[QueueName] = q.[Name]);",
      ";",
    ],
    [
      "            SET @DueAt = NULL;\n",
      "",
      "If no row is found, the instant of the previous priority is compared again, without effect.",
    ],
  ]),
  ...procedure("PersistTasks", "persist|task keys", [
    ["CASE WHEN j.[Status] = N'Queued'\n                AND EXISTS", "CASE WHEN EXISTS"],
    [
      "t.[WorkerId] IS NOT NULL OR t.[Status] = N'InProgress' THEN",
      "t.[WorkerId] IS NOT NULL THEN",
      "The UPDATE of the row checks the condition again.",
    ],
    ["AND @StoredIsRecurring = 0 AND @Ended = 1", "AND @Ended = 1"],
    ["IF @Busy = 0 AND NOT (@StoredIsRecurring = 1 AND @NewIsRecurring = 0)", "IF @Busy = 0"],
    [
      "@StoredIsRecurring = 1 AND @Alive = 1 AND @SameSchedule = 1 THEN",
      "@StoredIsRecurring = 1 AND @SameSchedule = 1 THEN",
    ],
    ["[Exception] = NULL, [CancelRequested] = 0, [Edits]", "[Exception] = NULL, [Edits]"],
    [
      "WHEN @StoredIsRecurring = 1 AND @Alive = 1 THEN t.[CurrentRunCount] ELSE 0 END",
      "ELSE 0 END",
    ],
    ["AND @NewStatus <> @StoredStatus AND", "AND"],
    [
      "AND NOT EXISTS (SELECT 1 FROM @Tasks AS b WHERE b.[Id] = n.[Id] AND b.[Ordinal] < n.[Ordinal])",
      "",
    ],
    ["WHERE c.[AuditLevel] NOT IN (1, 2, 3);", ";"],
    [
      "AND t.[WorkerId] = k.[ClaimFor] AND t.[LeaseToken] = 1 THEN",
      "AND t.[WorkerId] = k.[ClaimFor] THEN",
    ],
    ["[LostCount] = CASE WHEN @Keeps = 1 THEN t.[LostCount] ELSE 0 END,\n", ""],
    ["ORDER BY j.[TaskKey], j.[Ordinal])", "ORDER BY j.[TaskKey], j.[Ordinal] DESC)"],
  ]),
  ...procedure("Purge", "retention", [
    [
      "CASE WHEN s.[UpdatedAtUtc] < CASE WHEN s.[Exception] IS NULL THEN @Status ELSE @StatusErrors END THEN 1 ELSE 0 END",
      "1",
    ],
    ["(4, COALESCE(@ErrorAuditDays, @RunsAuditDays))", "(4, @RunsAuditDays)"],
    [
      "AND t.[Status] IN (N'Completed', N'Cancelled')\n",
      "AND t.[Status] IN (N'Completed', N'Cancelled', N'Failed')\n",
    ],
    ["CASE WHEN t.[IsRecurring] = 0 AND t.[WorkerId] IS NULL", "CASE WHEN t.[WorkerId] IS NULL"],
    ["COALESCE(t.[LastExecutionUtc], t.[CreatedAtUtc])", "t.[CreatedAtUtc]"],
    [
      "l.[SequenceNumber] <= r.[LastLogSequence] - @MaxLogs\n",
      "l.[SequenceNumber] < r.[LastLogSequence] - @MaxLogs\n",
    ],
    ["SET @Left = @Left - @Expired;", ""],
    ["SET @Done = CASE WHEN @Walk > 5 THEN 1 ELSE 0 END;", "SET @Done = 1;"],
    ["AND (@Logs IS NULL OR NOT l.[TimestampUtc] < @Logs)\n", "AND NOT l.[TimestampUtc] < @Logs\n"],
  ]),
  ...mutantsOf({
    file: "sql/sqlserver/usp_Purge.sql",
    tests: ["tests/drivers/sqlserver/server_purge_test.ts"],
    filter: "/walks through|small budget|too young|no row again/",
    needs,
  }, [
    ["IF @IsCut = 0 AND @Found < @Rows\n", "IF @Found < @Rows\n"],
    ["(@Expired = @Left OR @Expired = @Rows)", "@Expired = @Rows"],
    [
      "ELSE\n                SELECT TOP (1) @AfterAt = r.[At], @AfterNumber",
      "ELSE\n                SELECT TOP (1) @AfterNumber",
    ],
    ["SELECT TOP (1) @AfterAt = x.[At], @AfterNumber", "SELECT TOP (1) @AfterNumber"],
    [
      "WHERE t.[LastLogSequence] = @AfterNumber AND t.[LastLogSequence] > @MaxLogs",
      "WHERE t.[LastLogSequence] = @AfterNumber AND 1 = 0",
    ],
    [
      "WHERE t.[LastLogSequence] > @AfterNumber AND t.[LastLogSequence] > @MaxLogs",
      "WHERE t.[LastLogSequence] > @AfterNumber AND t.[LastLogSequence] > @MaxLogs + 1",
    ],
    ["WHERE t.[IdOrder] > @AfterOrder AND", "WHERE"],
    ["SET @Until = CAST(CAST(@UntilText AS char(36)) AS binary(36));", "SET @Until = @Until;"],
    [
      "FROM [EverTask].[QueuedTasks] AS t WHERE t.[IdOrder] > @Newest)",
      "FROM [EverTask].[QueuedTasks] AS t WHERE 1 = 0)",
    ],
  ]),
  ...mutantsOf({
    file: "drivers/sqlserver/purge.ts",
    tests: ["tests/drivers/sqlserver/purge_test.ts"],
  }, [
    ["if (this.#isRunning) return { ...nothingPurged, done: false, busy: true };", ""],
    ["if (by?.continues === null) this.#place = undefined;", ""],
    ["if (this.#place?.policy === policy) return this.#place;", ""],
    ["isOperated || isTime ||", "isTime ||"],
    ["isOperated || isTime ||", "isOperated ||"],
    ["if (answer.done && readsAll)", "if (answer.done)"],
    ["    place = answer.place;\n", ""],
  ]),
  ...mutantsOf({
    file: "drivers/sqlserver/task_estimate.ts",
    tests: ["tests/drivers/sqlserver/task_estimate_test.ts"],
  }, [
    ["Number(Tasks) <= mostCounted", "Number(Tasks) < mostCounted"],
    ["place * (last - first) / places", "place * last / places"],
    ["tasks / tasksRead", "tasks / (places * tasksOfPlace)"],
    ["sumOf(waiting!) > mostWaitingCounted", "sumOf(waiting!) >= mostWaitingCounted"],
    ["isWaiting(row) ? hasMany : isEnded(row)", "isEnded(row)"],
    ["!rows.truth(IsClaimed) && endedStatuses", "endedStatuses"],
    ["&& endedStatuses.includes(Status as TaskStatus)", ""],
    ["...paused!, ", ""],
    ["...hasMany ? [] : waiting!", "...waiting!"],
    ["? statusesNotInProgress", "? taskStatuses"],
  ]),
  {
    file: "drivers/sqlserver/statistics.ts",
    original: "exact ? null : await findSample(database)",
    replacement: "await findSample(database)",
    tests: ["tests/drivers/sqlserver/task_estimate_test.ts"],
  },
  ...mutantsOf({
    file: "drivers/sqlserver/audit_growth.ts",
    tests: ["tests/drivers/sqlserver/audit_growth_test.ts"],
  }, [
    ["exact || database.isBabelfish", "database.isBabelfish"],
    ["estimate > mostCounted", "estimate >= mostCounted"],
    ["size?.Rows ?? 0", "size?.Rows ?? 1e9"],
    ["isEstimate: estimates[index] !== null", "isEstimate: sizes.length > 0"],
  ]),
  ...procedure("ReleaseLost", "(lost )?workers|cancel|audit matrix", [
    [
      "UPDATE [EverTask].[Workers] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK) SET [HeartbeatUtc] = @Now WHERE [HeartbeatUtc] > @Ahead;",
      "",
    ],
    ["DELETE FROM @Gone WHERE [WorkerId] IN (SELECT w.[Id] FROM [EverTask].[Workers] AS w);", ""],
    ["[LostCount] >= @PoisonLimit THEN N'Failed'", "[LostCount] > @PoisonLimit THEN N'Failed'"],
    [
      "THEN NULL ELSE [QueuedTasks].[NextRunUtc] END",
      "THEN [QueuedTasks].[NextRunUtc] ELSE [QueuedTasks].[NextRunUtc] END",
    ],
    [
      "THEN 0 ELSE [QueuedTasks].[CancelRequested] END",
      "THEN 1 ELSE [QueuedTasks].[CancelRequested] END",
    ],
    ["ELSE [QueuedTasks].[Attempt] - 1 END", "ELSE [QueuedTasks].[Attempt] END"],
    ["WHERE ISNULL(t.[AuditLevel], 0) <> 3\n", "\n"],
    ["THEN NULL ELSE @Now END", "THEN @Now ELSE @Now END"],
  ]),
  ...procedure("ReleaseTasks", "release and make due|leases|cancel", [
    ["AND t.[LeaseToken] = r.[LeaseToken]\n", "\n"],
    [
      "CASE WHEN t.[CancelRequested] = 1 THEN @Now ELSE CONVERT(datetimeoffset(3), r.[DueAtUtc]) END",
      "CONVERT(datetimeoffset(3), r.[DueAtUtc])",
    ],
    ["[Attempt] = CASE WHEN t.[Attempt] > 0 THEN t.[Attempt] - 1 ELSE 0 END,\n", ""],
  ]),
  ...procedure("ReleaseUnknown", "release and make due", [
    ["AND [Id] NOT IN (SELECT k.[TaskId] FROM @Known AS k);", ";"],
    ["[DueAtUtc] = @Now\n", "[DueAtUtc] = NULL\n"],
  ]),
  ...procedure("RequestCancel", "cancel|audit matrix", [
    ["OR [DueAtUtc] IS NOT NULL OR [NextRunUtc] IS NOT NULL\n", "OR [DueAtUtc] IS NOT NULL\n"],
    [
      "[NextRunUtc] = CASE WHEN [WorkerId] IS NULL THEN NULL ELSE [NextRunUtc] END",
      "[NextRunUtc] = [NextRunUtc]",
    ],
    [
      "WHERE t.[WorkerId] IS NULL AND ISNULL(t.[AuditLevel], 0) NOT IN (1, 2, 3)\n",
      "WHERE ISNULL(t.[AuditLevel], 0) NOT IN (1, 2, 3)\n",
    ],
    ["ORDER BY a.[Ordinal];", "ORDER BY a.[Outcome];"],
  ]),
  ...procedure("ReturnRateSlots", "rate slots", [
    ["    WHERE k.[RateKey] IS NULL\n", "\n"],
    [
      "INNER JOIN [EverTask].[RateLimits] AS r WITH (FORCESEEK) ON r.[RateKey] = s.[RateKey]\n    LEFT",
      "LEFT",
    ],
  ]),
  ...procedure("SaveExecutionLogs", "execution logs|retention", [
    ["t.[LastLogSequence] + c.[Lines]\n", "c.[Lines]\n"],
    ["PARTITION BY l.[TaskId] ORDER BY l.[Ordinal]", "ORDER BY l.[Ordinal]"],
  ]),
  ...procedure("SetTaskStatus", "status changes|changes by hand|audit matrix|leases|cancel", [
    [
      "AND (@WorkerId IS NULL OR ([WorkerId] = @WorkerId AND [LeaseToken] = @LeaseToken\n",
      "AND (@WorkerId IS NULL OR ([WorkerId] = @WorkerId\n",
    ],
    ["@ExecutionTimeMs IS NULL OR @AuditLevel = 3 THEN", "@ExecutionTimeMs IS NULL THEN"],
    [
      "WHEN @StandsInLine = 1 AND [IsRecurring] = 1 AND [NextRunUtc] > @Now THEN [NextRunUtc]\n",
      "\n",
    ],
    [
      "WHEN @KeepsLease = 1 OR @StandsInLine = 1 OR @DueInMs IS NOT NULL THEN [CancelRequested] ELSE 0 END",
      "WHEN 1 = 1 THEN [CancelRequested] ELSE 0 END",
    ],
    [
      "WHEN (@StandsInLine = 1 OR @DueInMs IS NOT NULL) AND [CancelRequested] = 1 THEN @Now\n",
      "\n",
    ],
    ["N'ServiceStopped') OR @Exception IS NOT NULL)))", "N'ServiceStopped'))))"],
    ["AND @DueInMs IS NULL AND @WorkerId IS NULL THEN", "AND @DueInMs IS NULL THEN"],
  ]),
  ...procedure("SetTaskStatuses", "status changes|audit matrix|leases|cancel", [
    ["AND [QueuedTasks].[LeaseToken] = c.[LeaseToken]", ""],
    ["AND [QueuedTasks].[Status] = N'InProgress'", "AND 1 = 0"],
    ["IF @Updated < (SELECT COUNT(*) FROM @Changes)", "IF 1 = 0"],
    ["AND s.[Step] = l.[LastStep]", "AND s.[Step] = 0"],
    ["ORDER BY s.[Ordinal], s.[Step];", "ORDER BY s.[Ordinal], s.[Step] DESC;"],
    [
      "THEN [QueuedTasks].[CancelRequested] ELSE 0 END",
      "THEN [QueuedTasks].[CancelRequested] ELSE [QueuedTasks].[CancelRequested] END",
    ],
    ["ORDER BY c.[Ordinal];", "ORDER BY c.[TaskId] DESC;"],
    ["l.[ExecutionTimeMs] IS NULL OR l.[AuditLevel] = 3 THEN", "l.[ExecutionTimeMs] IS NULL THEN"],
  ]),
  ...procedure("TakeRateSlots", "rate slots", [
    ["SET @LeewayMs = @GraceMs + 1;", "SET @LeewayMs = @GraceMs;"],
    ["CASE WHEN @StartEmpty = 1 THEN @NowMs + @ToleranceMs ELSE @NowMs END", "@NowMs"],
    ["SET @StartedTatMs = @NextTatMs;\n                SET @Changed = 1;", "SET @Changed = 1;"],
    ["ELSE IF @SlotMs > @NowMs + @HorizonMs", "ELSE IF @SlotMs >= @NowMs + @HorizonMs"],
    ["SET @ReservedTatMs = @ReturnedMs + @ToleranceMs;", "SET @ReservedTatMs = @ReturnedMs;"],
    [
      "IF @ReturnedMs > @SlotMs OR @ReturnedMs > @NowMs + @HorizonMs",
      "IF @ReturnedMs > @NowMs + @HorizonMs",
    ],
    [
      "SELECT @Turn = MIN([Ordinal]) FROM @Requests;",
      "SELECT @Turn = MAX([Ordinal]) FROM @Requests;",
    ],
  ]),
  ...procedure("UpdateCurrentRun", "recurring runs|audit matrix|leases|cancel", [
    ["[LostCount] = 0,\n", ""],
    ["[RateSlotUtc] = NULL,\n", ""],
    ["@Counts = 0 OR [CurrentRunCount] = 2147483647 THEN", "@Counts = 0 THEN"],
    ["IF @Applied = 1 AND @Counts = 1\n", "IF @Applied = 1\n"],
    ["CASE WHEN @NextRunUtc IS NULL THEN 0 ELSE [CancelRequested] END", "[CancelRequested]"],
    ["AND [IsRecurring] = 1\n", "\n"],
  ]),
  ...procedure("UpdateCurrentRuns", "recurring runs|audit matrix|leases|cancel", [
    ["AND [QueuedTasks].[LeaseToken] = r.[LeaseToken]", ""],
    ["WHERE r.[Counts] = 1\n        AND (ISNULL", "WHERE (ISNULL"],
    [
      "ISNULL([QueuedTasks].[CurrentRunCount], 0) + 1 END",
      "ISNULL([QueuedTasks].[CurrentRunCount], 0) END",
    ],
    ["[Attempt] = 0,\n", ""],
  ]),
  ...mutantsOf({
    file: "drivers/sqlserver/lock_key.ts",
    tests: ["tests/drivers/sqlserver/lock_key_test.ts"],
  }, [
    ['return id.toLowerCase().split("-")', 'return id.split("-")'],
  ]),
  ...mutantsOf({
    file: "src/storage/kit/lock_order.ts",
    tests: ["tests/storage/kit/lock_order_test.ts"],
  }, [
    ["a.key < b.key ? -1 : a.key > b.key ? 1 : 0", "a.key < b.key ? 1 : a.key > b.key ? -1 : 0"],
    ["inOrder[index] = answers[place]!", "inOrder[place] = answers[place]!"],
    ["if (items.length === 0) return [];", ""],
  ]),
  ...mutantsOf({
    file: "drivers/sqlserver/errors.ts",
    tests: [
      "tests/drivers/sqlserver/errors_test.ts",
      "tests/drivers/sqlserver/faults_test.ts",
    ],
  }, [
    ['fault === "unavailable"', 'fault === "lasting"'],
    ['fault === "full"', 'fault === "lasting"'],
    ["number !== 18456 && (isPoolTimeout(error)", "(isPoolTimeout(error)"],
    ["codes.find(isTransientCode) ?? codes[0]", "codes[0]"],
  ]),
  ...mutantsOf({
    file: "drivers/sqlserver/database.ts",
    tests: [
      "tests/drivers/sqlserver/faults_test.ts",
      "tests/drivers/sqlserver/calls_test.ts",
      "tests/drivers/sqlserver/one_call_test.ts",
      "tests/drivers/sqlserver/connecting_test.ts",
    ],
  }, [
    [
      "mayRepeat && attempt < duplicateRetries && isDuplicate(error)",
      "attempt < duplicateRetries && isDuplicate(error)",
    ],
    ["if (!connected?.isOurs) return;", "if (connected === null) return;"],
    ["this.#connected = null;\n    if", "if"],
    ["isLong && requestLimitMs !== undefined", "isLong && requestLimitMs === undefined"],
  ]),
  {
    file: "drivers/sqlserver/database.ts",
    original: "await transaction.rollback().catch(() => {});",
    replacement: "",
    tests: ["tests/drivers/sqlserver/migrations_test.ts"],
    filter: "a batch that fails",
  },
  ...mutantsOf({
    file: "src/storage/kit/purge_in_batches.ts",
    tests: ["tests/storage/kit/purge_in_batches_test.ts"],
  }, [
    ["busy: deleted === 0", "busy: true"],
    ["left -= deleted - before;", ""],
    ["if (done || left <= 0 || isRefused) return", "if (left <= 0 || isRefused) return"],
  ]),
  ...mutantsOf({
    file: "src/storage/kit/open_once.ts",
    tests: ["tests/storage/kit/open_once_test.ts"],
  }, [
    ["this.#opening ??= this.#open()", "this.#opening = this.#open()"],
    ["if (this.#opening === opening) this.#opened = opened;", "this.#opened = opened;"],
    ["if (this.#opening === opening) this.#opening = null;", ""],
  ]),
];
