// Runs of recurring tasks as check-ins of Sentry's cron monitors: started, finished well, finished badly. That a run was
// missed is for Sentry to find, from the schedule that goes with the check-ins: nobody can report that he is dead.
// https://develop.sentry.dev/sdk/telemetry/check-ins/

import { randomId } from "../../../ids/random_id.ts";
import type { TaskEvent } from "../../../events/task_event.ts";
import { parseRecurrence } from "../../../schedule/recurrence.ts";
import type { SeriesRecord } from "../../../storage/records.ts";
import type { AlertChannel } from "../alert.ts";
import { sentryId, type SentryOptions, sentryTransport, traceContexts } from "./sentry_envelope.ts";
import { type SentrySchedule, sentrySchedule } from "./sentry_schedule.ts";

/** What can be asked for a task's schedule; every `EverTask` can. */
export interface SeriesOrigin {
  /** A task, or null. */
  get(taskId: string): Promise<{ readonly series: SeriesRecord | null } | null>;
}

/** Options of {@linkcode sentryCronsChannel}. */
export interface SentryCronsOptions extends SentryOptions {
  /**
   * Whose tasks' schedules are told to Sentry, so that it makes the monitors by itself and notices missed runs. Without it the
   * monitors have to be made in Sentry.
   */
  readonly everTask?: SeriesOrigin;
  /**
   * By how many minutes a run may be late before Sentry calls it missed.
   * @default 5
   */
  readonly checkInMargin?: number;
  /**
   * After how many minutes Sentry calls a run that has not ended timed out.
   * @default 30
   */
  readonly maxRuntime?: number;
  /**
   * The monitor's name in Sentry.
   * @default the task key, or else the task's type
   */
  readonly monitorOf?: (event: TaskEvent) => string;
  /**
   * Makes the ids of check-ins.
   * @default random UUIDs
   */
  readonly newId?: () => string;
}

interface MonitorConfig {
  readonly schedule: SentrySchedule;
  readonly checkin_margin: number;
  readonly max_runtime: number;
  readonly timezone: string;
}

interface OpenRun {
  readonly checkInId: string;
  readonly config: MonitorConfig | null;
}

const maxSlugLength = 50;

/**
 * Tells Sentry's cron monitors of the runs of recurring tasks. Other tasks are left out.
 *
 * @throws {InvalidArgumentError} If the DSN is none.
 */
export function sentryCronsChannel(options: SentryCronsOptions): AlertChannel {
  const { environment = "production", release, newId = randomId } = options;
  const { monitorOf = ({ taskKey, taskType }) => taskKey ?? taskType } = options;
  const sendEnvelope = sentryTransport(options);
  /** The runs that have started and not ended, by task: a series never overlaps itself. */
  const open = new Map<string, OpenRun>();

  /** Looked up at each start: a series can be given another schedule while it lives. */
  async function begin(taskId: string): Promise<OpenRun> {
    const series = (await options.everTask?.get(taskId))?.series;
    const config = series ? monitorConfig(series, options) : null;
    return { checkInId: sentryId(newId()), config };
  }

  return {
    name: "Sentry Crons",
    defaults: {
      severity: "Information",
      kinds: ["started", "completed", "failed", "cancelled"],
      // Further attempts belong to a run that has started already.
      filter: ({ recurring, kind, attempt }) => recurring && (kind !== "started" || attempt <= 1),
      repeatAfter: 0,
      maxPerMinute: Infinity,
    },
    async send([alert], signal) {
      if (!alert) return;
      const { event } = alert;
      const { taskId, durationMs } = event;
      const ended = event.kind !== "started";
      const { checkInId, config } = open.get(taskId) ?? await begin(taskId);
      open.set(taskId, { checkInId, config });
      const payload = {
        check_in_id: checkInId,
        monitor_slug: slug(monitorOf(event)),
        status: ended ? (event.kind === "completed" ? "ok" : "error") : "in_progress",
        ...(ended && durationMs !== null ? { duration: durationMs / 1000 } : {}),
        environment,
        ...(release === undefined ? {} : { release }),
        ...(config === null ? {} : { monitor_config: config }),
        ...traceContexts(event.traceContext),
      };
      await sendEnvelope({}, { type: "check_in", payload }, signal);
      if (ended) open.delete(taskId);
    },
  };
}

function monitorConfig(series: SeriesRecord, options: SentryCronsOptions): MonitorConfig | null {
  const recurrence = parseRecurrence(JSON.parse(series.schedule));
  const schedule = sentrySchedule(recurrence);
  return schedule && {
    schedule,
    checkin_margin: options.checkInMargin ?? 5,
    max_runtime: options.maxRuntime ?? 30,
    timezone: recurrence.timeZone ?? "UTC",
  };
}

/** Lower-case letters, digits, dashes and underscores, as Sentry wants them. */
function slug(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9_-]+/g, "-").replace(/^-+/, "").slice(
    0,
    maxSlugLength,
  );
}
