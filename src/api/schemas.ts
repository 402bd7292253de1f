// The schemas of the responses.

import { z } from "@hono/zod-openapi";
import { taskStatuses } from "../storage/task_status.ts";

const instant = z.iso.datetime();
const instantOrNull = instant.nullable();
const status = z.enum(taskStatuses);

/** A payload: the JSON text, which keeps large integers exact, and the parsed value. */
const payload = z.object({ text: z.string(), value: z.unknown() });

const series = z.object({
  schedule: z.string().openapi({ description: "The schedule as canonical JSON" }),
  info: z.string().openapi({ description: "The schedule as a sentence" }),
  anchorAt: instant,
  maxRuns: z.int().nullable(),
  runUntil: instantOrNull,
  nextRunAt: instantOrNull,
  runCount: z.int(),
  unreadable: z.string().optional(),
  paused: z.literal(true).optional(),
});

/** A task. */
export const taskSchema = z.object({
  id: z.uuid(),
  type: z.string(),
  handlerName: z.string(),
  payload: payload.nullable().openapi({
    description: "null for users without the right to see payloads",
  }),
  status,
  auditLevel: z.enum(["Full", "Minimal", "ErrorsOnly", "None"]),
  queue: z.string(),
  priority: z.int(),
  taskKey: z.string().nullable(),
  createdAt: instant,
  scheduledAt: instantOrNull,
  dueAt: instantOrNull,
  attempt: z.int(),
  lostCount: z.int(),
  leaseToken: z.int(),
  workerId: z.string().nullable(),
  version: z.string(),
  cancelRequested: z.boolean(),
  rateSlotAt: instantOrNull,
  traceContext: z.string().nullable(),
  retryPolicy: z.string().nullable(),
  series: series.nullable(),
  tags: z.array(z.string()),
  exception: z.string().nullable(),
  lastExecutionAt: instantOrNull,
  executionTimeMs: z.number().nullable(),
}).openapi("Task");

/** A page of tasks. */
export const taskPageSchema = z.object({
  items: z.array(taskSchema),
  next: z.string().nullable().openapi({
    description: "The `after` of the next page; null on the last page",
  }),
  incomplete: z.boolean().openapi({
    description: "Whether the search stopped before the page was full; continue with `next`",
  }),
}).openapi("TaskPage");

/** A number of tasks. */
export const taskCountSchema = z.object({
  count: z.int(),
  exact: z.boolean().openapi({
    description: "Whether all matching tasks were counted; otherwise there may be more",
  }),
}).openapi("TaskCount");

/** The reasons why a task is not running. */
export const explanationSchema = z.object({
  taskId: z.string(),
  at: instant,
  status: status.nullable(),
  reasons: z.array(z.looseObject({
    kind: z.string(),
    sentence: z.string().openapi({ description: "The cause and the remedy" }),
  })).min(1),
}).openapi("Explanation");

/** A page of rows that belong to a task. */
function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}

/** A page of a task's status changes. */
export const transitionsSchema = pageOf(z.object({
  taskId: z.string(),
  updatedAt: instant,
  newStatus: status,
  exception: z.string().nullable(),
})).openapi("Transitions");

/** A page of a series' runs. */
export const runsSchema = pageOf(z.object({
  taskId: z.string(),
  executedAt: instant,
  executionTimeMs: z.number(),
  status,
  exception: z.string().nullable(),
})).openapi("Runs");

/** A page of log lines. */
export const logsSchema = pageOf(z.object({
  taskId: z.string(),
  loggedAt: instant,
  level: z.enum(["Trace", "Debug", "Information", "Warning", "Error", "Critical"]),
  message: z.string(),
  exception: z.string().nullable(),
  run: z.int().openapi({ description: "Which run of a series, from 1" }),
  sequence: z.int(),
})).openapi("Logs");

/** A page of series. */
export const seriesPageSchema = z.object({
  items: z.array(z.object({
    id: z.uuid(),
    type: z.string(),
    taskKey: z.string().nullable(),
    queue: z.string(),
    status,
    info: z.string().openapi({ description: "The schedule as a sentence" }),
    paused: z.boolean(),
    nextRunAt: instantOrNull,
    lastRunAt: instantOrNull,
    runUntil: instantOrNull,
    runCount: z.int(),
    maxRuns: z.int().nullable(),
  })),
  next: z.string().nullable(),
  incomplete: z.boolean(),
}).openapi("SeriesPage");

/** The next runs of a series. */
export const nextRunsSchema = z.object({
  runs: z.array(instant).nullable().openapi({
    description: "null if the stored schedule cannot be read",
  }),
}).openapi("NextRuns");

/** The first runs of a schedule. */
export const schedulePreviewSchema = z.object({
  info: z.string().openapi({ description: "The schedule as a sentence" }),
  runs: z.array(instant),
}).openapi("SchedulePreview");

/** The queues. */
export const queuesSchema = z.object({
  items: z.array(z.object({
    queue: z.string(),
    paused: z.boolean(),
    due: z.int().openapi({ description: "At most 5,000" }),
    dueExact: z.boolean().openapi({ description: "Whether `due` counts all due tasks" }),
    scheduled: z.int().openapi({ description: "At most 5,000" }),
    scheduledExact: z.boolean().openapi({
      description: "Whether `scheduled` counts all tasks that are due later",
    }),
    oldestDueAt: instantOrNull,
    workerIds: z.array(z.string()),
    places: z.int().nullable().openapi({
      description: "The tasks that these workers run at a time; null if unknown",
    }),
    busyPlaces: z.int().nullable().openapi({
      description: "How many of these places are taken; null if unknown",
    }),
    held: z.int().nullable().openapi({
      description: "The tasks that workers hold, also lost workers; null if unknown",
    }),
  })),
}).openapi("Queues");

/** The workers. */
export const workersSchema = z.object({
  items: z.array(z.object({
    id: z.string(),
    host: z.string(),
    alive: z.boolean(),
    draining: z.boolean().openapi({ description: "Whether it was asked to stop" }),
    startedAt: instant,
    heartbeatAt: instant,
    heartbeatAgeMs: z.number(),
    serves: z.object({
      queues: z.array(z.object({ name: z.string(), parallelism: z.int() })),
      types: z.array(z.string()),
    }).nullable(),
    process: z.object({
      version: z.string().openapi({ description: "The version of EverTask" }),
      applicationVersion: z.string().nullable().openapi({
        description: "The version of the application; null if unknown",
      }),
      runtime: z.string(),
      pid: z.int().nullable(),
    }).nullable().openapi({ description: "null for a worker that does not report it" }),
    holds: z.array(z.object({ queue: z.string(), count: z.int() })).nullable().openapi({
      description: "The tasks that it runs or will start next, by queue; null if unknown",
    }),
  })),
}).openapi("Workers");

/** Counts of all tasks. */
export const statisticsSchema = z.object({
  now: instant,
  tasksByStatus: z.record(z.string(), z.int()),
  estimated: z.array(z.string()).openapi({
    description: "The statuses whose numbers are estimates, as of ended tasks if there are many",
  }),
  queues: z.array(z.object({
    queue: z.string(),
    paused: z.boolean(),
    due: z.int(),
    scheduled: z.int(),
    claimed: z.int(),
    oldestDueAt: instantOrNull,
  })),
}).openapi("Statistics");

/** The growth of the audit tables. */
export const auditGrowthSchema = z.object({
  items: z.array(z.object({
    table: z.enum(["StatusAudit", "RunsAudit", "TaskExecutionLog"]),
    rows: z.int(),
    isEstimate: z.boolean(),
    firstAt: instantOrNull,
    lastAt: instantOrNull,
    averageRowsPerDay: z.number().nullable(),
  })),
}).openapi("AuditGrowth");

const purgedRows = {
  statusAudit: z.int(),
  runsAudit: z.int(),
  executionLog: z.int(),
  tasks: z.int(),
  operatorActions: z.int(),
};

/** The numbers of rows that a retention policy would delete. */
export const retentionPreviewSchema = z.object(purgedRows).openapi("RetentionPreview");

/** The result of one batch of a purge. */
export const purgeResultSchema = z.object({
  ...purgedRows,
  busy: z.boolean().openapi({
    description: "Whether nothing was deleted because another process is purging: try again later",
  }),
  next: z.string().nullable().openapi({
    description: "The `after` of the next batch; null after the last batch",
  }),
  actionId: z.string().nullable(),
}).openapi("PurgeResult");

/** The user who asks. */
export const meSchema = z.object({
  user: z.string(),
  can: z.array(z.enum(["view", "payloads", "operate", "admin"])),
  filter: z.object({
    types: z.array(z.string()).nullable(),
    queues: z.array(z.string()).nullable(),
    taskKeyPrefix: z.string().nullable(),
    tags: z.array(z.string()).nullable(),
  }).nullable().openapi({ description: "The tasks that you see; null: all" }),
  redacted: z.boolean().openapi({ description: "Whether texts are changed before you see them" }),
  now: instant.openapi({
    description: "The time of the store's clock, from which the ages of instants can be computed",
  }),
}).openapi("Me");

/** The result of signing in. */
export const sessionSchema = z.object({ user: z.string() }).openapi("Session");

/** The result of a change. */
export const appliedSchema = z.object({
  actionId: z.string().openapi({ description: "The action that records the change" }),
}).openapi("Applied");

/** The result of one batch of changes. */
export const bulkResultSchema = z.object({
  changed: z.int(),
  skipped: z.array(z.object({ reason: z.string(), count: z.int() })),
  next: z.string().nullable().openapi({
    description: "The `after` of the next batch; null after the last batch",
  }),
  actionId: z.string().nullable(),
}).openapi("BulkResult");

/** The result of a dispatch. */
export const dispatchedSchema = z.object({
  id: z.uuid(),
  outcome: z.string().openapi({
    description: "`created`, `updated` or `existing`; the latter two only with a key",
  }),
}).openapi("Dispatched");

/** A page of actions. */
export const actionsSchema = pageOf(z.object({
  id: z.string(),
  doneAt: instant,
  verb: z.string(),
  by: z.string(),
  reason: z.string().nullable(),
  target: z.object({
    kind: z.enum(["task", "queue", "worker", "limit", "tasks", "history"]),
    id: z.string().nullable(),
  }),
  before: z.string().nullable().openapi({ description: "The previous values, as JSON" }),
  after: z.string().nullable().openapi({ description: "The new values, as JSON" }),
  changed: z.int(),
  skipped: z.int(),
  next: z.string().nullable().openapi({ description: "The `after` to continue a bulk change" }),
})).openapi("Actions");
