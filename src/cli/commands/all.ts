// All commands, in the order of the help.

import type { Command } from "../frame/command.ts";
import { auditGrowth, auditPreview } from "./audit.ts";
import { auditExport } from "./audit_export.ts";
import { auditPurge } from "./audit_purge.ts";
import { completionOf } from "./completion.ts";
import { copy } from "./copy.ts";
import { dashboard } from "./dashboard.ts";
import { doctor } from "./doctor.ts";
import { migrate } from "./migrate.ts";
import { queuesList, queuesPause, queuesResume } from "./queues.ts";
import { actions, failures, limitsList, limitsRelease } from "./reports.ts";
import { seriesList, seriesNext, seriesPause, seriesResume } from "./series.ts";
import { status } from "./status.ts";
import { tail } from "./tail.ts";
import { tasksCancel, tasksDelete, tasksRetry, tasksRun } from "./tasks_change.ts";
import { tasksDispatch } from "./tasks_dispatch.ts";
import { tasksCount, tasksList } from "./tasks_list.ts";
import { tasksExplain, tasksShow } from "./tasks_show.ts";
import { workersDrain, workersList } from "./workers.ts";

const working: readonly Command[] = [
  ...[migrate, status, doctor],
  ...[tasksList, tasksCount, tasksShow, tasksExplain],
  ...[tasksDispatch, tasksRetry, tasksRun, tasksCancel, tasksDelete],
  ...[seriesList, seriesNext, seriesPause, seriesResume],
  ...[queuesList, queuesPause, queuesResume],
  ...[workersList, workersDrain, failures, limitsList, limitsRelease, actions],
  ...[auditGrowth, auditPreview, auditPurge, auditExport],
  ...[tail, dashboard, copy],
];

/** The commands. */
export const commands: readonly Command[] = [...working, completionOf(working)];
