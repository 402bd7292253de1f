// Queries of operators: why a task does not run, and counts of a search.

import { type Mutant, mutantsOf } from "../mutant.ts";

const explainTests = ["tests/operate/explain_test.ts"];
const operateTests = ["tests/operate/operate_test.ts"];

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
];
