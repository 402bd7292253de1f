// The types of the API's responses.

import type { z } from "@hono/zod-openapi";
import type * as figures from "../../api/figure_schemas.ts";
import type * as schemas from "../../api/schemas.ts";

export type Task = z.infer<typeof schemas.taskSchema>;
export type TaskPage = z.infer<typeof schemas.taskPageSchema>;
export type TaskCount = z.infer<typeof schemas.taskCountSchema>;
export type TaskStatus = Task["status"];
export type Explanation = z.infer<typeof schemas.explanationSchema>;
export type Transitions = z.infer<typeof schemas.transitionsSchema>;
export type Runs = z.infer<typeof schemas.runsSchema>;
export type Logs = z.infer<typeof schemas.logsSchema>;
export type SeriesPage = z.infer<typeof schemas.seriesPageSchema>;
export type NextRuns = z.infer<typeof schemas.nextRunsSchema>;
export type Queues = z.infer<typeof schemas.queuesSchema>;
export type Workers = z.infer<typeof schemas.workersSchema>;
export type Sizes = z.infer<typeof figures.sizesSchema>;
export type Me = z.infer<typeof schemas.meSchema>;
export type BulkResult = z.infer<typeof schemas.bulkResultSchema>;
export type Actions = z.infer<typeof schemas.actionsSchema>;
export type Action = Actions["items"][number];
export type SchedulePreview = z.infer<typeof schemas.schedulePreviewSchema>;
export type Failures = z.infer<typeof figures.failuresSchema>;
export type Limits = z.infer<typeof figures.limitsSchema>;
export type Activity = z.infer<typeof figures.activitySchema>;
export type Purged = z.infer<typeof schemas.purgeResultSchema>;
export type RetentionPreview = z.infer<typeof schemas.retentionPreviewSchema>;
