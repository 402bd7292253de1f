// The ranks by which tasks are claimed in PostgreSQL. After each case, the harness checks the ranks
// of all tasks.

import { type Mutant, mutantsOf } from "../mutant.ts";

const conformance = ["tests/drivers/postgres/conformance_test.ts"];

export const claimRanks: readonly Mutant[] = [
  ...mutantsOf({ file: "sql/postgres/functions/persist_plain.sql", tests: conformance }, [
    ["claim_rank_of(t.priority, false)", "claim_rank_of(0, false)"],
  ]),
  ...mutantsOf({ file: "sql/postgres/functions/persist.sql", tests: conformance }, [
    ["t.schedule IS NOT NULL OR t.status = 'WaitingQueue' AND", "t.status = 'WaitingQueue' AND"],
    [" OR t.status = 'WaitingQueue' AND t.due_at_utc IS NOT NULL)", ")"],
  ]),
  ...mutantsOf({ file: "sql/postgres/functions/persist_keyed.sql", tests: conformance }, [
    [
      "      claim_rank = claim_rank_of(task.priority, task.schedule IS NOT NULL OR t.scheduled_execution_utc IS NOT NULL),\n",
      "",
    ],
    ["t.is_recurring OR task.status = 'WaitingQueue' AND due IS NOT NULL", "t.is_recurring"],
  ]),
  ...mutantsOf({ file: "sql/postgres/functions/operations.sql", tests: conformance }, [
    ["claim_rank_of(coalesce(e.priority, t.priority),", "claim_rank_of(t.priority,"],
    ["t.is_recurring OR t.scheduled_execution_utc IS NOT NULL),", "t.is_recurring),"],
  ]),
  ...mutantsOf({
    file: "sql/postgres/functions/copying.sql",
    tests: ["tests/storage/copying_test.ts"],
  }, [
    ["t.schedule IS NOT NULL OR t.scheduled_at IS NOT NULL)", "t.schedule IS NOT NULL)"],
    ["t.schedule IS NOT NULL OR t.scheduled_at IS NOT NULL)", "t.scheduled_at IS NOT NULL)"],
  ]),
];
