// The English texts of single pages.

/** The texts of the pages of series. */
export const seriesTexts = {
  notFound: "There is no such series: it was deleted, or never stored.",
  unreadable: "Its stored schedule cannot be read. Give it another one.",
  noRuns: "No run is left.",
  clockChange: (before: string, after: string) => `clocks change: ${before} → ${after}`,
  scheduleHelp: "A cron expression in UTC, such as 0 9 * * MON-FRI, or a recurrence as JSON.",
  lastRuns: "Last runs",
  noRunsYet: "No run is stored yet. Its audit level decides which runs are.",
  lastOf: (count: string) => `The last runs (${count})`,
  allOf: (count: string) => `All stored runs (${count})`,
  runSummary: (runs: string, failed: string, slowest: string) =>
    `${runs}: ${failed} not completed, the slowest took ${slowest}`,
  ofMost: (count: string, most: string) => `${count} of ${most}`,
  until: "Until",
} as const;

/** The texts of the page of the history. */
export const auditTexts = {
  tables: "Tables",
  table: "Table",
  rows: "Rows",
  estimate: (rows: string) => `≈ ${rows}`,
  size: "Size",
  rowsPerDay: "Rows a day",
  firstRow: "Oldest row",
  levels: "What each level would write",
  lastDay: "for the last 24 hours",
  about: (rows: string) => `about ${rows} rows`,
  keeps: {
    Full: "every status change, every run of a series",
    Minimal: "errors, every run of a series",
    ErrorsOnly: "errors",
    None: "nothing",
  },
  retention: "What a retention policy would delete",
  retentionHelp: "Ages in days; an empty field keeps all rows. Nothing is deleted here.",
  days: {
    statusAuditDays: "Status changes",
    runsAuditDays: "Runs of series",
    errorAuditDays: "Errors",
    executionLogDays: "Log lines",
    operatorActionDays: "Actions",
  },
  deletesTasks: "Also completed tasks whose history is deleted",
  count: "Count",
  wouldDelete: "Would be deleted",
  statusRows: "Status changes",
  runRows: "Runs of series",
  logRows: "Log lines",
  actionRows: "Actions",
  rowsWouldGo: "rows will be deleted.",
  deleted: (count: string) => `${count} rows deleted`,
  busy: "Another process is purging.",
  busyHelp: "Nothing was deleted. Continue in a few seconds.",
  tasks: "Tasks",
} as const;

/** The texts of the page of failures. */
export const failureTexts = {
  kept: "Each group is kept for 90 days after its last failure.",
  none: "Nothing has failed for good.",
  noneHelp: "Tasks that fail after their last attempt are shown here, grouped by their error.",
  count: (count: string) => `${count} tasks failed like this`,
  first: "first",
  last: "last",
  inVersion: "in",
  chart: (span: string) => `Failures in the last ${span}`,
  inSpan: (count: string, span: string) => `${count} in the last ${span}`,
  noneInSpan: (span: string) => `none in the last ${span}`,
  reading: (count: string, from: string, to: string) => `${count} failed, ${from} – ${to}`,
  example: "Last example",
  tasks: "Tasks",
  retry: "Retry these…",
} as const;

/** The texts of the page of rate limits. */
export const limitTexts = {
  lastDay: "used within the last day",
  none: "No rate limit was used within the last day.",
  noneHelp: "A task with the option rateLimit waits here for its slot.",
  waiting: "Waiting",
  waitFor: (count: string) => `${count} wait`,
  used: "slots are taken",
  free: "free",
  reservedUntil: "Slots taken until",
  nextSlot: "Next slot",
  startedUntil: "Past runs count until",
} as const;

const wordsOfVerbs: Readonly<Record<string, string>> = {
  edit: "changed",
  delete: "deleted",
  retry: "retried",
  runNow: "ran now",
  cancel: "cancelled",
  pauseSeries: "paused the series",
  resumeSeries: "resumed the series",
  editSeries: "rescheduled the series",
  pauseQueue: "paused the queue",
  resumeQueue: "resumed the queue",
  drainWorker: "drained the worker",
  releaseLimit: "released the rate limit",
  purge: "purged old history",
};

/** The texts of the page of actions. */
export const actionPageTexts = {
  by: "Who",
  verb: "What",
  task: "Task",
  queue: "Queue",
  tasks: "tasks by a filter",
  verbs: wordsOfVerbs,
  counts: (changed: string, skipped: string) => `${changed} changed, ${skipped} skipped`,
  incomplete: "not finished",
  resume: "Continue…",
  noReason: "No reason was given.",
  values: "Before and after",
  none: "No action matches.",
  noneHelp: "Every change by a person is recorded here, with its reason.",
} as const;
