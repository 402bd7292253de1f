// The English texts of the overview.

/** The texts of the overview. */
export const overviewTexts = {
  none: "–",
  waiting: "Waiting",
  nothingWaits: "nothing is due",
  oldestDue: (age: string) => `oldest ${age}`,
  running: "Running",
  ofPlaces: (count: string) => `of ${count} places`,
  completed: "Completed",
  failed: "Failed",
  inSpan: (span: string) => `in the last ${span}`,
  wait95: "Wait, p95",
  wait50: (duration: string) => `p50 ${duration}`,
  upTo: (duration: string) => `≤ ${duration}`,
  workers: "Live workers",
  ofRegistered: (count: string) => `of ${count} registered`,
  yours: "of those that you may see",
  partOfStore: "You see only some tasks. The figures of the whole store are not shown.",

  health: "Needs attention",
  healthy: "Nothing needs attention",
  noLiveWorker: "No worker is alive",
  lostWorkers: (count: string) => `Lost workers: ${count}`,
  waitPaused: (count: string, queue: string) => `${queue} is paused: ${count} waiting`,
  waitUnserved: (count: string, queue: string) => `${queue} has no live worker: ${count} waiting`,
  waitLong: (queue: string, age: string) => `${queue} is behind: oldest task due ${age}`,
  manyFailed: (share: string, span: string) => `${share} of tasks failed in the last ${span}`,

  throughput: "Ended tasks",
  reading: (when: string, completed: string, failed: string) =>
    `${when}: ${completed} completed, ${failed} failed`,
  noActivity: (span: string) => `No task ended in the last ${span}.`,
  noActivityHelp: "Workers report with their heartbeats. Choose a longer span, or dispatch a task.",
  latency: "Waiting and run times",
  waitTime: "From due to started",
  runTime: "From started to ended",
  percentiles: (half: string, most: string, max: string) =>
    `p50 ${half} · p95 ${most} · longest ${max}`,
  durationReading: (count: string, bound: string) => `${count} up to ${bound}`,
  failureGroups: "Failures",
  allFailures: "All groups",
  noFailures: "No task has failed for good.",
  noFailuresHelp: "Failures of the same kind are shown here as one group.",
  lastExample: "The last task that failed like this",
} as const;
