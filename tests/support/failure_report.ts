// A report of a worker with two groups of failures.

import type { WorkReport } from "../../src/storage/work_reports.ts";

/** The report. Its texts have characters that some stores must encode. */
export const failureReport: WorkReport = {
  source: "w",
  version: "2.4.1 é ",
  activity: [],
  failures: ["first", "second"].map((name, index) => ({
    group: `group-${name}`,
    type: `${name} é `,
    summary: `the ${name} error\0`,
    count: 3 + index,
    firstAt: Date.UTC(2026, 0, 1),
    lastAt: Date.UTC(2026, 0, 2 + index),
    taskId: `01900000-0000-7000-8000-00000000000${index}`,
    exception: `Error: the ${name}\0\n    at x (y.ts:1:1)`,
  })),
  retention: null,
};
