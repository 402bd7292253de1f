// Queries of operators: why a task does not run, and counts of a search.

import { type Mutant, mutantsOf } from "../mutant.ts";

const explainTests = ["tests/operate/explain_test.ts"];
const operateTests = ["tests/operate/operate_test.ts"];
const reportTests = ["tests/operate/reports_test.ts"];
const conformanceOf = (store: string) => ({
  tests: [`tests/drivers/${store}/conformance_test.ts`],
  filter: "work reports",
});

export const operate: readonly Mutant[] = [
  ...mutantsOf({ file: "src/operate/explain.ts", tests: explainTests }, [
    ["held >= places", "held > places"],
    ["dueAt > facts.now", "dueAt >= facts.now"],
    ["retry: attempt - lostCount", "retry: attempt"],
    ["rateSlotAt > facts.now", "rateSlotAt < facts.now"],
    ["runCount >= maxRuns", "runCount > maxRuns"],
    ["if (!alive || draining) continue;", ""],
    ["Math.abs(heartbeatAgeMs)", "heartbeatAgeMs"],
  ]),
  ...mutantsOf({ file: "src/operate/serving_reasons.ts", tests: explainTests }, [
    ["workers.filter(({ alive, draining }) => alive && !draining)", "workers"],
    ["ofQueue.flatMap(({ types }) => types)", "served.flatMap(({ types }) => types)"],
    ["if (live.some(({ serves }) => serves === null)) return [];", ""],
  ]),
  ...mutantsOf({ file: "src/operate/task_search.ts", tests: operateTests }, [
    ["return { count, exact: false };", "return { count, exact: true };"],
    ["if (count === cap) break;", ""],
    ["Math.min(cap - count, mostRowsRead)", "Math.min(cap, mostRowsRead)"],
  ]),
  ...mutantsOf({ file: "src/operate/time_span.ts", tests: reportTests }, [
    ["to - from <= steps.most * stepMs", "to - from <= 2 * steps.most * stepMs"],
    ["to - defaultSteps * stepMs", "to - stepMs"],
  ]),
  ...mutantsOf({ file: "src/operate/failures.ts", tests: reportTests }, [
    [" && step === undefined", ""],
  ]),
  ...mutantsOf({ file: "src/worker/activity/work_sender.ts", tests: reportTests }, [
    ["        version,\n", "        version: null,\n"],
  ]),
  ...mutantsOf({ file: "src/storage/work_reports.ts", ...conformanceOf("memory") }, [
    ["firstVersion: version", "firstVersion: null"],
    ["stepMs > 0 && ", ""],
  ]),
  ...mutantsOf({ file: "src/storage/work_reports.ts", ...conformanceOf("sqlite") }, [
    ["Math.floor(lastAt / hourMs) * hourMs", "lastAt"],
  ]),
  ...mutantsOf({ file: "src/storage/kit/report_book.ts", ...conformanceOf("memory") }, [
    ["group.firstAt < known.firstAt", "group.firstAt > known.firstAt"],
    ["group.lastAt < known.lastAt", "group.lastAt > known.lastAt"],
    ["startAt >= from && startAt < to", "startAt > from && startAt < to"],
    ["startAt >= now - failuresMs", "true"],
  ]),
  ...mutantsOf({ file: "drivers/sqlite/reports.ts", ...conformanceOf("sqlite") }, [
    ["iif(excluded.first_utc < first_utc", "iif(excluded.first_utc > first_utc"],
    ["iif(excluded.last_utc < last_utc", "iif(excluded.last_utc > last_utc"],
    [
      '  connection.run("DELETE FROM failure_counts WHERE hour_utc < ?", now - retention.failuresMs);\n',
      "",
    ],
    ["AND hour_utc >= ?3 AND hour_utc < ?4", "AND hour_utc >= ?3 AND hour_utc <= ?4"],
  ]),
];
