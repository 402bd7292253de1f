// The numbers of the SQLite driver: counts and estimates.

import { type Mutant, mutantsOf } from "../mutant.ts";

const folder = "drivers/sqlite";
const conformance = "tests/drivers/sqlite/conformance_test.ts";

export const sqliteNumbers: readonly Mutant[] = [
  ...mutantsOf({
    file: `${folder}/task_estimate.ts`,
    tests: ["tests/drivers/sqlite/task_estimate_test.ts"],
  }, [
    ["tasks as number <= mostCounted) return null;", "tasks as number < 0) return null;"],
    ["add(await all(countClaimed));", ""],
    ["add(await all(countPaused, after, end ?? pastAllIds));", ""],
    ["    after = end ?? pastAllIds;", "    after = pastAllIds;"],
    ["OR worker_id IS NULL AND status IN", "OR status IN"],
    ["waits === 0), span", "true), span"],
    ["tasksOf(sampled) >= fewestSampled", "true"],
    ["hasMany ? waiting / tasksOf(rows) : 1", "1"],
    ["waiting > mostWaitingCounted", "waiting > 4 * mostWaitingCounted"],
    ["? statusesNotInProgress", "? taskStatuses"],
    ["begin + rowsOfPlace]", "begin + 2 * rowsOfPlace]"],
    ["width > 4 * rowsOfBlock &&", "", "More is counted, and less is estimated."],
    ["const isSparse = width", "const isSparse = false && width"],
    [
      "add((await countIn([[first, block.last + 1]]))",
      "add((await countIn([[first, block.last]]))",
    ],
    ["Math.floor(place * span / places)", "place * rowsOfPlace"],
  ]),
  ...mutantsOf({
    file: `${folder}/statistics.ts`,
    tests: [
      "tests/drivers/sqlite/statistics_test.ts",
      "tests/drivers/sqlite/task_estimate_test.ts",
      conformance,
    ],
    filter: "/statistics|node:sqlite: (queues|reading)/",
  }, [
    ["WHERE rowid > ? ", "WHERE rowid >= ? "],
    ["counted < sliceRows", "counted <= sliceRows"],
    ["a.queue < b.queue ? -1 : 1", "a.queue < b.queue ? 1 : -1"],
    ["sum + due + scheduled", "sum + due"],
  ]),
  ...mutantsOf({
    file: `${folder}/backlog.ts`,
    tests: ["tests/drivers/sqlite/backlog_test.ts", conformance],
    filter: "/backlog|node:sqlite: (queues|reading)/",
  }, [
    ["Math.min(known.oldestDueAt ?? Infinity, oldest)", "oldest"],
    ["oldest > now\n", "false\n"],
    ['start: [oldest - 1, ""]', 'start: [oldest, ""]', "Each id is greater than no text."],
    ['Math.floor(now) + 1, ""', 'Math.floor(now), ""'],
    ["later, known.scheduled, most", "later, 0, most"],
    ["due, known.due, most", "due, 0, most"],
    ["Math.min(sliceTasks, most - sum)", "sliceTasks"],
    ["...parameters, limit - 1)", "...parameters, limit)"],
    ["(due_at_utc, id) > (?, ?)", "(due_at_utc, id) >= (?, ?)"],
    ["ORDER BY due_at_utc, id", "ORDER BY due_at_utc", "The index has this order."],
    [
      "const { paused, ...known } = queues.get(queue) ?? emptyQueue",
      "const { paused, ...known } = emptyQueue",
    ],
    ["if (sum > counted) await new Promise<void>(nextMacrotask);", ""],
  ]),
  ...mutantsOf({
    file: `${folder}/audit_growth.ts`,
    tests: ["tests/drivers/sqlite/statistics_test.ts", "tests/drivers/sqlite/audit_growth_test.ts"],
  }, [
    [
      "LIMIT 1 OFFSET ${sliceRows - 1}",
      "LIMIT 1 OFFSET ${sliceRows}",
      "Each slice then has one row more.",
    ],
    ["exact ? null : await access", "await access"],
    ["if (rows === null) return null;", "if (rows !== null) return null;"],
    ['max(${instant("DESC")})', 'max(${instant("")})'],
    ['${tasksBy("min", ">")} UNION ALL ${tasksBy("max", "<")}', '${tasksBy("max", "<")}'],
    ['${tasksBy("min", ">")} UNION ALL ${tasksBy("max", "<")}', '${tasksBy("min", ">")}'],
    ["isEstimate: true", "isEstimate: false"],
  ]),
];
