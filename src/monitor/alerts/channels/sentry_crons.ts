// Sends runs of recurring tasks as check-ins to Sentry's cron monitors: in progress, ok, or error.
// Sentry itself detects missed runs from the schedule in the check-ins; it accepts no `missed` from
// clients (https://github.com/getsentry/relay/blob/master/relay-monitors/src/lib.rs).
// https://develop.sentry.dev/sdk/telemetry/check-ins/

import type { OptionNames } from "../../../guards/option_names.ts";
import { answerAtOnce } from "../../../guards/calls.ts";
import { checkCount, checkFunction, checkMethods } from "../../../guards/argument_checks.ts";
import type { TaskEvent } from "../../../events/task_event.ts";
import { parseRecurrence } from "../../../schedule/recurrence.ts";
import type { SeriesRecord } from "../../../storage/records.ts";
import { type AlertChannel, AlertDeliveryError } from "../alert.ts";
import { type SentryOptions, sentryTransport, traceContexts } from "./sentry_envelope.ts";
import { type SentrySchedule, sentrySchedule } from "./sentry_schedule.ts";
import { sentrySlug } from "./sentry_slug.ts";

/** A source of tasks with their schedules; every `EverTask` is one. */
export interface SeriesOrigin {
  /** Returns a task, or null if it does not exist. */
  get(taskId: string): Promise<{ readonly series: Pick<SeriesRecord, "schedule"> | null } | null>;
}

/** Options of {@linkcode sentryCronsChannel}. */
export interface SentryCronsOptions extends SentryOptions {
  /**
   * The instance whose schedules are sent to Sentry, so that Sentry creates the monitors and
   * detects missed runs. If it is absent, create the monitors in Sentry.
   */
  readonly everTask?: SeriesOrigin;
  /**
   * The number of minutes after which Sentry reports a late run as missed.
   * @default 5
   */
  readonly checkInMargin?: number;
  /**
   * The number of minutes after which Sentry reports a run as timed out.
   * @default 30
   */
  readonly maxRuntime?: number;
  /**
   * Returns the monitor's name in Sentry: at most 50 characters of ASCII letters, digits, `-` and
   * `_`. Other names are converted and get a hash, so that two names never share a monitor.
   * @default the task key; for a task without a key, its type
   */
  readonly monitorOf?: (event: TaskEvent) => string;
}

interface MonitorConfig {
  readonly schedule: SentrySchedule;
  readonly checkin_margin: number;
  readonly max_runtime: number;
  readonly timezone: string;
}

/**
 * The check-in id that stands for the monitor's run in progress. Sentry updates this run, or begins
 * one. Runs of a series never overlap, so at most one is in progress, even if another process
 * continues a run whose worker was stopped or lost.
 */
const runInProgress = "0".repeat(32);

const minuteOptions = ["checkInMargin", "maxRuntime"] as const;

const ownNames: OptionNames<Omit<SentryCronsOptions, keyof SentryOptions>> = {
  everTask: true,
  checkInMargin: true,
  maxRuntime: true,
  monitorOf: true,
};

/**
 * Creates a channel that reports the runs of recurring tasks to Sentry's cron monitors. Ignores
 * one-shot tasks.
 *
 * @throws {InvalidArgumentError} If the DSN or another option is invalid.
 */
export function sentryCronsChannel(options: SentryCronsOptions): AlertChannel {
  const sendEnvelope = sentryTransport(options, ownNames);
  const { environment = "production", release, everTask } = options;
  const { monitorOf = ({ taskKey, taskType }) => taskKey ?? taskType } = options;
  if (everTask !== undefined) {
    checkMethods(everTask, ["get"], "everTask", "be an instance that createEverTask made");
  }
  for (const name of minuteOptions) {
    if (options[name] !== undefined) checkCount(options[name], name);
  }
  checkFunction(monitorOf, "monitorOf");

  /**
   * Reads the schedule at each start, because the schedule of a series may change. If the storage
   * cannot be read, the check-in is sent without a schedule, and the monitor keeps its previous
   * schedule.
   */
  async function configOf(taskId: string): Promise<MonitorConfig | null> {
    try {
      const series = (await everTask?.get(taskId))?.series;
      return series ? monitorConfig(series, options) : null;
    } catch {
      return null;
    }
  }

  /**
   * Returns the monitor's name. Throws a permanent error if `monitorOf` returns no name: a retry
   * would fail again, and would block the following events.
   */
  function slugOf(event: TaskEvent): string {
    let problem: ErrorOptions = {};
    try {
      const name: unknown = answerAtOnce(monitorOf(event), "monitorOf");
      if (typeof name === "string" && name !== "") return sentrySlug(name);
    } catch (error) {
      problem = { cause: error };
    }
    const message = `The option monitorOf returned no name for an event of ${event.taskType}`;
    throw new AlertDeliveryError(message, { ...problem, permanent: true });
  }

  return {
    name: "Sentry Crons",
    defaults: {
      severity: "Information",
      kinds: ["started", "completed", "failed", "cancelled"],
      filter: (event) => statusOf(event) !== null,
      repeatAfter: 0,
      maxPerMinute: Infinity,
    },
    // If the end of a run arrived before its start, Sentry would begin another run, which never
    // ends.
    inOrder: true,
    async send([alert], signal) {
      if (!alert) return;
      const { event } = alert;
      const { durationMs } = event;
      const status = statusOf(event);
      if (status === null) return;
      const config = status === "in_progress" ? await configOf(event.taskId) : null;
      const payload = {
        check_in_id: runInProgress,
        monitor_slug: slugOf(event),
        status,
        ...(durationMs !== null ? { duration: durationMs / 1000 } : {}),
        environment,
        ...(release === undefined ? {} : { release }),
        ...(config === null ? {} : { monitor_config: config }),
        ...traceContexts(event.traceContext),
      };
      await sendEnvelope({}, { type: "check_in", payload }, signal);
    },
  };
}

/**
 * Returns Sentry's status of the run; null if the event neither begins nor ends a run of a series.
 */
function statusOf(event: TaskEvent): "in_progress" | "ok" | "error" | null {
  if (!event.recurring) return null;
  switch (event.kind) {
    case "started": // further attempts belong to a run that has started already
      return event.attempt <= 1 ? "in_progress" : null;
    case "completed":
      return "ok";
    case "failed":
      return "error";
    case "cancelled": // if it was cancelled between two runs, there is no run to end
      return event.durationMs === null ? null : "error";
    default:
      return null;
  }
}

function monitorConfig(
  series: Pick<SeriesRecord, "schedule">,
  options: SentryCronsOptions,
): MonitorConfig | null {
  const recurrence = parseRecurrence(JSON.parse(series.schedule));
  const schedule = sentrySchedule(recurrence);
  return schedule && {
    schedule,
    checkin_margin: options.checkInMargin ?? 5,
    max_runtime: options.maxRuntime ?? 30,
    timezone: recurrence.timeZone ?? "UTC",
  };
}
