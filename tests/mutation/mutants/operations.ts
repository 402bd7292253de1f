// Changes by operators: what is decided, and how each store applies it.

import { type Mutant, mutantsOf } from "../mutant.ts";

const decided = ["tests/operate/changes_test.ts"];
const batches = ["tests/operate/bulk_test.ts"];
const inMemory = ["tests/drivers/memory/conformance_test.ts"];

export const operations: readonly Mutant[] = [
  ...mutantsOf({ file: "src/operate/task_decisions.ts", tests: decided }, [
    ['if (due !== undefined && task.series !== null) return "series";', ""],
    ['if (task.dueAt !== null) return "waiting";', ""],
    ['task.status === "Completed" ? "completed" : decideRetry(task)', "decideRetry(task)"],
    ['if (series.paused) return "paused";', ""],
    ['if (!series.paused) return "notPaused";', ""],
  ]),
  ...mutantsOf({ file: "src/operate/task_changer.ts", tests: decided }, [
    ['if (version !== undefined && task.version !== version) return refusal("changed");', ""],
    ['if (cancelled.length > 0) await ended(cancelled, "cancel");', ""],
  ]),
  ...mutantsOf({ file: "src/operate/bulk.ts", tests: batches }, [
    ["if (dryRun || isNothing)", "if (isNothing)"],
    ["if (dryRun || isNothing)", "if (dryRun)"],
    ["skipped: page.items.length - decided.length,", "skipped: 0,"],
  ]),
  ...mutantsOf({ file: "src/storage/kit/edit_results.ts", tests: inMemory }, [
    ["batch.skipped + applied.length - changed", "batch.skipped"],
    ["changed === 0 ? null : {", "{"],
  ]),
  ...mutantsOf({ file: "src/storage/kit/task_version.ts", tests: inMemory }, [
    ["[edits, leaseToken, status", "[leaseToken, status"],
    ["(workerId === null ? 0 : 1) + ", ""],
    ["(cancelRequested ? 2 : 0)", "0"],
  ]),
  ...mutantsOf({ file: "drivers/memory/operations.ts", tests: inMemory }, [
    ["row === undefined || row.toRecord().version !== version", "row === undefined"],
    ["!isInTurn(state, begun.actionId, begun.next)", "false"],
    ["    row.lostCount = 0;\n", ""],
    ["return Math.min(dueAt ?? now, now);", "return now;"],
  ]),
  ...mutantsOf({ file: "drivers/memory/changes.ts", tests: inMemory }, [
    ["series!.paused && !cancelRequested ? null", "series!.paused ? null"],
    ["series!.paused && !cancelRequested ? null : series!.nextRunAt", "series!.nextRunAt"],
  ]),
  ...mutantsOf(
    {
      file: "sql/postgres/functions/operations.sql",
      tests: ["tests/drivers/postgres/conformance_test.ts"],
      filter: "operator",
    },
    [
      ["AND o.next = batch -> 'continues' ->> 'next' FOR UPDATE", "FOR UPDATE"],
      ["WHEN e.soonest THEN least(t.due_at_utc, clock)", "WHEN e.soonest THEN clock"],
      ["DELETE FROM runs_audit AS a WHERE a.queued_task_id = ANY (deleted);", ""],
      ["(t.worker_id IS NOT NULL)::int + 2", "2"],
    ],
  ),
];
